import type { SliceView } from '../../src/protocol/views.js';
import { MODALITIES, MODALITY_NAMES } from './modalities.js';
import { finiteOr, formatPercent, formatProbability, pluralise, probabilityWords } from './numberFormat.js';
import { formatTimeRange, zoneName } from './timeFormat.js';

export function nsToMs(ns: string): number {
  return Number(BigInt(ns) / 1000n) / 1000;
}

export function sliceTimes(slice: SliceView, timeZone: string): string {
  return formatTimeRange(nsToMs(slice.startNs), nsToMs(slice.endNs), timeZone);
}

/** What a slice is, line by line: for hover boxes and screen readers. */
export function sliceLines(slice: SliceView, stateName: string, threshold: number, timeZone: string): readonly string[] {
  const anomaly = finiteOr(slice.anomaly, NaN);
  const verdict = Number.isFinite(anomaly)
    ? `${anomaly >= threshold ? 'Abnormal' : 'Usual'}: probability of abnormal ${formatProbability(anomaly)} (${probabilityWords(anomaly)})`
    : 'Not scored';
  const lines = [
    `${sliceTimes(slice, timeZone)} ${zoneName(nsToMs(slice.startNs), timeZone)}`,
    `${stateName} (fits ${formatPercent(slice.membership)})`,
    verdict,
    MODALITIES.map((modality) => pluralise(slice.modalities[modality], MODALITY_NAMES[modality].one)).join(', '),
  ];
  return slice.likelyCause === null ? lines : [...lines, `Likely cause: ${slice.likelyCause}`];
}
