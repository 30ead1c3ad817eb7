/**
 * The ranking of root causes for a range. A range drawn by hand, or the minute in an alert, is easily a minute off, so the ranking also
 * listens to what surrounds the range: the entity's score in it, plus the mean of its scores in ranges of the same length shifted by up
 * to 90 s. AC@1 with the time given exactly / 60 s early / 60 s late: TrainTicket .93 / .68 / .57 without the surroundings,
 * .93 / .82 / .75 with them; OnlineBoutique 1.0 / .32 / .74 and 1.0 / .90 / .79. All else that is said of a range is of exactly that range.
 */
import { PartScoreCollector, toFamilyScores } from '../features/familyScores.js';
import { scanRange } from '../features/rangeScan.js';
import { fuse, type FusedScores } from '../heads/fusion.js';
import type { HeadWeights } from '../heads/headWeights.js';
import type { RunModel } from './runModel.js';

const REACH_S = 90;
const STEP_S = 15;

export type RankingModel = Pick<RunModel, 'bins' | 'bank' | 'calibration'>;

/**
 * @param fromBin,toBin half-open, in absolute bins, `toBin > fromBin`
 * @param exact [E] scores of the range itself
 * @returns [E] >= 0, the ranking order
 */
export function addSurroundings(model: RankingModel, fromBin: number, toBin: number, exact: Float64Array): Float64Array {
  const shifts = surroundingShifts(Number(model.bins.binNs) / 1e9);
  const scores = exact.slice();
  for (const shift of shifts) {
    const surrounding = scoreRange(model, fromBin + shift, toBin + shift);
    surrounding.forEach((score, entity) => {
      scores[entity] = (scores[entity] ?? 0) + score / shifts.length;
    });
  }
  return scores;
}

/**
 * Lets the embeddings of the entities have their say: [E] scores × q^trust.
 * @param roots [E] log q
 */
export function trustLearned(scores: Float64Array, roots: Float64Array, { rootCause }: HeadWeights): Float64Array {
  return scores.map((score, entity) => score * Math.exp(rootCause.trust * (roots[entity] ?? 0)));
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

/** Shifts in bins, without 0. @param binSeconds > 0; bins longer than the step are shifted bin by bin */
function surroundingShifts(binSeconds: number): number[] {
  const step = Math.max(1, Math.round(STEP_S / binSeconds));
  const shifts: number[] = [];
  for (let shift = step; shift * binSeconds <= REACH_S; shift += step) {
    shifts.push(-shift, shift);
  }
  return shifts;
}
