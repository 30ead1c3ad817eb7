import { panTransform, type MapTransform } from './transform.js';

/** What pointer and keyboard do to the map; points are indices into the model's slices, places are pixels of the map. */
export interface MapTarget {
  currentTransform(): MapTransform | undefined;
  findAt(x: number, y: number): number | undefined;
  hoverAt(index: number | null): void;
  choose(index: number): void;
  chooseCursor(): void;
  step(step: 1 | -1): void;
  zoom(factor: number, x?: number, y?: number): void;
  /** undefined = all points. */
  moveTo(transform: MapTransform | undefined): void;
  clear(): void;
}

/** Pixels that the pointer may move in a click. */
const CLICK_SLOP = 4;

interface Press {
  readonly x: number;
  readonly y: number;
  readonly transform: MapTransform | undefined;
  moved: boolean;
}

/** Drag moves the map, the wheel zooms it, a click chooses a slice; the keys do the same. */
export function attachMapGestures(canvas: HTMLElement, target: MapTarget): void {
  let press: Press | undefined;
  const position = (event: MouseEvent): readonly [number, number] => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  canvas.addEventListener('pointerdown', (event) => {
    if (event.button === 0) {
      const [x, y] = position(event);
      press = { x, y, moved: false, transform: target.currentTransform() };
      canvas.setPointerCapture(event.pointerId);
    }
  });
  canvas.addEventListener('pointermove', (event) => {
    const [x, y] = position(event);
    if (press?.transform === undefined) {
      target.hoverAt(target.findAt(x, y) ?? null);
      return;
    }
    press.moved ||= Math.hypot(x - press.x, y - press.y) >= CLICK_SLOP;
    if (press.moved) {
      target.moveTo(panTransform(press.transform, x - press.x, y - press.y));
    }
  });
  canvas.addEventListener('pointerup', (event) => {
    const ended = press;
    press = undefined;
    const hit = target.findAt(...position(event));
    if (ended?.moved === false && hit !== undefined) {
      target.choose(hit);
    }
  });
  canvas.addEventListener('pointercancel', () => {
    press = undefined;
  });
  for (const left of ['pointerleave', 'blur']) {
    canvas.addEventListener(left, () => {
      target.hoverAt(null);
    });
  }
  canvas.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      target.zoom(Math.exp(-Math.max(-200, Math.min(200, event.deltaY)) * 0.002), ...position(event));
    },
    { passive: false },
  );
  canvas.addEventListener('keydown', (event) => {
    if (!event.ctrlKey && !event.metaKey && !event.altKey && pressKey(event.key, target)) {
      event.preventDefault();
    }
  });
}

/** @returns whether the key means something here. */
function pressKey(key: string, target: MapTarget): boolean {
  switch (key) {
    case 'ArrowRight':
    case 'ArrowDown':
      target.step(1);
      return true;
    case 'ArrowLeft':
    case 'ArrowUp':
      target.step(-1);
      return true;
    case 'Enter':
    case ' ':
      target.chooseCursor();
      return true;
    case '+':
    case '=':
      target.zoom(1.5);
      return true;
    case '-':
      target.zoom(1 / 1.5);
      return true;
    case '0':
      target.moveTo(undefined);
      return true;
    case 'Escape':
      target.clear();
      return true;
    default:
      return false;
  }
}
