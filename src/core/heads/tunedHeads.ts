/**
 * Heads tuned from the labels of a workspace, and how detection and root causes are applied; failure types: tunedTypes.ts. Each is linear in
 * the same features as the default one, its weights depending on the state. Letters: P rows of weights, F features, S states, E entities.
 */
import type { Adapter } from '../adaptation/adapter.js';
import { FAMILY_COUNT, FEATURE_FAMILIES } from '../features/families.js';
import { logCausePrior, type CausePrior } from './causePrior.js';
import { dot, scaled, weightsIn, type ConditionedWeights } from './conditionedWeights.js';
import { DETECTION_FEATURES } from './headFeatures.js';
import { LEAST_LOG_PROBABILITY, toProbability } from './headWeights.js';
import { logStateOdds, type StateOdds } from './stateOdds.js';
import type { StateSpace } from './stateSpace.js';
import type { TunedTypes } from './tunedTypes.js';

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

/** Length of what the type head reads beside the features in what the detection head reads. */
const TYPE_SHARE = 16;
const LEAST_SCORE = 1e-6;

/** Names of what the root-cause head reads of each entity, in order. */
export const CAUSE_FEATURES: readonly string[] = [
  'log.score',
  'log.learned',
  ...FEATURE_FAMILIES.map((family) => `contribution.${family.id}`),
];

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
