/** The default detection head on the slices of a run: each by itself, then all together. Letters: S slices, D embedding. */
import type { WindowSet } from '../slices/windowSet.js';
import { subtractUsual } from './embeddingDeviation.js';
import { dot, toLogit, toProbability, type HeadWeights, type LinearDetector } from './headWeights.js';
import { sharesOfRun } from './pretrainedStates.js';
import { judgeInOrder } from './sliceChain.js';

export interface DetectedSlices {
  /** [S] probability of each to be abnormal, given all of them. */
  readonly anomaly: Float64Array;
  /** [S] the same by the slice alone. */
  readonly alone: Float64Array;
  /** [S] share of each in states that pretraining knows, 0 to 1. */
  readonly familiarity: Float64Array;
}

export interface DetectionInput {
  /** [S] of detection. */
  readonly features: readonly Float64Array[];
  /** [S, D] */
  readonly embeddings: Float32Array;
  /** [S] 1 for slices that usual is learned from. */
  readonly isReference: Uint8Array;
  readonly windows: Pick<WindowSet, 'starts' | 'lengthBins'>;
}

export function detectSlices(heads: HeadWeights, input: DetectionInput): DetectedSlices {
  const { chain } = heads.detection;
  const { alone, familiarity } = detectEach(heads, input);
  if (chain === undefined) {
    return { anomaly: alone, alone, familiarity };
  }
  const { starts, lengthBins } = input.windows;
  const follows = Array.from(starts, (start, slice) => slice > 0 && start <= (starts[slice - 1] ?? 0) + lengthBins);
  const anomaly = judgeInOrder(chain, alone.map(toLogit), follows, input.isReference).map(toProbability);
  return { anomaly, alone, familiarity };
}

function detectEach(
  { detection, pretrainedStates, dim }: HeadWeights,
  { features, embeddings, isReference }: DetectionInput,
): Pick<DetectedSlices, 'alone' | 'familiarity'> {
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

/** What the calibrated features of a slice say of it to be abnormal. */
export function logitOfFeatures({ weights, bias }: LinearDetector, features: Float64Array): number {
  return dot(weights, features) + bias;
}
