import { sliceLines } from '../shared/sliceLines.js';
import { sliceTable } from '../shared/sliceTable.js';
import type { TextTable } from '../shared/textTable.js';
import type { TimelineModel } from './model.js';

/** What the slice at `index` is, line by line; empty when there is none. */
export function readSlice(model: TimelineModel, index: number, timeZone: string): readonly string[] {
  const slice = model.slices[index];
  const state = model.states[model.state[index] ?? 0];
  return slice === undefined ? [] : sliceLines(slice, state?.name ?? slice.state, model.threshold, timeZone);
}

export function timelineTable(model: TimelineModel, timeZone: string): TextTable {
  return sliceTable(model.slices, new Map(model.states.map((state) => [state.id, state.name])), timeZone);
}
