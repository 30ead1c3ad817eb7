/** Weights of the default heads, as models/encoder/heads.json holds them, and how types and causes are told by them; detection: detectSlices.ts. */
import { DETECTION_FEATURES, TYPE_FEATURES } from './headFeatures.js';
import type { PretrainedStates } from './pretrainedStates.js';
import type { SliceChain } from './sliceChain.js';

export interface HeadWeights {
  readonly version: string;
  /** What they were trained and measured on, in words. */
  readonly provenance: string;
  /** SHA-256 of the slice encoder whose embeddings they read, and the D of those. */
  readonly encoder: string;
  readonly dim: number;
  /** What detection and causes depend on; runs that an earlier version stored have none. */
  readonly pretrainedStates?: PretrainedStates;
  /**
   * p = sigmoid(Σ_k share_k (w_k · features + u_k · deviation + v_k · embedding + b_k)) over the states that pretraining knows and, last,
   * none of them. In none embeddings are read only as they differ from what is usual in their run (`subtractUsual`): a head on embeddings
   * as they are gives 112 false alarms an hour on the OnlineBoutique day (`quality.ts --only detection`).
   */
  readonly detection: LinearDetector & {
    readonly features: readonly string[];
    /** [K] of `pretrainedStates`. */
    readonly byState?: readonly StateDetector[];
    /** What slices say together; heads that an earlier version stored have none: each speaks for itself. */
    readonly chain?: SliceChain;
    readonly threshold: number;
  };
  /** p = softmax(W · features + V · embedding + b), rows in the order of `types`. */
  readonly failureType: {
    readonly features: readonly string[];
    readonly types: readonly string[];
    readonly weights: readonly (readonly number[])[];
    /** [types, D] */
    readonly embedding: readonly (readonly number[])[];
    readonly bias: readonly number[];
    /** Below this largest probability the type is called `unknown`. */
    readonly unknownBelow: number;
  };
  /**
   * score^pool = (1 - trust) · rule^pool + trust · q · Σ rule^pool, q = softmax(v · entity embedding) over the entities with telemetry;
   * p ∝ score^sharpness. Weighing like opinions (a linear pool), each is followed where it is sure.
   */
  readonly rootCause: {
    /** [D] v */
    readonly embedding: readonly number[];
    /** 0: the label-free rule alone; 1: the learned q alone. */
    readonly trust: number;
    /** The same in states that pretraining knows; runs that an earlier version stored have none: as everywhere. */
    readonly trustKnown?: number;
    /** Runs that an earlier version stored have none: score = rule · q^trust. */
    readonly pool?: number;
    readonly sharpness: number;
  };
}

export interface LinearDetector {
  /** w, of the features. */
  readonly weights: readonly number[];
  readonly bias: number;
  /** [D] u; runs that an earlier version stored have none. */
  readonly deviation?: readonly number[];
}

export interface StateDetector extends LinearDetector {
  /** [D] v */
  readonly embedding: readonly number[];
}

/** An entity without telemetry in a slice is not impossible as its cause: it may be the dead one. */
export const LEAST_LOG_PROBABILITY = -30;

/** @throws Error that names the first thing that is wrong; nothing of the file is used then. */
export function parseHeadWeights(json: unknown): HeadWeights {
  const heads = json as HeadWeights;
  expectNames('detection', heads.detection.features, DETECTION_FEATURES);
  expectNames('failureType', heads.failureType.features, TYPE_FEATURES);
  const byState = heads.detection.byState ?? [];
  const detectors = [heads.detection, ...byState];
  for (const { weights, deviation } of detectors) {
    expectLength('detection weights', weights.length, DETECTION_FEATURES.length);
    expectLength('detection weights of how the embedding differs', deviation?.length ?? 0, heads.dim);
  }
  for (const { embedding } of byState) {
    expectLength('detection weights of the embedding', embedding.length, heads.dim);
  }
  const centres = heads.pretrainedStates?.centres ?? [];
  expectLength('detection weights by state', byState.length, centres.length);
  for (const centre of centres) {
    expectLength('centre of a state', centre.length, heads.dim);
  }
  expectLength('failure types', heads.failureType.weights.length, heads.failureType.types.length);
  expectLength('failure-type biases', heads.failureType.bias.length, heads.failureType.types.length);
  for (const row of heads.failureType.weights) {
    expectLength('failure-type weights', row.length, TYPE_FEATURES.length);
  }
  const { detection, failureType } = heads;
  expectLength('root-cause weights of the embedding', heads.rootCause.embedding.length, heads.dim);
  expectLength('failure types of the embedding', failureType.embedding.length, failureType.types.length);
  for (const row of failureType.embedding) {
    expectLength('failure-type weights of the embedding', row.length, heads.dim);
  }
  const numbers = [
    ...centres.flat(),
    heads.pretrainedStates?.width ?? NaN,
    heads.pretrainedStates?.reach ?? NaN,
    heads.pretrainedStates?.usualShare ?? NaN,
    ...byState.flatMap(({ embedding }) => embedding),
    ...detectors.flatMap(({ weights, bias, deviation }) => [...weights, bias, ...(deviation ?? [])]),
    detection.threshold,
    detection.chain?.scale ?? NaN,
    detection.chain?.calm ?? NaN,
    detection.chain?.bias ?? NaN,
    detection.chain?.stay ?? NaN,
    ...failureType.weights.flat(),
    ...failureType.embedding.flat(),
    ...failureType.bias,
    failureType.unknownBelow,
    heads.rootCause.sharpness,
    heads.rootCause.trust,
    heads.rootCause.trustKnown ?? NaN,
    heads.rootCause.pool ?? NaN,
    ...heads.rootCause.embedding,
  ];
  if (numbers.some((value) => !Number.isFinite(value))) {
    throw new Error('head weights hold a value that is not a finite number');
  }
  if ((heads.pretrainedStates?.usualShare ?? 0) <= 0) {
    throw new Error('usual share of states that pretraining knows: a number above 0 expected');
  }
  return heads;
}

function expectNames(head: string, found: readonly string[], expected: readonly string[]): void {
  if (found.length !== expected.length || found.some((name, i) => name !== expected[i])) {
    throw new Error(`${head} head was trained on features [${found.join(', ')}], this version has [${expected.join(', ')}]`);
  }
}

function expectLength(what: string, found: number, expected: number): void {
  if (found !== expected) {
    throw new Error(`${what}: ${found} in the file, ${expected} expected`);
  }
}

export function toProbability(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

/** Finite: a head that is sure is no surer than `MOST_LOGIT`. */
export function toLogit(probability: number): number {
  return Math.max(-MOST_LOGIT, Math.min(MOST_LOGIT, Math.log(probability / (1 - probability))));
}

const MOST_LOGIT = 12;

/** [types] probabilities of a failing slice. @param features of failure types @param embedding [D] of the slice */
export function typeProbabilities({ failureType }: HeadWeights, features: Float64Array, embedding: Float32Array): Float64Array {
  const { weights, bias } = failureType;
  const logits = Float64Array.from(
    weights,
    (row, i) => dot(row, features) + dot(failureType.embedding[i] ?? [], embedding) + (bias[i] ?? 0),
  );
  const largest = Math.max(...logits);
  const exponentials = logits.map((logit) => Math.exp(logit - largest));
  // The largest logit contributes 1, so the sum is at least 1.
  const sum = exponentials.reduce((total, value) => total + value, 0);
  return exponentials.map((value) => value / sum);
}

/** Types by falling probability; `unknown` leads when no type is likely enough. @param probabilities [types], sum 1 */
export function rankTypes({ failureType }: HeadWeights, probabilities: Float64Array): { type: string; p: number }[] {
  const { types, unknownBelow } = failureType;
  const ranked = types.map((type, i) => ({ type, p: probabilities[i] ?? 0 })).sort((a, b) => b.p - a.p);
  const best = ranked[0]?.p ?? 0;
  if (best < unknownBelow) {
    return [{ type: 'unknown', p: 1 - best }, ...ranked.map(({ type, p }) => ({ type, p: p * best }))];
  }
  return ranked;
}

/**
 * What the entities' embeddings say of the cause: [E] log-probabilities, `LEAST_LOG_PROBABILITY` where an entity has no telemetry.
 * @param embeddings [E, D], zero rows where there is no telemetry
 */
export function rootLogProbabilities({ rootCause }: HeadWeights, embeddings: Float32Array): Float32Array {
  const dim = rootCause.embedding.length;
  const logits = Float64Array.from({ length: embeddings.length / dim }, (_, entity) => {
    const row = embeddings.subarray(entity * dim, (entity + 1) * dim);
    return row.some((value) => value !== 0) ? dot(rootCause.embedding, row) : -Infinity;
  });
  const largest = logits.reduce((most, logit) => Math.max(most, logit), -Infinity);
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - largest), 0);
  return Float32Array.from(logits, (logit) =>
    logit === -Infinity ? LEAST_LOG_PROBABILITY : Math.max(LEAST_LOG_PROBABILITY, logit - largest - Math.log(sum)),
  );
}

/** Probability of each entity to be the root cause, given that there is one. All 0 when no entity scores. */
export function rootCauseProbabilities(heads: HeadWeights, scores: Float64Array): Float64Array {
  const powered = scores.map((score) => Math.max(0, score) ** heads.rootCause.sharpness);
  const sum = powered.reduce((total, value) => total + value, 0);
  return sum > 0 ? powered.map((value) => value / sum) : powered;
}

export function dot(weights: readonly number[], features: Float64Array | Float32Array): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) {
    sum += (weights[i] ?? 0) * (features[i] ?? 0);
  }
  return sum;
}
