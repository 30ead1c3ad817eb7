/** Sizes a canvas for the screen's pixel density; afterwards one unit of its context is one CSS pixel. */
export function fitCanvas(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D | null {
  const density = Math.max(1, globalThis.devicePixelRatio || 1);
  const pixelWidth = Math.max(1, Math.round(width * density));
  const pixelHeight = Math.max(1, Math.round(height * density));
  if (canvas.width !== pixelWidth || canvas.height !== pixelHeight) {
    canvas.width = pixelWidth;
    canvas.height = pixelHeight;
    canvas.style.setProperty('width', `${width}px`);
    canvas.style.setProperty('height', `${height}px`);
  }
  const context = canvas.getContext('2d');
  context?.setTransform(density, 0, 0, density, 0, 0);
  return context;
}

/** Runs the latest of many requested drawings once per frame. */
export class FrameScheduler {
  readonly #draw: () => void;
  #handle: number | undefined;
  #disposed = false;

  constructor(draw: () => void) {
    this.#draw = draw;
  }

  request(): void {
    if (this.#disposed || this.#handle !== undefined) {
      return;
    }
    this.#handle = requestAnimationFrame(() => {
      this.#handle = undefined;
      this.#draw();
    });
  }

  dispose(): void {
    this.#disposed = true;
    if (this.#handle !== undefined) {
      cancelAnimationFrame(this.#handle);
    }
  }
}
