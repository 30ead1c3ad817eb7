/**
 * From calibrated family scores to one score per entity. A family speaks for an entity as far as it is unusual and as far as it is
 * unusual *there* and not everywhere: score = capped deviation × the entity's share of the family's total, and the strongest
 * family wins. What a caller shows may be no more than what its callee did to it, so symptoms are counted only as far as they exceed
 * the worst callee. Symmetric over families and entities; no name is known. On 28 TrainTicket faults, 19 OnlineBoutique faults and 164
 * simulated ones (strict scorer, AC@1), without any label: plain maximum .54, .79, –; share rule .86, 1.0, .48; less the worst callee
 * .93, 1.0, .55.
 */
import type { CallEdge } from '../aggregate/telemetryBins.js';
import { FAMILY_COUNT, FEATURE_FAMILIES, type FamilyId } from '../features/families.js';
import { MODALITIES, type Modality } from '../records.js';

/** Added to a family's total: where a family is silent everywhere else, an isolated score of 1 is still only as much as usual. */
const USUAL_TOTAL = 1;
/** Deviations beyond ten times the usual 95 % quantile say no more than ten times. */
const CAP = 10;
/**
 * Measured quantities that follow the load or the neighbours as much as the service itself ("weak" in the findings on real faults):
 * they support, and lead only when nothing else is unusual.
 */
const SUPPORTING = new Set<FamilyId>(['metric-memory', 'metric-io', 'metric-latency', 'metric-errors', 'metric-traffic', 'metric-other']);
const SUPPORTING_WEIGHT = 0.5;

export const FAMILY_WEIGHTS: readonly number[] = FEATURE_FAMILIES.map((family) => (SUPPORTING.has(family.id) ? SUPPORTING_WEIGHT : 1));

/** Symptoms travel from callee to caller; resources and the way between two services belong to where they are measured. */
const SYMPTOMS: readonly boolean[] = FEATURE_FAMILIES.map(
  ({ id, modality }) =>
    (modality === 'trace' && id !== 'trace-gap') || modality === 'log' || id === 'metric-latency' || id === 'metric-errors',
);
/** What an explained symptom keeps of its contribution: nothing that outranks, enough to keep the order among explained ones. */
const EXPLAINED_SHARE = 1e-3;

export interface FusedScores {
  /** [E] >= 0, the ranking order. */
  readonly entity: Float64Array;
  /** [E, FAMILY_COUNT] the contributions the maximum was taken over. */
  readonly contributions: Float64Array;
  /** What callees explain: [E] the strongest contribution before, and the directly called entity that is worst, -1 without any. */
  readonly explained: { readonly before: Float64Array; readonly callee: Int32Array };
}

/**
 * @param familyScores [E, FAMILY_COUNT] calibrated, >= 0
 * @param calls who calls whom, by entity slot; an entity that calls itself explains nothing
 */
export function fuse(familyScores: Float32Array, calls: readonly CallEdge[]): FusedScores {
  const contributions = toContributions(familyScores);
  const before = strongest(contributions);
  const callee = findWorstCallees(before, calls);
  for (let i = 0; i < contributions.length; i++) {
    const family = i % FAMILY_COUNT;
    const own = contributions[i] ?? 0;
    if (SYMPTOMS[family] === true) {
      contributions[i] = Math.max(own - (before[callee[(i - family) / FAMILY_COUNT] ?? -1] ?? 0), EXPLAINED_SHARE * own);
    }
  }
  return { entity: strongest(contributions), contributions, explained: { before, callee } };
}

/** [E, FAMILY_COUNT] share rule. */
function toContributions(familyScores: Float32Array): Float64Array {
  const totals = new Float64Array(FAMILY_COUNT);
  for (let i = 0; i < familyScores.length; i++) {
    totals[i % FAMILY_COUNT] = (totals[i % FAMILY_COUNT] ?? 0) + (familyScores[i] ?? 0);
  }
  return Float64Array.from(familyScores, (score, i) => {
    const family = i % FAMILY_COUNT;
    return ((FAMILY_WEIGHTS[family] ?? 1) * Math.min(score, CAP) * score) / ((totals[family] ?? 0) + USUAL_TOTAL);
  });
}

/** [E] largest contribution of each entity. */
function strongest(contributions: Float64Array): Float64Array {
  const entity = new Float64Array(contributions.length / FAMILY_COUNT);
  for (let i = 0; i < contributions.length; i++) {
    const owner = Math.floor(i / FAMILY_COUNT);
    entity[owner] = Math.max(entity[owner] ?? 0, contributions[i] ?? 0);
  }
  return entity;
}

/** [E] of the entities that each one calls directly the one with the largest score, -1 where it calls none. */
function findWorstCallees(scores: Float64Array, calls: readonly CallEdge[]): Int32Array {
  const worst = new Int32Array(scores.length).fill(-1);
  for (const { caller, callee } of calls) {
    if (caller !== callee && (scores[callee] ?? 0) > (scores[worst[caller] ?? -1] ?? 0)) {
      worst[caller] = callee;
    }
  }
  return worst;
}

/** Share of each modality in an entity's contributions; sums to 1, all 0 when nothing contributes. */
export function modalityShares(fused: FusedScores, entity: number): Record<Modality, number> {
  const shares: Record<Modality, number> = { log: 0, trace: 0, metric: 0 };
  let total = 0;
  FEATURE_FAMILIES.forEach((family, index) => {
    const contribution = fused.contributions[entity * FAMILY_COUNT + index] ?? 0;
    shares[family.modality] += contribution;
    total += contribution;
  });
  if (total > 0) {
    for (const modality of MODALITIES) {
      shares[modality] /= total;
    }
  }
  return shares;
}

/** The entity with the highest score, -1 when none scores. */
export function leadingEntity(scores: Float64Array): number {
  const best = rankEntities(scores)[0] ?? -1;
  return (scores[best] ?? 0) > 0 ? best : -1;
}

/** Entities by falling score; equal scores keep their order. @param scores [E] */
export function rankEntities(scores: Float64Array): number[] {
  return Array.from(scores.keys()).sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
}
