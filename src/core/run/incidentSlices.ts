/**
 * Which slices make an incident. One slice over the threshold is not enough: slices overlap, so a fault shows in more than one, and what
 * shows in a single one is mostly a metric that jumped. Of 72 false alarms by the threshold alone (76 simulated systems and the
 * OnlineBoutique day) 53 were single slices, nearly all below .86. Where an incident begins and ends is decided at a lower probability than
 * whether it is one: ranges then cover more of the fault.
 *
 * F1 per incident, false alarms per fault-free hour and F1 with one fault per incident (`quality.ts --only detection --development
 * --systems 36`, and the systems that probes are trained on), by the threshold alone .85, .77, .64 and .79, 1.35, .62; OnlineBoutique .60,
 * 3.3, .54; with ALONE_P and an EXIT_P of .6 .86, .59, .66 and .80, .95, .64; OnlineBoutique .87, .51, .83; metrics alone .42 and .31 an
 * hour became .34 and .26. On the same systems 78 % and 65 % of the faults raise the score of the service at fault above its highest
 * fault-free one: who knew the service and raised no false alarm would have F1 .88 and .79.
 *
 * With the heads that ship, those 36 systems (F1, alarms, F1 with one fault) / OnlineBoutique (F1, alarms) / by metrics alone (F1, alarms):
 * EXIT_P .6 .94, .51, .74 / .86, .41 / .39, .26; as here .95, .63, .73 / .86, .41 / .54, .26; .45 .95, .63, .72 / .86, .41 / .57, .26;
 * ALONE_P .75 .95, .57, .75 / .67, 2.24 / .42, .31. By metrics alone far fewer faults are missed so; a lower EXIT_P joins faults that lie
 * close together.
 */
import type { WindowSet } from '../slices/windowSet.js';

/** Slices from `first` to `last`, both in it. */
export interface SliceRun {
  readonly first: number;
  readonly last: number;
}

/** An incident goes on while slices that follow each other are at least this likely abnormal. */
const EXIT_P = 0.5;
/** A slice alone, without an abnormal neighbour, is an incident from here on. */
const ALONE_P = 0.85;

/**
 * @param anomaly [S] probability of each slice to be abnormal
 * @param threshold what the likeliest slice of an incident reaches
 * @returns in order of time
 */
export function findSliceRuns(
  { starts, lengthBins }: Pick<WindowSet, 'starts' | 'lengthBins'>,
  anomaly: ArrayLike<number>,
  threshold: number,
): SliceRun[] {
  const exit = Math.min(EXIT_P, threshold);
  const runs: { first: number; last: number; strongest: number }[] = [];
  starts.forEach((start, slice) => {
    const p = anomaly[slice] ?? 0;
    if (p < exit) {
      return;
    }
    const current = runs[runs.length - 1];
    if (current?.last === slice - 1 && start <= (starts[slice - 1] ?? 0) + lengthBins) {
      current.last = slice;
      current.strongest = Math.max(current.strongest, p);
    } else {
      runs.push({ first: slice, last: slice, strongest: p });
    }
  });
  return runs
    .filter(({ first, last, strongest }) => strongest >= (first === last ? Math.max(ALONE_P, threshold) : threshold))
    .map(({ first, last }) => ({ first, last }));
}
