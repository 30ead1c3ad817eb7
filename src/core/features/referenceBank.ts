/** What is usual of every key, learned from the reference windows of a grid. */
import type { TelemetryBins } from '../aggregate/telemetryBins.js';
import { locationScale } from '../math/robust.js';
import type { Steps } from '../math/steps.js';
import { countDisjoint, sumIntoWindows, type WindowSet } from '../slices/windowSet.js';
import { estimateRate } from './deviation.js';
import { moderateScales } from './moderatedScales.js';
import { sumRates } from './rateWindows.js';
import { SeriesLevels } from './seriesLevels.js';
import { learnChange, learnLevel, longestEpisode } from './usualLevels.js';

/** Share of reference windows left out at each end of every key, so that faults inside the reference do not become usual. */
const TRIM = 0.1;
/** Windows that a spread can be told from. */
const MIN_WINDOWS = 4;
/** 5 % of a duration: below this no difference in log1p µs is worth a finding. */
const LOG_DURATION_FLOOR = 0.05;
/** Series of one name in a run that have a spread of their own in common; fewer share that of their family. */
const MIN_NAMESAKES = 4;

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
  /** [series] of levels (signed log) and of changes against the preceding minutes. Scale 0 = not enough windows. */
  readonly levelMedian: Float64Array;
  readonly levelScale: Float64Array;
  readonly changeMedian: Float64Array;
  readonly changeScale: Float64Array;
}

/** @param isReference [W] 1 for windows that usual is learned from @returns a step per key */
export function* learnBankInSteps(bins: TelemetryBins, windows: WindowSet, isReference: Uint8Array): Steps<ReferenceBank> {
  const disjointShare = countDisjoint(windows) / Math.max(1, windows.starts.length);
  const rates = yield* learnRates(bins, windows, isReference);
  const moments = yield* learnMoments(bins, windows, isReference, disjointShare);
  const series = yield* learnSeries(bins, windows, isReference, disjointShare);
  return { lengthBins: windows.lengthBins, ...rates, ...moments, ...series };
}

function* learnRates(
  bins: TelemetryBins,
  windows: WindowSet,
  isReference: Uint8Array,
): Steps<Pick<ReferenceBank, 'rateP0' | 'ratePhi' | 'rateCases'>> {
  const nKeys = bins.rateKeys.length;
  const part = { rateP0: new Float64Array(nKeys), ratePhi: new Float64Array(nKeys), rateCases: new Float64Array(nKeys) };
  for (const { key, cases, events } of sumRates(bins, windows)) {
    const k: number[] = [];
    const n: number[] = [];
    cases.forEach((count, window) => {
      if (isReference[window] === 1 && count > 0) {
        k.push(Math.min(events[window] ?? 0, count));
        n.push(count);
      }
    });
    const { p0, phi } = estimateRate(k, n, TRIM);
    part.rateP0[key] = p0;
    part.ratePhi[key] = phi;
    part.rateCases[key] = n.length === 0 ? 0 : n.reduce((sum, count) => sum + count, 0) / n.length;
    yield;
  }
  return part;
}

function* learnMoments(
  bins: TelemetryBins,
  windows: WindowSet,
  isReference: Uint8Array,
  disjointShare: number,
): Steps<Pick<ReferenceBank, 'momentMedian' | 'momentScale' | 'momentCount'>> {
  const nKeys = bins.momentKeys.length;
  const [momentMedian, momentCount] = [new Float64Array(nKeys), new Float64Array(nKeys)];
  const [scales, counts] = [new Float64Array(nKeys), new Float64Array(nKeys)];
  const count = new Float64Array(windows.starts.length);
  const sum = new Float64Array(windows.starts.length);
  for (let key = 0; key < nKeys; key++) {
    sumIntoWindows(bins.moments, bins.moments.counts, key, windows, count);
    sumIntoWindows(bins.moments, bins.moments.sums, key, windows, sum);
    const means: number[] = [];
    let total = 0;
    count.forEach((n, window) => {
      if (isReference[window] === 1 && n > 0) {
        means.push((sum[window] ?? 0) / n);
        total += n;
      }
    });
    const learned = locationScale(means, 0, LOG_DURATION_FLOOR);
    momentMedian[key] = learned.median;
    momentCount[key] = means.length === 0 ? 0 : total / means.length;
    scales[key] = means.length >= MIN_WINDOWS ? learned.scale : 0;
    counts[key] = means.length * disjointShare;
    yield;
  }
  const groups = bins.momentKeys.map(({ part }) => part);
  return { momentMedian, momentCount, momentScale: moderateScales(scales, counts, groups) };
}

function* learnSeries(
  bins: TelemetryBins,
  windows: WindowSet,
  isReference: Uint8Array,
  disjointShare: number,
): Steps<Pick<ReferenceBank, 'levelMedian' | 'levelScale' | 'changeMedian' | 'changeScale'>> {
  const nKeys = bins.seriesKeys.length;
  const [levelMedian, levelScale, levelCount] = [new Float64Array(nKeys), new Float64Array(nKeys), new Float64Array(nKeys)];
  const [changeMedian, changeScale, changeCount] = [new Float64Array(nKeys), new Float64Array(nKeys), new Float64Array(nKeys)];
  const levels = new SeriesLevels(bins);
  const longest = longestEpisode(windows, bins.binNs);
  for (let key = 0; key < nKeys; key++) {
    levels.select(key);
    const usualLevels: number[] = [];
    const usualChanges: number[] = [];
    windows.starts.forEach((start, window) => {
      const read = isReference[window] === 1 ? levels.read(start, start + windows.lengthBins) : undefined;
      if (read !== undefined && read.n > 0) {
        usualLevels.push(read.level);
        if (!Number.isNaN(read.change)) {
          usualChanges.push(read.change);
        }
      }
    });
    const level = learnLevel(usualLevels, longest);
    const change = learnChange(usualChanges);
    levelMedian[key] = level.median;
    levelScale[key] = usualLevels.length >= MIN_WINDOWS ? level.scale : 0;
    levelCount[key] = usualLevels.length * disjointShare;
    changeMedian[key] = change.median;
    changeScale[key] = usualChanges.length >= MIN_WINDOWS ? change.scale : 0;
    changeCount[key] = usualChanges.length * disjointShare;
    yield;
  }
  const groups = toSeriesGroups(bins);
  return {
    levelMedian,
    levelScale: moderateScales(levelScale, levelCount, groups),
    changeMedian,
    changeScale: moderateScales(changeScale, changeCount, groups),
  };
}

/** [series] what each is alike in steadiness: those of its name, or where these are few, of its family. */
function toSeriesGroups({ seriesKeys }: TelemetryBins): string[] {
  const named = Map.groupBy(seriesKeys, ({ family, text }) => `${family} ${text}`);
  return seriesKeys.map(({ family, text }) => {
    const name = `${family} ${text}`;
    return (named.get(name)?.length ?? 0) >= MIN_NAMESAKES ? name : family;
  });
}
