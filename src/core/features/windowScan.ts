/** Observes every key in every window of a grid against what is usual of it. Dimension letters: W windows, E entities. */
import type { TelemetryBins } from '../aggregate/telemetryBins.js';
import type { Steps } from '../math/steps.js';
import { sumIntoWindows, type WindowSet } from '../slices/windowSet.js';
import { meanDeviation, rateDeviation } from './deviation.js';
import { sumRates } from './rateWindows.js';
import type { ReferenceBank } from './referenceBank.js';
import { SeriesLevels, type SeriesReading } from './seriesLevels.js';
import { isUnsteady } from './usualLevels.js';

export type KeyKind = 'rate' | 'moment' | 'series';

/** One key in one window; only keys with cases are visited. Reused between calls: copy what is to be kept. */
export interface Observation {
  kind: KeyKind;
  key: number;
  window: number;
  /** Cases, observations or samples. */
  n: number;
  /** Events of `n` (rate); 0 otherwise. */
  k: number;
  /** Observed probability, mean log1p µs, or mean signed-log level. */
  value: number;
  /** Expected probability or median of the same quantity. */
  usual: number;
  /** Signed deviation from usual. */
  z: number;
  /** Standard deviation within the window in reference scales (moment, series); 0 for rates. */
  spread: number;
  /** Last minus first half of the window in reference scales (series). */
  slope: number;
  /** Signed deviation of the change against the preceding minutes (series). */
  change: number;
}

export type ObservationSink = (observation: Observation) => void;

export function createObservation(): Observation {
  return { kind: 'rate', key: 0, window: 0, n: 0, k: 0, value: 0, usual: 0, z: 0, spread: 0, slope: 0, change: 0 };
}

/** A step per key. @param bank learned from windows of the same length */
export function* scanWindowsInSteps(bins: TelemetryBins, windows: WindowSet, bank: ReferenceBank, sink: ObservationSink): Steps<void> {
  yield* scanRates(bins, windows, bank, sink);
  yield* scanMoments(bins, windows, bank, sink);
  yield* scanSeries(bins, windows, bank, sink);
}

function* scanRates(bins: TelemetryBins, windows: WindowSet, bank: ReferenceBank, sink: ObservationSink): Steps<void> {
  const observation = createObservation();
  for (const { key, cases, events } of sumRates(bins, windows)) {
    cases.forEach((n, window) => {
      if (n > 0) {
        observation.window = window;
        fillRate(observation, key, events[window] ?? 0, n, bank);
        sink(observation);
      }
    });
    yield;
  }
}

/** @param n above 0 */
export function fillRate(observation: Observation, key: number, k: number, n: number, bank: ReferenceBank): void {
  observation.kind = 'rate';
  observation.key = key;
  observation.n = n;
  observation.k = Math.min(k, n);
  observation.value = observation.k / n;
  observation.usual = bank.rateP0[key] ?? 0.5;
  observation.z = rateDeviation(observation.k, n, { p0: observation.usual, phi: bank.ratePhi[key] ?? 1 });
  observation.spread = observation.slope = observation.change = 0;
}

function* scanMoments(bins: TelemetryBins, windows: WindowSet, bank: ReferenceBank, sink: ObservationSink): Steps<void> {
  const counts = new Float64Array(windows.starts.length);
  const sums = new Float64Array(windows.starts.length);
  const squares = new Float64Array(windows.starts.length);
  const observation = createObservation();
  for (let key = 0; key < bins.momentKeys.length; key++) {
    sumIntoWindows(bins.moments, bins.moments.counts, key, windows, counts);
    sumIntoWindows(bins.moments, bins.moments.sums, key, windows, sums);
    sumIntoWindows(bins.moments, bins.moments.squares, key, windows, squares);
    counts.forEach((n, window) => {
      if (n > 0) {
        observation.window = window;
        fillMoment(observation, key, { n, sum: sums[window] ?? 0, squares: squares[window] ?? 0 }, bank);
        sink(observation);
      }
    });
    yield;
  }
}

/** Moments of log1p µs. @param n above 0 */
export function fillMoment(
  observation: Observation,
  key: number,
  { n, sum, squares }: { readonly n: number; readonly sum: number; readonly squares: number },
  bank: ReferenceBank,
): void {
  const mean = sum / n;
  const scale = bank.momentScale[key] ?? 0;
  observation.kind = 'moment';
  observation.key = key;
  observation.n = n;
  observation.k = 0;
  observation.value = mean;
  observation.usual = bank.momentMedian[key] ?? 0;
  // Where the reference is too short nothing deviates.
  observation.z = scale > 0 ? meanDeviation(mean, n, observation.usual, scale) : 0;
  observation.spread = scale > 0 ? Math.sqrt(Math.max(0, squares / n - mean * mean)) / scale : 0;
  observation.slope = observation.change = 0;
}

function* scanSeries(bins: TelemetryBins, windows: WindowSet, bank: ReferenceBank, sink: ObservationSink): Steps<void> {
  const observation = createObservation();
  const levels = new SeriesLevels(bins);
  for (let key = 0; key < bins.seriesKeys.length; key++) {
    levels.select(key);
    windows.starts.forEach((start, window) => {
      const read = levels.read(start, start + windows.lengthBins);
      if (read.n > 0) {
        observation.window = window;
        fillSeries(observation, key, read, bank);
        sink(observation);
      }
    });
    yield;
  }
}

export function fillSeries(observation: Observation, key: number, read: SeriesReading, bank: ReferenceBank): void {
  const levelScale = bank.levelScale[key] ?? 0;
  const changeScale = bank.changeScale[key] ?? 0;
  const changed = changeScale > 0 && !Number.isNaN(read.change);
  const byLevel = levelScale > 0 && (!changed || isUnsteady(levelScale, changeScale));
  observation.kind = 'series';
  observation.key = key;
  observation.n = read.n;
  observation.k = 0;
  observation.value = read.level;
  observation.usual = bank.levelMedian[key] ?? 0;
  observation.change = changed ? (read.change - (bank.changeMedian[key] ?? 0)) / changeScale : 0;
  observation.spread = levelScale > 0 ? read.spread / levelScale : 0;
  observation.slope = levelScale > 0 ? read.slope / levelScale : 0;
  observation.z = byLevel ? (read.level - observation.usual) / levelScale : observation.change;
}
