import type { DragKind } from './selecting.js';
import type { TimelineLayout } from './layout.js';

export interface GestureTarget {
  layout(): TimelineLayout | undefined;
  /** Edges of the detail window on the overview, in pixels. */
  overviewWindow(): { readonly fromX: number; readonly toX: number };
  hoverAt(x: number | null, y: number): void;
  drag(kind: DragKind, fromX: number, toX: number): void;
  drop(kind: DragKind): void;
  cancelDrag(): void;
  click(x: number, y: number, target: Element): void;
  zoomAt(x: number, factor: number): void;
  panBy(pixels: number): void;
  /** New edges of the detail window, in pixels of the overview. */
  setOverviewWindow(fromX: number, toX: number): void;
}

/** Pixels that the pointer may move in a click. */
const CLICK_SLOP = 4;
/** How close to an edge of the overview's window the pointer takes the edge. */
const EDGE_SLOP = 6;

type OverviewPart = 'from' | 'to' | 'whole';

interface Press {
  readonly x: number;
  readonly kind: DragKind;
  readonly overview: OverviewPart | undefined;
  readonly window: { readonly fromX: number; readonly toX: number };
  moved: boolean;
}

/**
 * Pointer gestures of the timeline: drag marks a range, Alt + drag the usual range, the overview moves the window, the wheel zooms.
 * @returns cancels a drag in hand, and says whether there was one.
 */
export function attachGestures(svg: SVGSVGElement, target: GestureTarget): () => boolean {
  let press: Press | undefined;

  function position(event: MouseEvent): { x: number; y: number } {
    const box = svg.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  svg.addEventListener('pointerdown', (event) => {
    const layout = target.layout();
    if (event.button !== 0 || layout === undefined) {
      return;
    }
    const { x, y } = position(event);
    const window = target.overviewWindow();
    const overview = y >= layout.overview.y ? overviewPart(x, window) : undefined;
    press = { x, kind: event.altKey ? 'reference' : 'incident', overview, window, moved: false };
    svg.setPointerCapture(event.pointerId);
    if (overview === 'whole' && (x < window.fromX || x > window.toX)) {
      const half = (window.toX - window.fromX) / 2;
      press = { ...press, window: { fromX: x - half, toX: x + half } };
      target.setOverviewWindow(x - half, x + half);
    }
  });
  svg.addEventListener('pointermove', (event) => {
    const { x, y } = position(event);
    if (press === undefined) {
      target.hoverAt(x, y);
      return;
    }
    press.moved ||= Math.abs(x - press.x) >= CLICK_SLOP;
    if (!press.moved) {
      return;
    }
    if (press.overview === undefined) {
      target.drag(press.kind, press.x, x);
    } else {
      const by = x - press.x;
      const { fromX, toX } = press.window;
      target.setOverviewWindow(press.overview === 'to' ? fromX : fromX + by, press.overview === 'from' ? toX : toX + by);
    }
  });
  svg.addEventListener('pointerup', (event) => {
    const ended = press;
    press = undefined;
    if (ended === undefined || ended.overview !== undefined) {
      return;
    }
    const { x, y } = position(event);
    if (ended.moved) {
      target.drop(ended.kind);
    } else {
      const hit = document.elementFromPoint(event.clientX, event.clientY);
      target.click(x, y, hit ?? svg);
    }
  });
  svg.addEventListener('pointercancel', () => {
    press = undefined;
    target.cancelDrag();
  });
  svg.addEventListener('pointerleave', () => {
    if (press === undefined) {
      target.hoverAt(null, 0);
    }
  });
  svg.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      const sideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
      if (sideways) {
        target.panBy(event.deltaX === 0 ? event.deltaY : event.deltaX);
      } else {
        // 0.002 per pixel of wheel travel: one notch (about 100) zooms by a fifth.
        target.zoomAt(position(event).x, Math.exp(Math.max(-200, Math.min(200, event.deltaY)) * 0.002));
      }
    },
    { passive: false },
  );
  return () => {
    const dragging = press?.moved === true && press.overview === undefined;
    press = undefined;
    if (dragging) {
      target.cancelDrag();
    }
    return dragging;
  };
}

function overviewPart(x: number, window: { readonly fromX: number; readonly toX: number }): OverviewPart {
  if (Math.abs(x - window.fromX) <= EDGE_SLOP && x < (window.fromX + window.toX) / 2) {
    return 'from';
  }
  return Math.abs(x - window.toX) <= EDGE_SLOP ? 'to' : 'whole';
}
