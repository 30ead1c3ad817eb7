/** Labels as bands of a lane: which row each has. */
import type { LabelView } from '../../src/protocol/views.js';
import { relativeMs, type RangeMs } from './model.js';

export interface LabelBand extends RangeMs {
  readonly label: LabelView;
  readonly row: number;
}

/** More labels at one time share the last row: a lane must not push the score out of sight. */
const MAX_ROWS = 3;

/** Bands of the labels that touch the run, each in the first row that is free at its time. */
export function toLabelBands(labels: readonly LabelView[], startNs: bigint, totalMs: number): readonly LabelBand[] {
  const rowEnds: number[] = [];
  return labels
    .map((label) => ({ label, fromMs: relativeMs(label.startNs, startNs), toMs: relativeMs(label.endNs, startNs) }))
    .filter(({ fromMs, toMs }) => toMs > 0 && fromMs < totalMs)
    .sort((a, b) => a.fromMs - b.fromMs)
    .map((band) => {
      const free = rowEnds.findIndex((end) => end <= band.fromMs);
      const row = free === -1 ? Math.min(rowEnds.length, MAX_ROWS - 1) : free;
      rowEnds[row] = Math.max(rowEnds[row] ?? 0, band.toMs);
      return { ...band, row };
    });
}

export function countRows(bands: readonly LabelBand[]): number {
  return bands.reduce((most, { row }) => Math.max(most, row + 1), 0);
}
