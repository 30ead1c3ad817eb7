/** What levels of a series are told in. Levels are on a scale that is linear near 0 (`toSignedLog`): on it, latencies in seconds hardly move. */
import { median } from '../math/robust.js';
import type { SparseMoments } from './sparseRows.js';

/**
 * Series whose values are typically smaller are told in units in which they are this large: then half as much again is as far as the least
 * difference that counts (LEVEL_FLOOR in usualLevels.ts).
 *
 * AC@1 exactly / a minute early / late, with 1 as the unit of all series / with .05 here: 24 simulated development systems .85 / .66 / .81, .85 /
 * .66 / .82; TrainTicket .93 / .82 / .68, .96 / .82 / .75; OnlineBoutique .92 / .88 / .88 both. F1 of incidents of that day by metrics alone .52,
 * .62. Without `alsoBlames` of series OnlineBoutique has .92 / .88 / .79: what a caller measured of one callee then speaks against the caller alone.
 * In a build where simulated systems had .85 / .64 / .83 by .05, they had .84 / .64 / .83 by .2 and .83 / .62 / .82 by 1.
 */
const LEAST_TYPICAL = 0.05;

/** @param key of `series` @returns above 0, at most 1; 1 for a series that is mostly 0, or empty */
export function toSeriesUnit(series: SparseMoments, key: number): number {
  const [from = 0, to = 0] = [series.offsets[key], series.offsets[key + 1]];
  const sizes = Float64Array.from({ length: to - from }, (_, i) =>
    Math.abs((series.sums[from + i] ?? 0) / Math.max(1, series.counts[from + i] ?? 1)),
  );
  const typical = median(sizes);
  return typical > 0 ? Math.min(1, typical / LEAST_TYPICAL) : 1;
}
