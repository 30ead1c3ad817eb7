import type { LabelView, SliceView } from '../../src/protocol/views.js';
import { findLabels, labelText } from './labelText.js';
import { MODALITIES, MODALITY_NAMES } from './modalities.js';
import { finiteOr, formatProbability } from './numberFormat.js';
import { nsToMs, sliceTimes } from './sliceLines.js';
import type { TextTable } from './textTable.js';
import { zoneName } from './timeFormat.js';

/** All slices as a table, in the order given: the text alternative of the timeline and the map. A column of labels where there are any. */
export function sliceTable(
  slices: readonly SliceView[],
  stateNames: ReadonlyMap<string, string>,
  timeZone: string,
  labels: readonly LabelView[] = [],
): TextTable {
  const first = slices[0];
  const zone = first === undefined ? timeZone : zoneName(nsToMs(first.startNs), timeZone);
  return {
    caption: `All slices, times in ${zone}`,
    columns: [
      'Time',
      'State',
      'Abnormal (probability)',
      'Likely cause',
      ...(labels.length === 0 ? [] : ['Labelled']),
      ...MODALITIES.map((modality) => MODALITY_NAMES[modality].title),
    ],
    rowCount: slices.length,
    row: (index) => {
      const slice = slices[index];
      return slice === undefined
        ? []
        : [
            sliceTimes(slice, timeZone),
            stateNames.get(slice.state) ?? slice.state,
            formatProbability(finiteOr(slice.anomaly, NaN)),
            slice.likelyCause ?? '',
            ...(labels.length === 0 ? [] : [findLabels(labels, slice).map(labelText).join('; ')]),
            ...MODALITIES.map((modality) => String(slice.modalities[modality])),
          ];
    },
  };
}
