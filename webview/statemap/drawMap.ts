import type { Palette } from '../shared/palette.js';
import { hexOf, shapePath, type StateStyle } from '../shared/stateStyle.js';
import type { PlacedLabel } from '../shared/placeLabels.js';
import { radiusOf, SIZE_LEVELS, type MapModel } from './model.js';
import { toScreen, type MapTransform } from './transform.js';

/** Theme colours a canvas needs as values. */
export interface MapColours {
  readonly palette: Palette;
  readonly background: string;
  readonly foreground: string;
  readonly muted: string;
  readonly focus: string;
}

/** Pre-drawn marks: `[state][size level]`. Copying a small picture is several times faster than tracing its path. */
export type Sprites = readonly (readonly HTMLCanvasElement[])[];

/** Half the side of a sprite in CSS pixels: the largest star reaches 1.75 radii from its centre. */
const SPRITE_REACH = 14;

export function createSprites(states: readonly StateStyle[], colours: MapColours, density: number): Sprites {
  return states.map((style) => Array.from({ length: SIZE_LEVELS }, (_, level) => createSprite(style, level, colours, density)));
}

function createSprite(style: StateStyle, level: number, colours: MapColours, density: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = Math.ceil(2 * SPRITE_REACH * density);
  const context = canvas.getContext('2d');
  if (context !== null) {
    context.setTransform(density, 0, 0, density, SPRITE_REACH * density, SPRITE_REACH * density);
    const path = new Path2D(shapePath(style.shape, radiusOf(level)));
    const colour = hexOf(style, colours.palette);
    if (style.hollow) {
      context.strokeStyle = colour;
      context.lineWidth = 1.5;
    } else {
      context.fillStyle = colour;
      context.fill(path);
      // An edge in the background's colour keeps overlapping points apart.
      context.strokeStyle = colours.background;
      context.lineWidth = 0.75;
    }
    context.stroke(path);
  }
  return canvas;
}

/** Above this many points, a point that falls on the same pixels as an earlier one of its state is not drawn again. */
const THIN_ABOVE = 5000;
/** Side of those cells in CSS pixels: half of the smallest mark, so that nothing seen changes. */
const CELL = 3;

/** Draws the points and returns how many marks were drawn. */
export function drawPoints(
  context: CanvasRenderingContext2D,
  model: MapModel,
  points: Uint32Array,
  transform: MapTransform,
  sprites: Sprites,
  width: number,
  height: number,
): number {
  const columns = Math.ceil(width / CELL) + 1;
  const rows = Math.ceil(height / CELL) + 1;
  // One bit for each state that is already drawn in a cell; states beyond 31 share a bit.
  const taken = points.length > THIN_ABOVE ? new Int32Array(columns * rows) : undefined;
  let drawn = 0;
  for (const index of points) {
    const sx = transform.offsetX + (model.x[index] ?? 0) * transform.scale;
    const sy = transform.offsetY - (model.y[index] ?? 0) * transform.scale;
    if (sx < -SPRITE_REACH || sy < -SPRITE_REACH || sx > width + SPRITE_REACH || sy > height + SPRITE_REACH) {
      continue;
    }
    const state = model.state[index] ?? 0;
    const level = model.size[index] ?? 0;
    if (taken !== undefined && sx >= 0 && sy >= 0 && sx < width && sy < height) {
      const cell = Math.floor(sy / CELL) * columns + Math.floor(sx / CELL);
      const bit = 1 << Math.min(31, state);
      if (((taken[cell] ?? 0) & bit) !== 0) {
        continue;
      }
      taken[cell] = (taken[cell] ?? 0) | bit;
    }
    const sprite = sprites[state]?.[level];
    if (sprite !== undefined) {
      context.drawImage(sprite, sx - SPRITE_REACH, sy - SPRITE_REACH, 2 * SPRITE_REACH, 2 * SPRITE_REACH);
      drawn++;
    }
  }
  return drawn;
}

/** The path in time through the shown points. Steps shorter than a pixel and a half are left out. */
export function drawPath(
  context: CanvasRenderingContext2D,
  model: MapModel,
  transform: MapTransform,
  isShown: (index: number) => boolean,
  from = 0,
  to = model.slices.length,
): void {
  context.beginPath();
  let penDown = false;
  let [lastX, lastY] = [NaN, NaN];
  for (let index = from; index < to; index++) {
    if (!isShown(index)) {
      penDown = false;
      continue;
    }
    const [sx, sy] = toScreen(transform, model.x[index] ?? 0, model.y[index] ?? 0);
    if (!penDown) {
      context.moveTo(sx, sy);
    } else if (Math.abs(sx - lastX) + Math.abs(sy - lastY) >= 1.5) {
      context.lineTo(sx, sy);
    } else {
      continue;
    }
    penDown = true;
    [lastX, lastY] = [sx, sy];
  }
  context.stroke();
}

/** Names of states with a plate behind them and a line to their place. */
export function drawNames(
  context: CanvasRenderingContext2D,
  labels: readonly PlacedLabel[],
  texts: ReadonlyMap<string, { readonly text: string; readonly anchor: readonly [number, number]; readonly colour: string }>,
  colours: MapColours,
): void {
  context.textBaseline = 'middle';
  for (const label of labels) {
    const entry = texts.get(label.id);
    if (entry === undefined) {
      continue;
    }
    const [anchorX, anchorY] = entry.anchor;
    const nearX = Math.max(label.x, Math.min(anchorX, label.x + label.width));
    const nearY = Math.max(label.y, Math.min(anchorY, label.y + label.height));
    context.strokeStyle = entry.colour;
    context.lineWidth = 1;
    if (Math.hypot(nearX - anchorX, nearY - anchorY) > 14) {
      context.beginPath();
      context.moveTo(anchorX, anchorY);
      context.lineTo(nearX, nearY);
      context.stroke();
    }
    context.globalAlpha = 0.88;
    context.fillStyle = colours.background;
    context.fillRect(label.x, label.y, label.width, label.height);
    context.globalAlpha = 1;
    context.strokeRect(label.x + 0.5, label.y + 0.5, label.width - 1, label.height - 1);
    context.fillStyle = colours.foreground;
    context.fillText(entry.text, label.x + 5, label.y + label.height / 2 + 0.5);
  }
}
