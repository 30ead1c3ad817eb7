import type { LabelView } from '../../src/protocol/views.js';
import { findLabels, labelLines, labelSentence } from '../shared/labelText.js';
import { sliceLines } from '../shared/sliceLines.js';
import { sliceTable } from '../shared/sliceTable.js';
import type { TextTable } from '../shared/textTable.js';
import type { TimelineModel } from './model.js';
import type { Scene } from './scene.js';

/** What the slice at `index` is, line by line, with the labels that cover most of it; empty when there is none. */
export function readSlice({ model, timeZone, bands }: Pick<Scene, 'model' | 'timeZone' | 'bands'>, index: number): readonly string[] {
  const slice = model.slices[index];
  const state = model.states[model.state[index] ?? 0];
  if (slice === undefined) {
    return [];
  }
  const labels = findLabels(
    bands.map(({ label }) => label),
    slice,
  );
  return [...sliceLines(slice, state?.name ?? slice.state, model.threshold, timeZone), ...labels.map(labelSentence)];
}

/** What the label of the band at `index` says, line by line. */
export function readLabel({ timeZone, bands }: Pick<Scene, 'timeZone' | 'bands'>, index: number): readonly string[] {
  const label = bands[index]?.label;
  return label === undefined ? [] : labelLines(label, timeZone);
}

export function timelineTable(model: TimelineModel, labels: readonly LabelView[], timeZone: string): TextTable {
  return sliceTable(model.slices, new Map(model.states.map((state) => [state.id, state.name])), timeZone, labels);
}
