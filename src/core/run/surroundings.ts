/**
 * What is heard of the surroundings of a range when its causes and its kind are told: a range drawn by hand, or the minute in an alert, is easily
 * a minute off. Whether it is abnormal, and by what evidence, is said of exactly that range. Letters: E entities, T failure types.
 *
 * By the rule: how much more unusual an entity is than it was one range length before, on the mean over ranges shifted by up to 90 s. The range's
 * own scores count by how much of the largest of these changes it holds: fully where the range begins with the fault, little where it lies
 * before the fault or begins inside it. AC@1 with the time given exactly / 60 s early / 60 s late, all with scores times q^.1, as the learned
 * head was followed then, by the range alone, with the mean score of its surroundings (as was before), and with their changes: TrainTicket .93
 * / .71 / .64, .93 / .82 / .75, .93 / .82 / .64; OnlineBoutique .96 / .38 / .75, .92 / .83 / .79, .92 / .88 / .88; 266 faults of simulated
 * systems (`quality.ts --only root-cause --development --systems 36`) .63 / .32 / .62, .62 / .43 / .62, .63 / .50 / .60. Diagnosing only where
 * the change is largest gives .75 / .82 / .68, .88 / .88 / .92 and .57 / .50 / .54: that loses where the time is right. No rule tried is far
 * from this line, shares of each shift's changes in place of sums neither; before half of the simulated faults another one ends within two
 * minutes, and nothing tells which of the two was meant.
 *
 * By the embeddings: what they say of the same shifted ranges, each by how likely the fault begins there, as far as pretraining knows what is there.
 * 609 faults of 110 simulated development systems, AC@1 and macro-F1 of types, exactly / early / late: by the range alone .69 / .45 / .68 and
 * .70 / .46 / .69, so .72 / .60 / .71 and .71 / .61 / .72. Half or double the weight of the range itself, other powers, slices in place of shifted
 * ranges, and embeddings of exactly the range differ by less than .03. Heard whether known or not, causes of the recorded days stay as they are,
 * and types that were tuned there suffer (`--only tuning`, TrainTicket, all labels .94 to .86).
 */
import type { TelemetryBins } from '../aggregate/telemetryBins.js';
import { PartScoreCollector, toFamilyScores, type Calibration } from '../features/familyScores.js';
import { scanRange } from '../features/rangeScan.js';
import type { ReferenceBank } from '../features/referenceBank.js';
import { fuse, type FusedScores } from '../heads/fusion.js';
import { LEAST_LOG_PROBABILITY } from '../heads/headWeights.js';
import { getOrAdd } from '../math/getOrAdd.js';
import { judgeRange, shareSlices, type RangeVerdict, type SliceVerdicts } from './sliceVerdicts.js';

const REACH_S = 90;
const STEP_S = 15;
/**
 * Weight of the mean change beside the range's own score. A larger one helps at a wrong time and costs where the time is right: of 369
 * true incidents found by detection 270 have their cause first by the mean score of the surroundings, 267 with .5, 265 with 1, 261 with 2.
 */
const CHANGE_WEIGHT = 0.5;
/** What is left of a score that did not rise: enough to keep an order where nothing changes. */
const UNCHANGED_SHARE = 0.01;
/** What embeddings say of exactly the range is half of what is heard where all shifted ranges are as abnormal. */
const OWN_SHARE = 0.5;
/** A fault begins where it is abnormal and was not so one range length before; above this share of the probability before that cannot be told. */
const MOST_BEFORE = 0.8;
/** How much sooner the likelier beginning is believed. */
const BEGINNING_POWER = 2;

/** What a range is scored by: a part of a `RunModel`. */
export interface RankingModel {
  readonly bins: TelemetryBins;
  readonly bank: ReferenceBank;
  readonly calibration: Calibration;
}

/** How scores change around a range. */
export interface Surroundings {
  /** [E] >= 0 */
  readonly change: Float64Array;
  /** Weight of the range's own scores, 0 to 1. */
  readonly own: number;
}

/**
 * @param fromBin,toBin half-open, in absolute bins, `toBin > fromBin`
 * @param exact [E] scores of the range itself
 */
export function listenAround(model: RankingModel, fromBin: number, toBin: number, exact: Float64Array): Surroundings {
  const known = new Map([[0, exact]]);
  const scoresAt = (shift: number): Float64Array => getOrAdd(known, shift, () => scoreRange(model, fromBin + shift, toBin + shift));
  const shifts = surroundingShifts(Number(model.bins.binNs) / 1e9);
  const change = new Float64Array(exact.length);
  let [largest, largestOwn] = [0, 0];
  for (const shift of shifts) {
    const before = scoresAt(shift - (toBin - fromBin));
    scoresAt(shift).forEach((score, entity) => {
      const rise = Math.max(score - (before[entity] ?? 0), UNCHANGED_SHARE * score);
      change[entity] = (change[entity] ?? 0) + rise / shifts.length;
      largest = Math.max(largest, rise);
      largestOwn = shift === 0 ? Math.max(largestOwn, rise) : largestOwn;
    });
  }
  return { change, own: largest > 0 ? largestOwn / largest : 1 };
}

/** @param exact [E] scores of the range itself, or of what is left of it @returns [E] >= 0, the ranking order */
export function joinSurroundings(exact: Float64Array, { change, own }: Surroundings): Float64Array {
  return exact.map((score, entity) => own * score + CHANGE_WEIGHT * (change[entity] ?? 0));
}

/** [E] the ranking order of one range. @param exact [E] its own scores */
export function addSurroundings(model: RankingModel, fromBin: number, toBin: number, exact: Float64Array): Float64Array {
  return joinSurroundings(exact, listenAround(model, fromBin, toBin, exact));
}

/** Slices of a run on their grid. */
export interface SliceGrid {
  readonly lengthBins: number;
  readonly binSeconds: number;
}

export function gridOf({ lengthBins, bins }: { readonly lengthBins: number; readonly bins: Pick<TelemetryBins, 'binNs'> }): SliceGrid {
  return { lengthBins, binSeconds: Number(bins.binNs) / 1e9 };
}

interface WeighedShift {
  /** In bins. */
  readonly shift: number;
  /** >= 0 */
  readonly weight: number;
  /** Of the shifted range. */
  readonly verdict: RangeVerdict;
}

/**
 * How likely the fault begins with each of the shifted ranges, and how far pretraining knows what they hold: elsewhere only the range itself is
 * heard. That comes first; other weights of 0 are left out.
 */
function weighShifts(verdicts: SliceVerdicts, { lengthBins, binSeconds }: SliceGrid, fromBin: number, toBin: number): WeighedShift[] {
  const judged = new Map<number, RangeVerdict>();
  const verdictAt = (shift: number): RangeVerdict =>
    getOrAdd(judged, shift, () => judgeRange(verdicts, lengthBins, fromBin + shift, toBin + shift));
  const shifts = surroundingShifts(binSeconds);
  return shifts
    .map((shift) => {
      const verdict = verdictAt(shift);
      const before = verdictAt(shift - (toBin - fromBin)).alone;
      const share = shift === 0 ? OWN_SHARE : (1 - OWN_SHARE) / (shifts.length - 1);
      const begins = (verdict.alone * (1 - MOST_BEFORE * before)) ** BEGINNING_POWER;
      const known = shift === 0 ? 1 : verdict.familiarity;
      return { shift, weight: verdict.roots.length === 0 ? 0 : share * known * begins, verdict };
    })
    .filter(({ shift, weight }) => shift === 0 || weight > 0);
}

/**
 * What the heads say of a range: whether it is abnormal of exactly that, types and causes with what they say around it. Causes are a mean of
 * probabilities over the shifted ranges.
 * @param fromBin,toBin half-open, in absolute bins, `toBin > fromBin`
 */
export function judgeAround(verdicts: SliceVerdicts, grid: SliceGrid, fromBin: number, toBin: number): RangeVerdict {
  const heard = weighShifts(verdicts, grid, fromBin, toBin);
  const total = heard.reduce((sum, { weight }) => sum + weight, 0);
  const [exact] = heard;
  if (exact === undefined || total === 0) {
    return exact?.verdict ?? judgeRange(verdicts, grid.lengthBins, fromBin, toBin);
  }
  const types = new Float64Array(exact.verdict.types.length);
  const roots = new Float64Array(verdicts.roots.length / verdicts.starts.length);
  let familiarity = 0;
  for (const { weight, verdict } of heard) {
    const share = weight / total;
    familiarity += share * verdict.familiarity;
    verdict.types.forEach((p, type) => {
      types[type] = (types[type] ?? 0) + share * p;
    });
    verdict.roots.forEach((logP, entity) => {
      roots[entity] = (roots[entity] ?? 0) + share * Math.exp(logP);
    });
  }
  return {
    anomaly: exact.verdict.anomaly,
    alone: exact.verdict.alone,
    types,
    roots: roots.map((p) => Math.max(LEAST_LOG_PROBABILITY, Math.log(p))),
    familiarity,
  };
}

export interface HeardSlice {
  readonly slice: number;
  /** Above 0; those of a range sum to 1. */
  readonly share: number;
}

/** How much each slice has to say of the types of a range in `judgeAround`; empty where it says nothing. @param fromBin,toBin as there */
export function hearSlices(verdicts: SliceVerdicts, grid: SliceGrid, fromBin: number, toBin: number): HeardSlice[] {
  const shares = new Map<number, number>();
  for (const { shift, weight } of weighShifts(verdicts, grid, fromBin, toBin)) {
    for (const { slice, share } of shareSlices(verdicts, grid.lengthBins, fromBin + shift, toBin + shift)) {
      shares.set(slice, (shares.get(slice) ?? 0) + weight * share);
    }
  }
  const total = [...shares.values()].reduce((sum, share) => sum + share, 0);
  return [...shares].flatMap(([slice, share]) => (share > 0 ? [{ slice, share: share / total }] : [])).sort((a, b) => a.slice - b.slice);
}

/** [E] fused scores of exactly one range. */
export function scoreRange(model: RankingModel, fromBin: number, toBin: number): Float64Array {
  return fuseRange(model, fromBin, toBin).entity;
}

/** @param fromBin,toBin half-open, in absolute bins */
export function fuseRange({ bins, bank, calibration }: RankingModel, fromBin: number, toBin: number): FusedScores {
  const parts = new PartScoreCollector(bins, 1);
  scanRange(bins, bank, fromBin, toBin, (observation) => {
    observation.window = 0;
    parts.add(observation);
  });
  return fuse(toFamilyScores(parts.finish(), 0, calibration), bins.edges);
}

/** Shifts in bins. @param binSeconds > 0; bins longer than the step are shifted bin by bin */
function surroundingShifts(binSeconds: number): number[] {
  const step = Math.max(1, Math.round(STEP_S / binSeconds));
  const shifts = [0];
  for (let shift = step; shift * binSeconds <= REACH_S; shift += step) {
    shifts.push(-shift, shift);
  }
  return shifts;
}
