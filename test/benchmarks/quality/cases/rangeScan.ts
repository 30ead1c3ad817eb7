/** Ranges off the grid of slices, such as the minutes after a fault's start, scanned against the run's own reference. */
import { PartScoreCollector, toSignedFamilyScores, type PartScores } from '../../../../src/core/features/familyScores.js';
import { scanWindowsInSteps, type Observation } from '../../../../src/core/features/windowScan.js';
import { finishSteps } from '../../../../src/core/math/steps.js';
import type { RunScan } from '../../../../src/core/run/scanRun.js';
import { sumRange, toWindowSet } from '../../../../src/core/slices/windowSet.js';
import { TokenBuilder } from '../../../../src/core/tokens/tokenBuilder.js';
import type { CaseRun } from './readCase.js';

/** R distinct starts, ascending. */
export interface RangeScans {
  readonly starts: readonly number[];
  readonly parts: PartScores;
  /** [R] of [E × FAMILY_COUNT] calibrated, signed and as magnitudes. */
  readonly signedScores: readonly Float32Array[];
  readonly familyScores: readonly Float32Array[];
  /** The run's scan with these tokens and texts in place of its own: what the encoder's callers take. */
  readonly scan: RunScan;
}

/** @param starts bins, in any order, repeats allowed; each range is `[start, start + run.lengthBins)` */
export function scanStarts(run: CaseRun, starts: readonly number[]): RangeScans {
  const distinct = [...new Set(starts)].sort((a, b) => a - b);
  // A step of one bin lets windows begin anywhere.
  const windows = toWindowSet(Uint32Array.from(distinct), run.lengthBins, 1);
  const collector = new PartScoreCollector(run.bins, distinct.length);
  const builder = new TokenBuilder(run.bins, windows, run.scan.calibration, run.scan.bank);
  const observe = (observation: Observation): void => {
    collector.add(observation);
    builder.add(observation);
  };
  finishSteps(scanWindowsInSteps(run.bins, windows, run.scan.bank, observe));
  const parts = collector.finish();
  const signedScores = distinct.map((_, row) => toSignedFamilyScores(parts, row, run.scan.calibration));
  const familyScores = signedScores.map((scores) => scores.map(Math.abs));
  const tokens = finishSteps(builder.finish(familyScores));
  return {
    starts: distinct,
    parts,
    signedScores,
    familyScores,
    scan: { ...run.scan, windows, signedScores, familyScores, tokens, texts: builder.texts.values },
  };
}

/** Whether any span starts in the range. */
export function holdsSpans(run: CaseRun, fromBin: number, toBin: number): boolean {
  return sumRange(run.bins.density, run.bins.density.counts, 1, fromBin, toBin) > 0;
}
