/**
 * Heads tuned from the labels of a workspace, and how they are applied. Each is linear in the same features as the default one, its weights
 * depending on the state: base + Σ_s membership_s Σ_r mix[s, r] basis[r] (State-Aware Task-Oriented Tuning, arXiv 2603.21495, where the form
 * of the dependence is left open). Letters: P rows of weights, F features, S states, R rank, K types, E entities, D embedding.
 */
import { adaptRows, type Adapter } from '../adaptation/adapter.js';
import { FAMILY_COUNT, FEATURE_FAMILIES } from '../features/families.js';
import { DETECTION_FEATURES, TYPE_FEATURES } from './headFeatures.js';
import { LEAST_LOG_PROBABILITY, toProbability, type HeadWeights } from './headWeights.js';
import { logCausePrior, type CausePrior } from './causePrior.js';
import { logStateOdds, type StateOdds } from './stateOdds.js';
import type { StateSpace } from './stateSpace.js';

export interface ConditionedWeights {
  readonly rows: number;
  readonly features: number;
  readonly rank: number;
  /** [P, F] */
  readonly base: Float32Array;
  /** [S, R] */
  readonly mix: Float32Array;
  /** [R, P, F] */
  readonly basis: Float32Array;
}

export interface TunedTypes {
  /** [K] as they were labelled. */
  readonly types: readonly string[];
  /** P = K; the last feature is what the default head says of the type. */
  readonly weights: ConditionedWeights;
  /** [K, F - 1] unit vectors: mean of the labelled examples. */
  readonly prototypes: Float32Array;
  /** A failure less similar (cosine) to every prototype than this is more likely of no known type than not. */
  readonly novelBelow: number;
  /** Of labelled and unlabelled types. */
  readonly profiles: TypeProfiles;
  readonly unlabelled: UnlabelledTypes;
}

/** What the default head takes failures of each type for: T types of its own. */
export interface TypeProfiles {
  /** [T] */
  readonly takenFor: readonly string[];
  /** [types, T] rows sum to 1. */
  readonly rows: Float32Array;
}

/**
 * Types that the default head knows and nobody labelled. They stay possible answers where a slice is in a state that pretraining knows, by
 * what the default head says there; elsewhere they count as little as the slice has of such states. Macro-F1 of services without a label
 * (`quality.ts --only tuning --long-systems 48`), 31 held-out simulated systems, TrainTicket, OnlineBoutique: without them .29, .97, .58; as
 * likely everywhere .53, .92, .56; so .51, .97, .54. What the states change lies within the intervals.
 */
export interface UnlabelledTypes {
  /** [D] */
  readonly types: readonly string[];
  /** [D] logit in a known state, where the default head says of the type what a guess would. */
  readonly logits: Float32Array;
  /** Weight of what it says. */
  readonly hintWeight: number;
}

export interface TunedDetection {
  /** P = 1, F = TUNED_DETECTION_FEATURES, then those of the type head. */
  readonly weights: ConditionedWeights;
  readonly odds: StateOdds;
}

export interface TunedCauses {
  /** P = 1, F = CAUSE_FEATURES. */
  readonly weights: ConditionedWeights;
  readonly prior: CausePrior;
}

export interface TunedHeads {
  readonly version: string;
  /** SHA-256 of the slice encoder whose embeddings they read. */
  readonly encoder: string;
  readonly states: StateSpace;
  readonly detection: TunedDetection | null;
  readonly failureType: TunedTypes | null;
  readonly rootCause: TunedCauses | null;
  /** What the slice embeddings go through before states, similarity and the tuned detection and type heads read them; the default heads read them as they are. */
  readonly adapter?: Adapter;
}

export const UNKNOWN_TYPE = 'unknown';
/** How fast a failure becomes unknown around `novelBelow`, in cosine. */
const NOVELTY_WIDTH = 0.04;
/** Length of the embedding beside the features of length 1 in what the type head reads. */
const EMBEDDING_SHARE = 0.7;
/** Length of what the type head reads beside the features in what the detection head reads. */
const TYPE_SHARE = 16;
const LEAST_SCORE = 1e-6;
/** A default head that is sure is no surer than this, as a logit. */
const MOST_HINT = 3;
const LEAST_FAMILIARITY = 1e-6;

/** Names of what the root-cause head reads of each entity, in order. */
export const CAUSE_FEATURES: readonly string[] = [
  'log.score',
  'log.learned',
  ...FEATURE_FAMILIES.map((family) => `contribution.${family.id}`),
];

/** [P, F] weights for a slice with this membership [S]. */
export function weightsIn({ base, mix, basis, rank }: ConditionedWeights, membership: Float32Array): Float64Array {
  const weights = Float64Array.from(base);
  for (let r = 0; r < rank; r++) {
    const share = membership.reduce((sum, value, state) => sum + value * (mix[state * rank + r] ?? 0), 0);
    for (let i = 0; i < weights.length && share !== 0; i++) {
      weights[i] = (weights[i] ?? 0) + share * (basis[r * weights.length + i] ?? 0);
    }
  }
  return weights;
}

/** Names of what the detection head reads before what the type head reads, in order: what the default head says, what it reads, the bias. */
export const TUNED_DETECTION_FEATURES: readonly string[] = ['default.logit', ...DETECTION_FEATURES, 'bias'];

/** @param byDefault logit of the default head @param features of detection @param typeRow of `toTypeRow` or `adaptTypeRow` */
export function toDetectionRow(byDefault: number, features: Float64Array, typeRow: Float32Array): Float32Array {
  return Float32Array.of(byDefault, ...features, 1, ...scaled(typeRow, TYPE_SHARE));
}

/** Logit of a slice to be abnormal. @param row of `toDetectionRow` */
export function detectionLogit({ weights, odds }: TunedDetection, row: Float32Array, membership: Float32Array): number {
  return dot(weightsIn(weights, membership), 0, row) + odds.weight * logStateOdds(odds, membership);
}

export function detectTuned(head: TunedDetection, row: Float32Array, membership: Float32Array): number {
  return toProbability(detectionLogit(head, row, membership));
}

/** What the type head reads of a slice: the features as a direction, then the embedding as one, shorter. [TYPE_FEATURES + D], length 1. */
export function toTypeRow(features: Float64Array, embedding: Float32Array): Float32Array {
  const row = new Float32Array(TYPE_FEATURES.length + embedding.length);
  row.set(scaled(features, 1));
  row.set(scaled(embedding, EMBEDDING_SHARE), TYPE_FEATURES.length);
  return Float32Array.from(scaled(row, 1));
}

/** The row as `toTypeRow` makes it of the adapted embedding. @param row of `toTypeRow` */
export function adaptTypeRow(adapter: Adapter | undefined, row: Float32Array): Float32Array {
  const embedding = row.subarray(TYPE_FEATURES.length);
  const length = Math.hypot(...embedding);
  if (adapter === undefined || length === 0) {
    return row;
  }
  const adapted = adaptRows(adapter, Float32Array.from(scaled(embedding, 1)));
  return Float32Array.of(...row.subarray(0, TYPE_FEATURES.length), ...scaled(adapted, length));
}

/** What the type head tells apart beside `unknown`: [K + D] the labelled types, then those that only the default head knows. */
export function answersOf({ types, unlabelled }: Pick<TunedTypes, 'types' | 'unlabelled'>): readonly string[] {
  return [...types, ...unlabelled.types];
}

/**
 * What the default head says of types: for each profile, log of how likely a failure of the type is taken for what this one is taken for, over
 * a guess.
 * @param probabilities of the default head's types
 */
export function toTypeHints({ takenFor, rows }: TypeProfiles, { failureType }: HeadWeights, probabilities: Float64Array): Float32Array {
  const row = Float32Array.from(takenFor, (type) => probabilities[failureType.types.indexOf(type)] ?? 0);
  return Float32Array.from({ length: rows.length / Math.max(1, row.length) }, (_, k) => {
    const hint = Math.log(Math.max(1e-9, dot(rows, k, row) * row.length));
    return Math.max(-MOST_HINT, Math.min(MOST_HINT, hint));
  });
}

/** What the type head reads of a failing slice. */
export interface TypedSlice {
  /** Of `toTypeRow` or `adaptTypeRow`. */
  readonly row: Float32Array;
  /** Probabilities of the default head's types. */
  readonly byDefault: Float64Array;
  /** Share in states that pretraining knows, 0 to 1. */
  readonly familiarity: number;
  /** [S] */
  readonly membership: Float32Array;
}

/** [K + D + 1] probabilities of `answersOf`, and of none of them at the end; sum 1. */
export function typeProbabilitiesTuned(head: TunedTypes, defaults: HeadWeights, slice: TypedSlice): Float64Array {
  const weights = weightsIn(head.weights, slice.membership);
  const hints = toTypeHints(head.profiles, defaults, slice.byDefault);
  const { logits, hintWeight } = head.unlabelled;
  const known = Math.log(Math.max(LEAST_FAMILIARITY, slice.familiarity));
  const answers = Float64Array.of(
    ...head.types.map((_, k) => dot(weights, k, Float32Array.of(...slice.row, hints[k] ?? 0))),
    ...Array.from(logits, (logit, d) => logit + known + hintWeight * (hints[head.types.length + d] ?? 0)),
  );
  const largest = answers.reduce((most, logit) => Math.max(most, logit), -Infinity);
  const exponentials = answers.map((logit) => Math.exp(logit - largest));
  const sum = exponentials.reduce((total, value) => total + value, 0);
  // What is like no labelled failure is none of them; of what nobody labelled that says nothing.
  const novelty = noveltyOf(head, slice.row);
  const shares = exponentials.map((value) => value / sum);
  const labelled = shares.subarray(0, head.types.length).reduce((total, share) => total + share, 0);
  return Float64Array.of(
    ...shares.map((share, answer) => (answer < head.types.length ? (1 - novelty) * share : share)),
    novelty * labelled,
  );
}

/** Probability that a failure is of no labelled type. */
export function noveltyOf({ prototypes, types, novelBelow }: TunedTypes, row: Float32Array): number {
  const nearest = types.reduce((most, _, k) => Math.max(most, dot(prototypes, k, row)), -1);
  return 1 / (1 + Math.exp((nearest - novelBelow) / NOVELTY_WIDTH));
}

/**
 * What the root-cause head reads: [E, CAUSE_FEATURES].
 * @param scores [E] of the default ranking @param roots [E] log-probabilities by the embeddings @param contributions [E, FAMILY_COUNT]
 */
export function toCauseRows(scores: Float64Array, roots: Float64Array, contributions: Float64Array): Float32Array {
  const width = CAUSE_FEATURES.length;
  const rows = new Float32Array(scores.length * width);
  scores.forEach((score, entity) => {
    rows[entity * width] = Math.log(Math.max(score, LEAST_SCORE));
    rows[entity * width + 1] = (roots[entity] ?? 0) / -LEAST_LOG_PROBABILITY;
    for (let family = 0; family < FAMILY_COUNT; family++) {
      rows[entity * width + 2 + family] = Math.log1p(contributions[entity * FAMILY_COUNT + family] ?? 0);
    }
  });
  return rows;
}

/** What a tuned head ranks the causes of a range by. */
export interface RankedRange {
  /** [E] of the run. */
  readonly entities: readonly string[];
  /** [E] of the default ranking. */
  readonly scores: Float64Array;
  /** [E, CAUSE_FEATURES] of `toCauseRows`. */
  readonly rows: Float32Array;
  /** [S] of the range. */
  readonly membership: Float32Array;
}

/**
 * [E] scores as the tuned head ranks them, on the scale of the default ones: with its anchor weights and without a prior they stay as they
 * are; nothing makes a cause of what shows nothing unusual.
 * @param sharpness of the default head: probability ∝ score ** sharpness
 */
export function rescoreCauses(
  { weights, prior }: TunedCauses,
  { entities, scores, rows, membership }: RankedRange,
  sharpness: number,
): Float64Array {
  const applied = weightsIn(weights, membership);
  const before = logCausePrior(prior, entities);
  const width = CAUSE_FEATURES.length;
  return scores.map((score, entity) => {
    const logit = dot(applied, 0, rows.subarray(entity * width, (entity + 1) * width)) + prior.weight * (before[entity] ?? 0);
    return score > 0 ? Math.exp(logit / sharpness) : 0;
  });
}

/** Row `index` of a matrix as wide as `row`, times `row`. */
function dot(matrix: Float64Array | Float32Array, index: number, row: Float32Array): number {
  let sum = 0;
  for (let f = 0; f < row.length; f++) {
    sum += (matrix[index * row.length + f] ?? 0) * (row[f] ?? 0);
  }
  return sum;
}

function scaled(values: Float64Array | Float32Array, length: number): Float64Array {
  const copy = Float64Array.from(values);
  const norm = Math.sqrt(copy.reduce((sum, value) => sum + value * value, 0));
  return copy.map((value) => (norm > 0 ? (value * length) / norm : 0));
}
