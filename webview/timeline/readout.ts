import { MODALITIES, MODALITY_NAMES } from '../shared/modalities.js';
import { formatPercent, formatProbability, pluralise, probabilityWords } from '../shared/numberFormat.js';
import { formatTimeRange, zoneName } from '../shared/timeFormat.js';
import type { TextTable } from '../shared/textTable.js';
import type { TimelineModel } from './model.js';

/** What a slice is, line by line: for the hover box, screen readers and the table. */
export function sliceLines(model: TimelineModel, index: number, timeZone: string): readonly string[] {
  const slice = model.slices[index];
  const state = model.states[model.state[index] ?? 0];
  if (slice === undefined || state === undefined) {
    return [];
  }
  const anomaly = model.anomaly[index] ?? NaN;
  const verdict = !Number.isFinite(anomaly)
    ? 'not scored'
    : `${anomaly >= model.threshold ? 'abnormal' : 'usual'}: probability of abnormal ${formatProbability(anomaly)}, ${probabilityWords(anomaly)}`;
  const lines = [
    `${sliceTimes(model, index, timeZone)} ${zoneName(model.startEpochMs, timeZone)}`,
    `${state.name} (fits ${formatPercent(slice.membership)})`,
    verdict,
    MODALITIES.map((modality) => pluralise(slice.modalities[modality], MODALITY_NAMES[modality].one)).join(', '),
  ];
  return slice.likelyCause === null ? lines : [...lines, `likely cause: ${slice.likelyCause}`];
}

function sliceTimes(model: TimelineModel, index: number, timeZone: string): string {
  const from = model.startEpochMs + (model.fromMs[index] ?? 0);
  return formatTimeRange(from, model.startEpochMs + (model.toMs[index] ?? 0), timeZone);
}

/** All slices as a table, in time order. */
export function timelineTable(model: TimelineModel, timeZone: string): TextTable {
  return {
    caption: `All slices, times in ${zoneName(model.startEpochMs, timeZone)}`,
    columns: ['Time', 'State', 'Abnormal (probability)', 'Likely cause', ...MODALITIES.map((modality) => MODALITY_NAMES[modality].title)],
    rowCount: model.slices.length,
    row: (index) => {
      const slice = model.slices[index];
      return [
        sliceTimes(model, index, timeZone),
        model.states[model.state[index] ?? 0]?.name ?? '',
        formatProbability(model.anomaly[index] ?? NaN),
        slice?.likelyCause ?? '',
        ...MODALITIES.map((modality) => String(slice?.modalities[modality] ?? 0)),
      ];
    },
  };
}
