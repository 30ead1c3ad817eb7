/**
 * From calibrated family scores to one score per entity. A family speaks for an entity as far as it is unusual and as far as it is
 * unusual *there* and not everywhere: score = capped deviation × the entity's share of the family's total, and the strongest
 * family wins. Symmetric over families and entities; no name is known. On real faults (strict scorer, AC@1) this share rule
 * gave .71 and .95–1.0 where the plain maximum gave .50–.61 and .75–.89.
 */
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

export interface FusedScores {
  /** [E] >= 0, the ranking order. */
  readonly entity: Float64Array;
  /** [E, FAMILY_COUNT] the contributions the maximum was taken over. */
  readonly contributions: Float64Array;
}

/** @param familyScores [E, FAMILY_COUNT] calibrated, >= 0 */
export function fuse(familyScores: Float32Array): FusedScores {
  const nEntities = familyScores.length / FAMILY_COUNT;
  const totals = new Float64Array(FAMILY_COUNT);
  for (let i = 0; i < familyScores.length; i++) {
    totals[i % FAMILY_COUNT] = (totals[i % FAMILY_COUNT] ?? 0) + (familyScores[i] ?? 0);
  }
  const entity = new Float64Array(nEntities);
  const contributions = new Float64Array(familyScores.length);
  for (let i = 0; i < familyScores.length; i++) {
    const family = i % FAMILY_COUNT;
    const score = familyScores[i] ?? 0;
    const total = totals[family] ?? 0;
    const contribution = ((FAMILY_WEIGHTS[family] ?? 1) * Math.min(score, CAP) * score) / (total + USUAL_TOTAL);
    contributions[i] = contribution;
    const owner = (i - family) / FAMILY_COUNT;
    entity[owner] = Math.max(entity[owner] ?? 0, contribution);
  }
  return { entity, contributions };
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

/** Entities by falling score; equal scores keep their order. */
export function rankEntities(fused: FusedScores): number[] {
  return Array.from(fused.entity.keys()).sort((a, b) => (fused.entity[b] ?? 0) - (fused.entity[a] ?? 0));
}
