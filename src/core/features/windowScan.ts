/**
 * Observes every key in every window of a grid and, in the same pass, learns what is usual from the reference windows.
 * Dimension letters: W windows, E entities.
 */
import type { TelemetryBins } from '../aggregate/telemetryBins.js';
import { locationScale } from '../math/robust.js';
import { finishSteps, type Steps } from '../math/steps.js';
import { sumIntoWindows, type WindowSet } from '../slices/windowSet.js';
import { estimateRate, meanDeviation, rateDeviation } from './deviation.js';
import { SeriesLevels } from './seriesLevels.js';
import { isUnsteady, learnChange, learnLevel, longestEpisode } from './usualLevels.js';

/** Share of reference windows left out at each end of every key, so that faults inside the reference do not become usual. */
const TRIM = 0.1;
/** Latency medians of fewer windows than this say nothing about spread. */
const MIN_WINDOWS = 4;
/** 5 % of a duration: below this no difference in log1p µs is worth a finding. */
const LOG_DURATION_FLOOR = 0.05;
/** What is usual for each key, from windows of one length. Rate keys with no reference window have `rateCases` 0. */
export interface ReferenceBank {
  readonly lengthBins: number;
  /** [rate keys] expected probability, over-dispersion, mean cases per window that has any. */
  readonly rateP0: Float64Array;
  readonly ratePhi: Float64Array;
  readonly rateCases: Float64Array;
  /** [moment keys] of window means, log1p µs. Scale 0 = not enough windows. */
  readonly momentMedian: Float64Array;
  readonly momentScale: Float64Array;
  readonly momentCount: Float64Array;
  /** [series] of levels (signed log) and of changes against the preceding minutes. */
  readonly levelMedian: Float64Array;
  readonly levelScale: Float64Array;
  readonly changeMedian: Float64Array;
  readonly changeScale: Float64Array;
}

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

/** @param isReference [W] 1 for windows that usual is learned from */
export function scanWindows(bins: TelemetryBins, windows: WindowSet, isReference: Uint8Array, sink: ObservationSink): ReferenceBank {
  return finishSteps(scanWindowsInSteps(bins, windows, isReference, sink));
}

/**
 * As `scanWindows`, a step per key.
 * @param known what an earlier scan of the same windows and reference learned, which then is not learned again; returned as it is
 */
export function* scanWindowsInSteps(
  bins: TelemetryBins,
  windows: WindowSet,
  isReference: Uint8Array,
  sink: ObservationSink,
  known?: ReferenceBank,
): Steps<ReferenceBank> {
  const rates = yield* scanRates(bins, windows, isReference, sink, known);
  const moments = yield* scanMoments(bins, windows, isReference, sink, known);
  const series = yield* scanSeries(bins, windows, isReference, sink, known);
  return known ?? { lengthBins: windows.lengthBins, ...rates, ...moments, ...series };
}

type RatePart = Pick<ReferenceBank, 'rateP0' | 'ratePhi' | 'rateCases'>;

function* scanRates(
  bins: TelemetryBins,
  windows: WindowSet,
  isReference: Uint8Array,
  sink: ObservationSink,
  known: RatePart | undefined,
): Steps<RatePart> {
  const nWindows = windows.starts.length;
  const nKeys = bins.rateKeys.length;
  const part: RatePart = known ?? { rateP0: new Float64Array(nKeys), ratePhi: new Float64Array(nKeys), rateCases: new Float64Array(nKeys) };
  const cases = new Float64Array(nWindows);
  const events = new Float64Array(nWindows);
  const observation = createObservation();
  observation.kind = 'rate';
  // Keys of one denominator follow each other, so that its windows are summed once.
  const order = bins.rateKeys
    .map((_, key) => key)
    .sort((a, b) => (bins.rateKeys[a]?.denominator ?? 0) - (bins.rateKeys[b]?.denominator ?? 0));
  let denominator = -1;
  for (const key of order) {
    const rateKey = bins.rateKeys[key];
    if (rateKey === undefined) {
      continue;
    }
    if (rateKey.denominator !== denominator) {
      denominator = rateKey.denominator;
      sumIntoWindows(bins.denominators, bins.denominators.counts, denominator, windows, cases);
    }
    sumIntoWindows(bins.rates, bins.rates.counts, key, windows, events);
    if (known === undefined) {
      const k: number[] = [];
      const n: number[] = [];
      for (let window = 0; window < nWindows; window++) {
        if (isReference[window] === 1 && (cases[window] ?? 0) > 0) {
          k.push(Math.min(events[window] ?? 0, cases[window] ?? 0));
          n.push(cases[window] ?? 0);
        }
      }
      const learned = estimateRate(k, n, TRIM);
      part.rateP0[key] = learned.p0;
      part.ratePhi[key] = learned.phi;
      part.rateCases[key] = n.length === 0 ? 0 : n.reduce((sum, count) => sum + count, 0) / n.length;
    }
    const reference = { p0: part.rateP0[key] ?? 0.5, phi: part.ratePhi[key] ?? 1 };
    observation.key = key;
    observation.usual = reference.p0;
    for (let window = 0; window < nWindows; window++) {
      const count = cases[window] ?? 0;
      if (count > 0) {
        observation.window = window;
        observation.n = count;
        observation.k = Math.min(events[window] ?? 0, count);
        observation.value = observation.k / count;
        observation.z = rateDeviation(observation.k, count, reference);
        sink(observation);
      }
    }
    yield;
  }
  return part;
}

type MomentPart = Pick<ReferenceBank, 'momentMedian' | 'momentScale' | 'momentCount'>;

function* scanMoments(
  bins: TelemetryBins,
  windows: WindowSet,
  isReference: Uint8Array,
  sink: ObservationSink,
  known: MomentPart | undefined,
): Steps<MomentPart> {
  const nWindows = windows.starts.length;
  const nKeys = bins.momentKeys.length;
  const part: MomentPart = known ?? {
    momentMedian: new Float64Array(nKeys),
    momentScale: new Float64Array(nKeys),
    momentCount: new Float64Array(nKeys),
  };
  const count = new Float64Array(nWindows);
  const sum = new Float64Array(nWindows);
  const squares = new Float64Array(nWindows);
  const observation = createObservation();
  observation.kind = 'moment';
  for (let key = 0; key < nKeys; key++) {
    sumIntoWindows(bins.moments, bins.moments.counts, key, windows, count);
    sumIntoWindows(bins.moments, bins.moments.sums, key, windows, sum);
    sumIntoWindows(bins.moments, bins.moments.squares, key, windows, squares);
    if (known === undefined) {
      const means: number[] = [];
      let total = 0;
      for (let window = 0; window < nWindows; window++) {
        const n = count[window] ?? 0;
        if (isReference[window] === 1 && n > 0) {
          means.push((sum[window] ?? 0) / n);
          total += n;
        }
      }
      const learned = locationScale(means, 0, LOG_DURATION_FLOOR);
      part.momentMedian[key] = learned.median;
      part.momentScale[key] = means.length >= MIN_WINDOWS ? learned.scale : 0;
      part.momentCount[key] = means.length === 0 ? 0 : total / means.length;
    }
    const usual = part.momentMedian[key] ?? 0;
    const scale = part.momentScale[key] ?? 0;
    observation.key = key;
    observation.usual = usual;
    for (let window = 0; window < nWindows; window++) {
      const n = count[window] ?? 0;
      if (n > 0) {
        fillMoment(observation, n, sum[window] ?? 0, squares[window] ?? 0, usual, scale);
        observation.window = window;
        sink(observation);
      }
    }
    yield;
  }
  return part;
}

/** @param scale 0 when the reference is too short: then nothing deviates */
export function fillMoment(observation: Observation, n: number, sum: number, squares: number, median: number, scale: number): void {
  const mean = sum / n;
  observation.n = n;
  observation.value = mean;
  observation.z = scale > 0 ? meanDeviation(mean, n, median, scale) : 0;
  observation.spread = scale > 0 ? Math.sqrt(Math.max(0, squares / n - mean * mean)) / scale : 0;
}

type SeriesPart = Pick<ReferenceBank, 'levelMedian' | 'levelScale' | 'changeMedian' | 'changeScale'>;

function* scanSeries(
  bins: TelemetryBins,
  windows: WindowSet,
  isReference: Uint8Array,
  sink: ObservationSink,
  known: SeriesPart | undefined,
): Steps<SeriesPart> {
  const nKeys = bins.seriesKeys.length;
  const part: SeriesPart = known ?? {
    levelMedian: new Float64Array(nKeys),
    levelScale: new Float64Array(nKeys),
    changeMedian: new Float64Array(nKeys),
    changeScale: new Float64Array(nKeys),
  };
  const observation = createObservation();
  observation.kind = 'series';
  const levels = new SeriesLevels(bins);
  const longest = longestEpisode(windows, bins.binNs);
  for (let key = 0; key < nKeys; key++) {
    levels.select(key);
    if (known !== undefined) {
      windows.starts.forEach((start, window) => {
        const read = levels.read(start, start + windows.lengthBins);
        if (read.n > 0) {
          observation.window = window;
          fillSeries(observation, key, read, known);
          sink(observation);
        }
      });
      yield;
      continue;
    }
    const rows: { window: number; n: number; level: number; change: number; spread: number; slope: number }[] = [];
    const usualLevels: number[] = [];
    const usualChanges: number[] = [];
    windows.starts.forEach((start, window) => {
      const read = levels.read(start, start + windows.lengthBins);
      if (read.n === 0) {
        return;
      }
      rows.push({ window, n: read.n, level: read.level, change: read.change, spread: read.spread, slope: read.slope });
      if (isReference[window] === 1) {
        usualLevels.push(read.level);
        if (!Number.isNaN(read.change)) {
          usualChanges.push(read.change);
        }
      }
    });
    const level = learnLevel(usualLevels, longest);
    const change = learnChange(usualChanges);
    part.levelMedian[key] = level.median;
    part.levelScale[key] = usualLevels.length >= MIN_WINDOWS ? level.scale : 0;
    part.changeMedian[key] = change.median;
    part.changeScale[key] = usualChanges.length >= MIN_WINDOWS ? change.scale : 0;
    for (const row of rows) {
      observation.window = row.window;
      fillSeries(observation, key, row, part);
      sink(observation);
    }
    yield;
  }
  return part;
}

export function fillSeries(
  observation: Observation,
  key: number,
  read: { readonly n: number; readonly level: number; readonly change: number; readonly spread: number; readonly slope: number },
  bank: SeriesPart,
): void {
  const levelScale = bank.levelScale[key] ?? 0;
  const changeScale = bank.changeScale[key] ?? 0;
  observation.key = key;
  observation.n = read.n;
  observation.k = 0;
  observation.value = read.level;
  observation.usual = bank.levelMedian[key] ?? 0;
  const changed = changeScale > 0 && !Number.isNaN(read.change);
  observation.change = changed ? (read.change - (bank.changeMedian[key] ?? 0)) / changeScale : 0;
  observation.spread = levelScale > 0 ? read.spread / levelScale : 0;
  observation.slope = levelScale > 0 ? read.slope / levelScale : 0;
  const byLevel = levelScale > 0 && (!changed || isUnsteady(levelScale, changeScale));
  observation.z = byLevel ? (read.level - observation.usual) / levelScale : observation.change;
}
