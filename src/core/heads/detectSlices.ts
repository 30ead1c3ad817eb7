/** Detection on the slices of a run: each by itself, by the default head, then all together. Letters: S slices, D embedding. */
import type { WindowSet } from '../slices/windowSet.js';
import { subtractUsual } from './embeddingDeviation.js';
import { dot, toLogit, toProbability, type HeadWeights, type LinearDetector } from './headWeights.js';
import { sharesOfRun } from './pretrainedStates.js';
import { judgeInOrder } from './sliceChain.js';

export interface DetectedSlices {
  /** [S] probability of each to be abnormal, by the slice alone. */
  readonly alone: Float64Array;
  /** [S] share of each in states that pretraining knows, 0 to 1. */
  readonly familiarity: Float64Array;
}

/**
 * @param features [S] of detection
 * @param embeddings [S, D]
 * @param isReference [S] 1 for slices that usual is learned from
 */
export function detectSlices(
  { detection, pretrainedStates, dim }: HeadWeights,
  features: readonly Float64Array[],
  embeddings: Float32Array,
  isReference: Uint8Array,
): DetectedSlices {
  const deviations = subtractUsual(embeddings, dim, isReference);
  const byState = pretrainedStates === undefined ? [] : (detection.byState ?? []);
  const alone = new Float64Array(features.length);
  const familiarity = new Float64Array(features.length);
  const sharesOf = pretrainedStates === undefined ? [] : sharesOfRun(pretrainedStates, embeddings, dim);
  const ofNone = Float64Array.of(...byState.map(() => 0), 1);
  for (const [slice, row] of features.entries()) {
    const deviation = deviations.subarray(slice * dim, (slice + 1) * dim);
    const embedding = embeddings.subarray(slice * dim, (slice + 1) * dim);
    const logitOf = (detector: LinearDetector): number => logitOfFeatures(detector, row) + dot(detector.deviation ?? [], deviation);
    const logits = [...byState.map((detector) => logitOf(detector) + dot(detector.embedding, embedding)), logitOf(detection)];
    const shares = sharesOf[slice] ?? ofNone;
    alone[slice] = toProbability(dot(logits, shares));
    familiarity[slice] = 1 - (shares[byState.length] ?? 1);
  }
  return { alone, familiarity };
}

/**
 * [S] probability of each slice to be abnormal, given all of them; by heads that an earlier version stored, as by the slice alone.
 * @param alone [S] of each by itself
 */
export function judgeTogether(
  { detection: { chain } }: HeadWeights,
  alone: Float64Array,
  { starts, lengthBins }: Pick<WindowSet, 'starts' | 'lengthBins'>,
  isReference: Uint8Array,
): Float64Array {
  if (chain === undefined) {
    return alone.slice();
  }
  const follows = Array.from(starts, (start, slice) => slice > 0 && start <= (starts[slice - 1] ?? 0) + lengthBins);
  return judgeInOrder(chain, alone.map(toLogit), follows, isReference).map(toProbability);
}

/** What the calibrated features of a slice say of it to be abnormal. */
export function logitOfFeatures({ weights, bias }: LinearDetector, features: Float64Array): number {
  return dot(weights, features) + bias;
}
