/**
 * What the embeddings of the entities say of causes, beside the label-free rule: how the entities are ranked, and which of them what is unusual
 * is ascribed to. Letters: E entities.
 */
import { FAMILY_COUNT } from '../features/families.js';
import type { FusedScores } from './fusion.js';
import type { HeadWeights } from './headWeights.js';

/** What the embeddings say of causes. */
export interface LearnedCauses {
  /** [E] log q, a mean over slices; empty where no slice overlaps. */
  readonly roots: Float64Array | Float32Array;
  /** Share in states that pretraining knows, 0 to 1. */
  readonly familiarity: number;
}

/** Where the rule all but overlooks an entity that the embeddings name, its contributions count this many times at most. */
const MOST_ASCRIBED = 10;

/**
 * Lets the embeddings of the entities have their say: [E] the rule's scores, a share of the sum of their powers given to the entities by q.
 * What shows nothing unusual stays at 0. Where slices disagree, the geometric mean of their q sums to less than 1, and the rule has the more:
 * made to sum to 1, AC@1 of development systems was .71 / .54 / .70, of TrainTicket .93 / .75 / .68; as it is .69 / .51 / .67, .93 / .82 / .68.
 * Where slices are in states that pretraining knows, q is followed further.
 */
export function trustLearned(
  scores: Float64Array,
  { roots, familiarity }: LearnedCauses,
  { rootCause }: Pick<HeadWeights, 'rootCause'>,
): Float64Array {
  const { pool, trust: anywhere, trustKnown = anywhere } = rootCause;
  const trust = anywhere + familiarity * (trustKnown - anywhere);
  if (pool === undefined) {
    return scores.map((score, entity) => score * Math.exp(trust * (roots[entity] ?? 0)));
  }
  if (roots.length === 0) {
    return scores;
  }
  const total = scores.reduce((sum, score) => sum + score ** pool, 0);
  return scores.map((score, entity) =>
    score > 0 ? ((1 - trust) * score ** pool + trust * Math.exp(roots[entity] ?? -Infinity) * total) ** (1 / pool) : 0,
  );
}

/**
 * [E, FAMILY_COUNT] what ranges are alike by: the contributions of each entity times how much likelier a cause it is by the embeddings, as far as
 * pretraining knows the state. What is unusual in services that are not the cause counts for less there.
 *
 * NMI of groups by linkage with failure type × service, raw calibrated scores / contributions / so (`quality.ts --only states`): 36 simulated
 * development systems .78 / .78 / .84, TrainTicket .87 / .96 / .96, OnlineBoutique .96 / .97 / .97. Whatever the state is: .84, .90, .97. The
 * most similar labelled range is of the same type and service (`--only similar`), by contributions / so: 48 simulated development systems .66 /
 * .72, TrainTicket .87 / .87.
 */
export function ascribe(
  { entity: scores, contributions }: Pick<FusedScores, 'entity' | 'contributions'>,
  learned: LearnedCauses,
  heads: Pick<HeadWeights, 'rootCause'>,
): Float64Array {
  const trusted = trustLearned(scores, learned, heads);
  const factors = trusted.map((score, entity) => {
    const before = scores[entity] ?? 0;
    return before > 0 ? Math.min(MOST_ASCRIBED, (score / before) ** learned.familiarity) : 1;
  });
  return contributions.map((value, i) => value * (factors[Math.floor(i / FAMILY_COUNT)] ?? 1));
}
