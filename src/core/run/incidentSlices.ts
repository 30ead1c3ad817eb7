/**
 * Which slices make an incident: those that follow each other and are abnormal given the whole run (`sliceChain.ts`), the likeliest of them over
 * the threshold. Where they cease to be abnormal by themselves and are so again another incident begins: faults that lie close together stay
 * apart.
 *
 * 110 simulated development systems, before metrics had units (`seriesUnit.ts`), F1 per incident / false alarms per fault-free hour / F1 with one
 * fault per incident; F1 and alarms of the OnlineBoutique day; the same by metrics alone. As here .880, .62, .629; .91, 0; .52, .21. Not told
 * apart .881, .49, .525; .91, 0; .46, .21. An EXIT_P of .4 .891, .57, .607; .91, 0; .53, .21; of .6 .868, .75, .645; .87, .20; .49, .21. Each slice
 * judged by itself, and one without an abnormal neighbour an incident from .85 on, as it was before: .875, .89, .642; .86, .41; .54, .26. Of the
 * faults of two other sets of systems 78 % and 65 % raise the score of the service at fault above its highest fault-free one: who knew the service
 * and raised no false alarm would have F1 .88 and .79 by that score.
 */
import type { WindowSet } from '../slices/windowSet.js';

/** Slices from `first` to `last`, both in it. */
export interface SliceRun {
  readonly first: number;
  readonly last: number;
}

/** An incident goes on while slices that follow each other are at least this likely abnormal. */
const EXIT_P = 0.5;

export interface SliceProbabilities {
  /** [S] of each slice to be abnormal, given the whole run. */
  readonly anomaly: ArrayLike<number>;
  /** [S] by the slice alone. */
  readonly alone: ArrayLike<number>;
}

/**
 * @param threshold what the likeliest slice of an incident reaches
 * @returns in order of time
 */
export function findSliceRuns(
  { starts, lengthBins }: Pick<WindowSet, 'starts' | 'lengthBins'>,
  { anomaly, alone }: SliceProbabilities,
  threshold: number,
): SliceRun[] {
  const exit = Math.min(EXIT_P, threshold);
  const runs: { first: number; last: number; strongest: number; hasBegun: boolean }[] = [];
  starts.forEach((start, slice) => {
    const p = anomaly[slice] ?? 0;
    if (p < exit) {
      return;
    }
    const current = runs[runs.length - 1];
    const speaks = (alone[slice] ?? 0) >= exit;
    const beginsAnew = speaks && current?.hasBegun === true && (alone[slice - 1] ?? 0) < exit;
    if (current?.last === slice - 1 && start <= (starts[slice - 1] ?? 0) + lengthBins && !beginsAnew) {
      current.last = slice;
      current.strongest = Math.max(current.strongest, p);
      current.hasBegun ||= speaks;
    } else {
      runs.push({ first: slice, last: slice, strongest: p, hasBegun: speaks });
    }
  });
  return runs.filter(({ strongest }) => strongest >= threshold).map(({ first, last }) => ({ first, last }));
}
