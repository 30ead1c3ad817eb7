import { FrameScheduler, fitCanvas } from '../shared/canvas.js';
import { element } from '../shared/dom.js';
import { paletteOf } from '../shared/palette.js';
import { estimateTextWidth, placeLabels, truncate, type Box } from '../shared/placeLabels.js';
import { hexOf } from '../shared/stateStyle.js';
import { themeColour, themeKindOf } from '../shared/theme.js';
import { createSprites, drawNames, drawPath, drawPoints, type MapColours, type Sprites } from './drawMap.js';
import { PointIndex, radiusOf, visiblePoints, WHOLE_PATH_LIMIT, type ChosenSlices, type MapModel } from './model.js';
import { fitTransform, toData, toScreen, type MapTransform } from './transform.js';

const LABEL_FONT = 11;
const LABEL_HEIGHT = 18;
/** The note lies over the lower edge, on one line unless the panel is very narrow. */
const NOTE_HEIGHT = 22;
/** Checking every name against more boxes than this would cost more than a frame. */
const MAX_OBSTACLES = 400;
/** How far from a point the pointer may be, in CSS pixels. */
const HIT_DISTANCE = 14;

/** One name for this many square pixels, so that names do not bury the points; the legend has them all. */
const NAME_AREA = 24_000;
const MIN_NAMES = 4;

/** Two canvases: the points, drawn when something about them changes, and on top what follows the pointer. */
export class MapCanvas {
  readonly node: HTMLElement;
  readonly #base = element('canvas', { class: 'points', attributes: { 'aria-hidden': 'true' } });
  readonly #overlay = element('canvas', { class: 'overlay', attributes: { 'aria-hidden': 'true' } });
  readonly #frames = new FrameScheduler(() => {
    this.#draw();
  });
  #model: MapModel | undefined;
  #hidden: ReadonlySet<string> = new Set();
  #points: Uint32Array = new Uint32Array();
  #index: PointIndex | undefined;
  #transform: MapTransform | undefined;
  #sprites: Sprites = [];
  #colours: MapColours = readColours();
  #chosen: ChosenSlices | null = null;
  #focus: number | null = null;
  #stale = true;

  constructor() {
    this.node = element('div', { class: 'map-frame' }, [this.#base, this.#overlay]);
  }

  get transform(): MapTransform | undefined {
    return this.#transform;
  }

  show(model: MapModel, hidden: ReadonlySet<string>, chosen: ChosenSlices | null): void {
    const changed = model !== this.#model;
    this.#model = model;
    this.#chosen = chosen;
    if (changed || hidden !== this.#hidden) {
      this.#hidden = hidden;
      this.#points = visiblePoints(model, hidden);
      this.#index = new PointIndex(model, this.#points);
    }
    if (changed) {
      this.#sprites = createSprites(model.states, this.#colours, globalThis.devicePixelRatio || 1);
    }
    this.#refresh();
  }

  setTransform(transform: MapTransform | undefined): void {
    this.#transform = transform;
    this.#refresh();
  }

  /** Back to all points in sight. */
  fit(): void {
    this.setTransform(undefined);
  }

  resized(): void {
    this.#refresh();
  }

  themeChanged(): void {
    this.#colours = readColours();
    if (this.#model !== undefined) {
      this.#sprites = createSprites(this.#model.states, this.#colours, globalThis.devicePixelRatio || 1);
    }
    this.#refresh();
  }

  /** Rings one slice: under the pointer here, in another panel, or at the keyboard's place. */
  setFocus(slice: number | null): void {
    if (slice !== this.#focus) {
      this.#focus = slice;
      this.#frames.request();
    }
  }

  findAt(x: number, y: number): number | undefined {
    const transform = this.#currentTransform();
    if (transform === undefined) {
      return undefined;
    }
    const [dataX, dataY] = toData(transform, x, y);
    return this.#index?.findNear(dataX, dataY, HIT_DISTANCE / transform.scale);
  }

  screenOf(slice: number): readonly [number, number] | undefined {
    const transform = this.#currentTransform();
    const model = this.#model;
    return transform === undefined || model === undefined ? undefined : toScreen(transform, model.x[slice] ?? 0, model.y[slice] ?? 0);
  }

  currentTransform(): MapTransform | undefined {
    return this.#currentTransform();
  }

  dispose(): void {
    this.#frames.dispose();
  }

  #refresh(): void {
    this.#stale = true;
    this.#frames.request();
  }

  #currentTransform(): MapTransform | undefined {
    const model = this.#model;
    return model === undefined
      ? undefined
      : (this.#transform ?? fitTransform(model.x, model.y, this.node.clientWidth, this.node.clientHeight));
  }

  #isShown(index: number): boolean {
    const model = this.#model;
    return model !== undefined && !Number.isNaN(model.x[index]) && !this.#hidden.has(model.states[model.state[index] ?? 0]?.id ?? '');
  }

  #draw(): void {
    const model = this.#model;
    const transform = this.#currentTransform();
    if (model === undefined || transform === undefined) {
      return;
    }
    const width = this.node.clientWidth;
    const height = this.node.clientHeight;
    if (this.#stale) {
      this.#stale = false;
      this.#drawBase(model, transform, width, height);
    }
    this.#drawOverlay(model, transform, width, height);
  }

  #drawBase(model: MapModel, transform: MapTransform, width: number, height: number): void {
    const context = fitCanvas(this.#base, width, height);
    if (context === null) {
      return;
    }
    context.clearRect(0, 0, width, height);
    if (model.slices.length <= WHOLE_PATH_LIMIT) {
      context.strokeStyle = this.#colours.muted;
      context.lineWidth = 0.75;
      context.globalAlpha = 0.5;
      drawPath(context, model, transform, (index) => this.#isShown(index));
      context.globalAlpha = 1;
    }
    drawPoints(context, model, this.#points, transform, this.#sprites, width, height);
    if (this.#chosen !== null) {
      context.strokeStyle = this.#colours.focus;
      context.lineWidth = 1.5;
      drawPath(context, model, transform, (index) => this.#isShown(index), this.#chosen.from, this.#chosen.to);
      this.#ringChosen(context, model, transform, this.#chosen);
    }
    this.#drawNames(context, model, transform, width, height);
  }

  #ringChosen(context: CanvasRenderingContext2D, model: MapModel, transform: MapTransform, chosen: ChosenSlices): void {
    context.beginPath();
    for (let index = chosen.from; index < chosen.to; index++) {
      if (this.#isShown(index)) {
        const [sx, sy] = toScreen(transform, model.x[index] ?? 0, model.y[index] ?? 0);
        const radius = radiusOf(model.size[index] ?? 0) + 3.5;
        context.moveTo(sx + radius, sy);
        context.arc(sx, sy, radius, 0, 2 * Math.PI);
      }
    }
    context.stroke();
  }

  #drawNames(context: CanvasRenderingContext2D, model: MapModel, transform: MapTransform, width: number, height: number): void {
    context.font = `${LABEL_FONT}px ${themeColour('--vscode-font-family', 'sans-serif')}`;
    const entries = model.states.flatMap((style, index) => {
      const centre = model.centres[index];
      if (centre === undefined || this.#hidden.has(style.id)) {
        return [];
      }
      const anchor = toScreen(transform, centre[0], centre[1]);
      const inside = anchor[0] >= 0 && anchor[1] >= 0 && anchor[0] <= width && anchor[1] <= height;
      const text = truncate(style.name, width < 500 ? 26 : 42);
      return inside ? [{ style, anchor, text }] : [];
    });
    const requests = entries
      .map(({ style, anchor, text }) => ({
        id: style.id,
        x: anchor[0],
        y: anchor[1],
        width: Math.max(context.measureText(text).width, estimateTextWidth(text, LABEL_FONT) * 0.8) + 10,
        height: LABEL_HEIGHT,
        priority: (style.abnormal ? 1e9 : 0) + (style.hollow ? -1e9 : 0) + style.slices,
      }))
      .sort((a, b) => b.priority - a.priority)
      .slice(0, Math.max(MIN_NAMES, Math.round((width * height) / NAME_AREA)));
    const bounds = { x: 4, y: 4, width: Math.max(0, width - 8), height: Math.max(0, height - 8 - NOTE_HEIGHT) };
    const clear = placeLabels(requests, bounds, this.#labelObstacles(model, transform));
    // A name that covers points is better than none.
    const left = requests.filter((request) => !clear.some((label) => label.id === request.id));
    const placed = [...clear, ...placeLabels(left, bounds, clear)];
    const texts = new Map(
      entries.map(({ style, anchor, text }) => [style.id, { text, anchor, colour: hexOf(style, this.#colours.palette) }]),
    );
    drawNames(context, placed, texts, this.#colours);
  }

  /** Points that names must not cover: the abnormal ones, which are few and what a person looks for. */
  #labelObstacles(model: MapModel, transform: MapTransform): readonly Box[] {
    const boxes: Box[] = [];
    for (const index of this.#points) {
      if (model.states[model.state[index] ?? 0]?.abnormal === true && boxes.length < MAX_OBSTACLES) {
        const [sx, sy] = toScreen(transform, model.x[index] ?? 0, model.y[index] ?? 0);
        boxes.push({ x: sx - 8, y: sy - 8, width: 16, height: 16 });
      }
    }
    return boxes;
  }

  #drawOverlay(model: MapModel, transform: MapTransform, width: number, height: number): void {
    const context = fitCanvas(this.#overlay, width, height);
    if (context === null) {
      return;
    }
    context.clearRect(0, 0, width, height);
    const focus = this.#focus;
    if (focus === null || !this.#isShown(focus)) {
      return;
    }
    const [sx, sy] = toScreen(transform, model.x[focus] ?? 0, model.y[focus] ?? 0);
    context.strokeStyle = this.#colours.foreground;
    context.lineWidth = 2;
    context.beginPath();
    context.arc(sx, sy, radiusOf(model.size[focus] ?? 0) + 5, 0, 2 * Math.PI);
    context.stroke();
  }
}

function readColours(): MapColours {
  const kind = themeKindOf(document.body);
  // In high contrast the focus border is orange, too close to what marks the abnormal.
  const selection = kind === 'dark' || kind === 'light' ? '--vscode-focusBorder' : '--vscode-contrastBorder';
  return {
    palette: paletteOf(kind),
    background: themeColour('--vscode-editor-background', '#1f1f1f'),
    foreground: themeColour('--vscode-foreground', '#cccccc'),
    muted: themeColour('--vscode-descriptionForeground', '#9d9d9d'),
    focus: themeColour(selection, '#0078d4'),
  };
}
