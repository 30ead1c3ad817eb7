import * as d3 from 'd3';
import type { Selection } from '../../src/protocol/panelRpc.js';
import type { SliceView, TimelineView } from '../../src/protocol/views.js';
import { finiteOr } from '../shared/numberFormat.js';
import { styleRunStates, type StateStyle } from '../shared/stateStyle.js';

/** Slices as points of the map, in time order. `[n]` arrays share the length of `slices`. Coordinates are data units, y upwards. */
export interface MapModel {
  readonly run: string;
  readonly slices: readonly SliceView[];
  /** [n] NaN where a slice has no place on the map. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** [n] index into `states`. */
  readonly state: Uint16Array;
  /** [n] 0 … SIZE_LEVELS - 1, from the detection score. */
  readonly size: Uint8Array;
  readonly states: readonly StateStyle[];
  readonly indexById: ReadonlyMap<string, number>;
  readonly threshold: number;
  /** Slices without a place. */
  readonly unplaced: number;
  /** Middle of each state's points (median of each axis), undefined for a state without points. */
  readonly centres: readonly (readonly [number, number] | undefined)[];
}

/** Up to this many slices the path in time is drawn whole; beyond, its lines hide the points, and only the chosen range has one. */
export const WHOLE_PATH_LIMIT = 3000;

/** Sizes in which points are drawn: enough to see a score, few enough to draw each once and copy it. */
export const SIZE_LEVELS = 5;

export function createMapModel(view: TimelineView): MapModel {
  const slices = [...view.slices].sort((a, b) => (BigInt(a.startNs) < BigInt(b.startNs) ? -1 : 1));
  const count = slices.length;
  const states = styleRunStates(view.states, slices);
  const stateIndex = new Map(states.map((state, index) => [state.id, index]));
  const x = new Float64Array(count);
  const y = new Float64Array(count);
  const state = new Uint16Array(count);
  const size = new Uint8Array(count);
  const indexById = new Map<string, number>();
  let unplaced = 0;
  slices.forEach((slice, index) => {
    const [mapX, mapY] = [finiteOr(slice.map[0], NaN), finiteOr(slice.map[1], NaN)];
    const placed = !Number.isNaN(mapX) && !Number.isNaN(mapY);
    x[index] = placed ? mapX : NaN;
    y[index] = placed ? mapY : NaN;
    unplaced += placed ? 0 : 1;
    state[index] = stateIndex.get(slice.state) ?? 0;
    size[index] = toSizeLevel(finiteOr(slice.anomaly, 0));
    indexById.set(slice.id, index);
  });
  return {
    run: view.run,
    slices,
    x,
    y,
    state,
    size,
    states,
    indexById,
    threshold: finiteOr(view.threshold, 0.5),
    unplaced,
    centres: centresOf(states.length, x, y, state),
  };
}

export function toSizeLevel(score: number): number {
  return Math.round(Math.max(0, Math.min(1, score)) * (SIZE_LEVELS - 1));
}

/** Radius in CSS pixels of a size level. */
export function radiusOf(level: number): number {
  return 3 + level * 0.9;
}

function centresOf(states: number, x: Float64Array, y: Float64Array, state: Uint16Array): MapModel['centres'] {
  const members: number[][] = Array.from({ length: states }, () => []);
  state.forEach((member, index) => {
    if (!Number.isNaN(x[index])) {
      members[member]?.push(index);
    }
  });
  return members.map((indices) => {
    const middleX = d3.median(indices, (index) => x[index]);
    const middleY = d3.median(indices, (index) => y[index]);
    return middleX === undefined || middleY === undefined ? undefined : [middleX, middleY];
  });
}

/** Indices of the points that are shown: placed, and of no hidden state. Usual states come first, so that abnormal ones lie on top. */
export function visiblePoints(model: MapModel, hidden: ReadonlySet<string>): Uint32Array {
  const ranks = model.states.map((style) => (hidden.has(style.id) ? -1 : style.abnormal ? 2 : style.hollow ? 1 : 0));
  const layers: number[][] = [[], [], []];
  model.state.forEach((state, index) => {
    if (!Number.isNaN(model.x[index])) {
      layers[ranks[state] ?? 0]?.push(index);
    }
  });
  return Uint32Array.from(layers.flat());
}

/** Finds the point nearest to a place within a distance; all in data units. */
export class PointIndex {
  readonly #tree: d3.Quadtree<number>;

  constructor(model: MapModel, points: Uint32Array) {
    this.#tree = d3
      .quadtree<number>()
      .x((index) => model.x[index] ?? 0)
      .y((index) => model.y[index] ?? 0)
      .addAll(Array.from(points));
  }

  findNear(x: number, y: number, distance: number): number | undefined {
    return this.#tree.find(x, y, distance);
  }
}

/** The next shown slice in time; from no slice at all, the first or last. */
export function stepPoint(model: MapModel, hidden: ReadonlySet<string>, from: number | null, step: 1 | -1): number | null {
  const count = model.slices.length;
  for (let index = from === null ? (step > 0 ? 0 : count - 1) : from + step; index >= 0 && index < count; index += step) {
    const style = model.states[model.state[index] ?? 0];
    if (!Number.isNaN(model.x[index]) && style !== undefined && !hidden.has(style.id)) {
      return index;
    }
  }
  return from;
}

/** A click in the legend: hides or shows one state; hiding the last one shown brings all back. */
export function toggleHidden(model: MapModel, hidden: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(hidden);
  if (!next.delete(id)) {
    next.add(id);
  }
  return model.states.every((style) => next.has(style.id)) ? new Set() : next;
}

/** Shows one state alone, or all again when it already stands alone. */
export function isolate(model: MapModel, hidden: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const others = model.states.filter((style) => style.id !== id).map((style) => style.id);
  const alone = !hidden.has(id) && others.every((other) => hidden.has(other));
  return alone ? new Set() : new Set(others);
}

/** Slices of the chosen range, `[from, to)`. */
export interface ChosenSlices {
  readonly from: number;
  readonly to: number;
}

/** Slices that start inside the chosen range, or the one that holds it. */
export function chosenSlices(model: MapModel, selection: Selection): ChosenSlices | null {
  if (selection.range === null) {
    return null;
  }
  const start = BigInt(selection.range.startNs);
  const end = BigInt(selection.range.endNs);
  const from = model.slices.findIndex((slice) => BigInt(slice.startNs) >= start);
  if (from === -1) {
    return null;
  }
  let to = from;
  while (to < model.slices.length && BigInt(model.slices[to]?.startNs ?? end) < end) {
    to++;
  }
  return { from, to };
}
