/** What pointer and keyboard gestures choose. Pure; times in ms since the start of the run. */
import type { Selection } from '../../src/protocol/panelRpc.js';
import { ownedUntil, toNsString, type RangeMs, type TimelineModel } from './model.js';
import type { RibbonRun } from './reduce.js';
import { isSameWindow } from './viewWindow.js';

/** Which range a drag draws. */
export type DragKind = 'incident' | 'reference';

/** Two ends in any order → whole steps of the grid inside the run, at least one. */
export function snapRange(model: TimelineModel, firstMs: number, secondMs: number): RangeMs {
  const low = Math.max(0, Math.min(firstMs, secondMs));
  const high = Math.min(model.totalMs, Math.max(firstMs, secondMs));
  const fromMs = Math.min(Math.floor(low / model.gridMs) * model.gridMs, Math.max(0, model.totalMs - model.gridMs));
  const toMs = Math.min(model.totalMs, Math.max(fromMs + model.gridMs, Math.ceil(high / model.gridMs) * model.gridMs));
  return { fromMs, toMs };
}

export function toNsRange(model: TimelineModel, range: RangeMs): { readonly startNs: string; readonly endNs: string } {
  return { startNs: toNsString(range.fromMs, model.startNs), endNs: toNsString(range.toMs, model.startNs) };
}

/** Choosing a range drops the slice and state that were chosen inside another one. */
export function selectRange(model: TimelineModel, range: RangeMs): Partial<Selection> {
  return { range: toNsRange(model, range), slice: null, state: null };
}

/** A ribbon segment: its whole range, its state, and its slice when it is a single one. */
export function selectRun(model: TimelineModel, run: RibbonRun): Partial<Selection> {
  const first = model.slices[run.firstSlice];
  const last = model.slices[run.lastSlice];
  if (first === undefined || last === undefined) {
    return {};
  }
  return {
    range: { startNs: first.startNs, endNs: last.endNs },
    slice: run.firstSlice === run.lastSlice ? first.id : null,
    state: model.states[run.state]?.id ?? null,
  };
}

export function selectSlice(model: TimelineModel, index: number): Partial<Selection> {
  const slice = model.slices[index];
  return slice === undefined ? {} : { range: { startNs: slice.startNs, endNs: slice.endNs }, slice: slice.id, state: slice.state };
}

/** The next slice in a direction, from the cursor or from the end that the direction starts at. */
export function stepSlice(model: TimelineModel, cursor: number | null, step: number): number | null {
  const count = model.slices.length;
  if (count === 0) {
    return null;
  }
  if (cursor === null) {
    return step > 0 ? 0 : count - 1;
  }
  return Math.max(0, Math.min(count - 1, cursor + step));
}

/** The incident after (or before) the chosen one, most serious first, wrapping round; from any other range the most serious. */
export function stepIncident(model: TimelineModel, range: RangeMs | null, step: 1 | -1): number | null {
  const count = model.incidents.length;
  if (count === 0) {
    return null;
  }
  const at = findIncident(model, range);
  return at === null ? 0 : (at + step + count) % count;
}

/** Index of the incident that is exactly the range, null when none is. */
export function findIncident(model: TimelineModel, range: RangeMs | null): number | null {
  const at = range === null ? -1 : model.incidents.findIndex((incident) => isSameWindow(incident, range));
  return at === -1 ? null : at;
}

/** Range from the anchor slice to the cursor slice, both included. */
export function rangeOfSlices(model: TimelineModel, anchor: number, cursor: number): RangeMs {
  const low = Math.min(anchor, cursor);
  const high = Math.max(anchor, cursor);
  return { fromMs: model.fromMs[low] ?? 0, toMs: ownedUntil(model, high) };
}
