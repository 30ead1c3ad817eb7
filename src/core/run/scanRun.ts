/** From base bins to slices: windows, reference, calibrated scores and tokens. */
import type { TelemetryBins } from '../aggregate/telemetryBins.js';
import { calibrate, PartScoreCollector, toSignedFamilyScores, type Calibration } from '../features/familyScores.js';
import { learnBankInSteps, type ReferenceBank } from '../features/referenceBank.js';
import { scanWindowsInSteps, type Observation } from '../features/windowScan.js';
import { median } from '../math/robust.js';
import { finishSteps, type Steps } from '../math/steps.js';
import { MODALITIES } from '../records.js';
import { createWindowSet, forEachStart, toWindowSet, type WindowSet } from '../slices/windowSet.js';
import { TokenBuilder } from '../tokens/tokenBuilder.js';
import type { SliceTokens } from '../tokens/sliceTensors.js';

export interface ScanOptions {
  readonly lengthBins: number;
  readonly stepBins: number;
  /** Ranges of bins that are known to be usual; empty = every slice, robustly. */
  readonly reference: readonly { readonly fromBin: number; readonly toBin: number }[];
}

/** Slices with their calibrated scores: all that heads and states need besides embeddings. */
export interface ScoredWindows {
  readonly windows: WindowSet;
  /** [S] 1 for slices that usual is learned from. */
  readonly isReference: Uint8Array;
  readonly bank: ReferenceBank;
  readonly calibration: Calibration;
  /** [S] of [E × FAMILY_COUNT]. */
  readonly familyScores: readonly Float32Array[];
  /** [S] of [E × FAMILY_COUNT], below 0 where below usual. */
  readonly signedScores: readonly Float32Array[];
  /** [S] bits 1 log, 2 trace, 4 metric. */
  readonly presence: Uint8Array;
}

export interface RunScan extends ScoredWindows {
  readonly tokens: readonly SliceTokens[];
  /** Distinct texts; `tokens[i].text` indexes them. */
  readonly texts: readonly string[];
  readonly warnings: readonly string[];
}

/** Fewer slices than this cannot say what is usual; findings then rest on little, and a warning says so. */
export const MIN_REFERENCE_SLICES = 8;

export function scanRun(bins: TelemetryBins, options: ScanOptions): RunScan {
  return finishSteps(scanRunInSteps(bins, options));
}

export function* scanRunInSteps(bins: TelemetryBins, options: ScanOptions): Steps<RunScan> {
  const windows = chooseWindows(bins, options.lengthBins, options.stepBins);
  const warnings: string[] = [];
  const isReference = markReference(windows, options, warnings);
  const collector = new PartScoreCollector(bins, windows.starts.length);
  const bank = yield* learnBankInSteps(bins, windows, isReference);
  const addScore = (observation: Observation): void => {
    collector.add(observation);
  };
  yield* scanWindowsInSteps(bins, windows, bank, addScore);
  const parts = collector.finish();
  const calibration = calibrate(parts, isReference);
  const signedScores = Array.from(windows.starts, (_, window) => toSignedFamilyScores(parts, window, calibration));
  const familyScores = signedScores.map((scores) => scores.map(Math.abs));
  const tokens = new TokenBuilder(bins, windows, calibration, bank);
  const addToken = (observation: Observation): void => {
    tokens.add(observation);
  };
  yield* scanWindowsInSteps(bins, windows, bank, addToken);
  return {
    windows,
    isReference,
    bank,
    calibration,
    familyScores,
    signedScores,
    presence: findPresence(bins, windows),
    tokens: yield* tokens.finish(signedScores),
    texts: tokens.texts.values,
    warnings,
  };
}

export interface ScoredBins {
  readonly bins: TelemetryBins;
  readonly bank: ReferenceBank;
  readonly calibration: Calibration;
  readonly lengthBins: number;
  readonly stepBins: number;
  /** [S] first bin of each slice. */
  readonly starts: Uint32Array;
  /** [S] 1 for slices that usual was learned from; absent where an earlier version stored the run: all. */
  readonly isReference?: Uint8Array;
}

/** The scores of a run that was scanned before, from what was kept of it. */
export function* rescanRunInSteps(scored: ScoredBins): Steps<ScoredWindows> {
  const { bins, bank, calibration, lengthBins, stepBins, starts } = scored;
  const windows = toWindowSet(starts, lengthBins, stepBins);
  const collector = new PartScoreCollector(bins, starts.length);
  const observe = (observation: Observation): void => {
    collector.add(observation);
  };
  yield* scanWindowsInSteps(bins, windows, bank, observe);
  const parts = collector.finish();
  const signedScores = Array.from(starts, (_, window) => toSignedFamilyScores(parts, window, calibration));
  const familyScores = signedScores.map((scores) => scores.map(Math.abs));
  const isReference = scored.isReference ?? new Uint8Array(starts.length).fill(1);
  return { windows, isReference, bank, calibration, familyScores, signedScores, presence: findPresence(bins, windows) };
}

/**
 * Every grid window that holds logs or traces. Where there are only metrics, windows do not overlap and are no closer than the
 * sampling interval: in between there is nothing new to see, and a day of metrics around an hour of traces stays affordable.
 */
function chooseWindows(bins: TelemetryBins, lengthBins: number, stepBins: number): WindowSet {
  const all = createWindowSet(bins.density, lengthBins, stepBins);
  const metricRow = MODALITIES.indexOf('metric');
  const eventful = new Set<number>();
  for (let entry = 0; entry < (bins.density.offsets[metricRow] ?? 0); entry++) {
    forEachStart(bins.density.bins[entry] ?? 0, lengthBins, stepBins, (start) => eventful.add(start));
  }
  const intervalBins = Math.round(median(bins.seriesKeys.map((key) => key.intervalNs)) / Number(bins.binNs));
  const coarse = Math.ceil(Math.max(lengthBins, intervalBins) / stepBins) * stepBins;
  // Where samples come later in the interval than the window at its start reaches, the window of the first sample serves.
  const late = new Map<number, number>();
  for (let entry = bins.density.offsets[metricRow] ?? 0; entry < (bins.density.offsets[metricRow + 1] ?? 0); entry++) {
    const bin = bins.density.bins[entry] ?? 0;
    const interval = bin - (bin % coarse);
    if (!late.has(interval) && !all.indexByStart.has(interval)) {
      late.set(interval, bin - (bin % stepBins));
    }
  }
  const lateStarts = new Set(late.values());
  return toWindowSet(
    all.starts.filter((start) => eventful.has(start) || start % coarse === 0 || lateStarts.has(start)),
    lengthBins,
    stepBins,
  );
}

function markReference(windows: WindowSet, options: ScanOptions, warnings: string[]): Uint8Array {
  const all = new Uint8Array(windows.starts.length).fill(1);
  if (windows.starts.length < MIN_REFERENCE_SLICES) {
    warnings.push(
      `Only ${windows.starts.length} slices: too few to know what is usual here. Add more files from before the incident, or shorten the slices.`,
    );
  }
  if (options.reference.length === 0) {
    return all;
  }
  const inside = Uint8Array.from(windows.starts, (start) =>
    options.reference.some((range) => start >= range.fromBin && start + windows.lengthBins <= range.toBin) ? 1 : 0,
  );
  const count = inside.reduce((sum, bit) => sum + bit, 0);
  if (count < MIN_REFERENCE_SLICES) {
    warnings.push(
      `The chosen reference holds ${count} whole slices, at least ${MIN_REFERENCE_SLICES} are needed to know the usual spread; the automatic reference was used.`,
    );
    return all;
  }
  return inside;
}

function findPresence(bins: TelemetryBins, windows: WindowSet): Uint8Array {
  const presence = new Uint8Array(windows.starts.length);
  MODALITIES.forEach((_, row) => {
    for (let entry = bins.density.offsets[row] ?? 0; entry < (bins.density.offsets[row + 1] ?? 0); entry++) {
      forEachStart(bins.density.bins[entry] ?? 0, windows.lengthBins, windows.stepBins, (start) => {
        const window = windows.indexByStart.get(start);
        if (window !== undefined) {
          presence[window] = (presence[window] ?? 0) | (1 << row);
        }
      });
    }
  });
  return presence;
}
