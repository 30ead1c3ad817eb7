/** Weights of the default heads, as models/encoder/heads.json holds them, and how they are applied. */
import { DETECTION_FEATURES, TYPE_FEATURES } from './headFeatures.js';

export interface HeadWeights {
  readonly version: string;
  /** What they were trained and measured on, in words. */
  readonly provenance: string;
  /** p = sigmoid(w · x + b). */
  readonly detection: {
    readonly features: readonly string[];
    readonly weights: readonly number[];
    readonly bias: number;
    readonly threshold: number;
  };
  /** p = softmax(W · x + b), rows in the order of `types`. */
  readonly failureType: {
    readonly features: readonly string[];
    readonly types: readonly string[];
    readonly weights: readonly (readonly number[])[];
    readonly bias: readonly number[];
    /** Below this largest probability the type is called `unknown`. */
    readonly unknownBelow: number;
  };
  /** p ∝ score^sharpness over the entities. */
  readonly rootCause: { readonly sharpness: number };
}

/** @throws Error that names the first thing that is wrong; nothing of the file is used then. */
export function parseHeadWeights(json: unknown): HeadWeights {
  const heads = json as HeadWeights;
  expectNames('detection', heads.detection.features, DETECTION_FEATURES);
  expectNames('failureType', heads.failureType.features, TYPE_FEATURES);
  expectLength('detection weights', heads.detection.weights.length, DETECTION_FEATURES.length);
  expectLength('failure types', heads.failureType.weights.length, heads.failureType.types.length);
  expectLength('failure-type biases', heads.failureType.bias.length, heads.failureType.types.length);
  for (const row of heads.failureType.weights) {
    expectLength('failure-type weights', row.length, TYPE_FEATURES.length);
  }
  const { detection, failureType } = heads;
  const numbers = [
    ...detection.weights,
    detection.bias,
    detection.threshold,
    ...failureType.weights.flat(),
    ...failureType.bias,
    failureType.unknownBelow,
    heads.rootCause.sharpness,
  ];
  if (numbers.some((value) => !Number.isFinite(value))) {
    throw new Error('head weights hold a value that is not a finite number');
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

/** Probability that a slice with these detection features is abnormal. */
export function detect(heads: HeadWeights, features: Float64Array): number {
  return 1 / (1 + Math.exp(-dot(heads.detection.weights, features) - heads.detection.bias));
}

/** Types by falling probability; `unknown` leads when no type is likely enough. */
export function classifyFailure(heads: HeadWeights, features: Float64Array): { type: string; p: number }[] {
  const { types, weights, bias, unknownBelow } = heads.failureType;
  const logits = weights.map((row, i) => dot(row, features) + (bias[i] ?? 0));
  const largest = Math.max(...logits);
  const exponentials = logits.map((logit) => Math.exp(logit - largest));
  // The largest logit contributes 1, so the sum is at least 1.
  const sum = exponentials.reduce((total, value) => total + value, 0);
  const ranked = types.map((type, i) => ({ type, p: (exponentials[i] ?? 0) / sum })).sort((a, b) => b.p - a.p);
  const best = ranked[0]?.p ?? 0;
  if (best < unknownBelow) {
    return [{ type: 'unknown', p: 1 - best }, ...ranked.map(({ type, p }) => ({ type, p: p * best }))];
  }
  return ranked;
}

/** Probability of each entity to be the root cause, given that there is one. All 0 when no entity scores. */
export function rootCauseProbabilities(heads: HeadWeights, scores: Float64Array): Float64Array {
  const powered = scores.map((score) => Math.max(0, score) ** heads.rootCause.sharpness);
  const sum = powered.reduce((total, value) => total + value, 0);
  return sum > 0 ? powered.map((value) => value / sum) : powered;
}

function dot(weights: readonly number[], features: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) {
    sum += (weights[i] ?? 0) * (features[i] ?? 0);
  }
  return sum;
}
