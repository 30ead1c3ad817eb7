/** Labelled incidents made by hand, default heads that know little, and a trainer without ONNX. */
import { FAMILY_COUNT } from '../../../../src/core/features/families.js';
import { DETECTION_FEATURES, TYPE_FEATURES } from '../../../../src/core/heads/headFeatures.js';
import { findMisfit, type TrainHead, type TrainingOptions, type TrainingSet } from '../../../../src/core/heads/headTraining.js';
import type { HeadWeights } from '../../../../src/core/heads/headWeights.js';
import { toCauseRows } from '../../../../src/core/heads/tunedHeads.js';
import { toTypeRow } from '../../../../src/core/heads/tunedTypes.js';
import { Random } from '../../../../src/core/math/random.js';
import { NORMAL, type LabelledIncident } from '../../../../src/core/tuning/examples.js';

/** D of the embeddings here. */
export const DIM = 32;
export const ENTITIES = ['gateway', 'cart', 'payment'] as const;

/** Detection reads how unusual the first service is, types and causes read nothing of embeddings. */
export const defaults: HeadWeights = {
  version: 'test',
  provenance: 'by hand',
  encoder: 'none',
  dim: DIM,
  detection: {
    features: DETECTION_FEATURES,
    weights: DETECTION_FEATURES.map((name) => (name === 'fused.first' ? 1 : 0)),
    bias: -2,
    deviation: new Array<number>(DIM).fill(0),
    threshold: 0.5,
  },
  failureType: {
    features: TYPE_FEATURES,
    types: ['cpu', 'exception'],
    weights: [0, 1].map(() => TYPE_FEATURES.map(() => 0)),
    embedding: [0, 1].map(() => new Array<number>(DIM).fill(0)),
    bias: [0, 0],
    unknownBelow: 0.3,
  },
  rootCause: { embedding: new Array<number>(DIM).fill(0), trust: 1, sharpness: 2 },
};

export interface IncidentShape {
  readonly type: string;
  /** [DETECTION_FEATURES.length], the rest 0. */
  readonly detection?: readonly number[];
  /** Numbers of the embedding by place. */
  readonly embedding?: Readonly<Record<number, number>>;
  /** Service at fault. */
  readonly entity?: (typeof ENTITIES)[number];
  /** [E] of the default ranking. */
  readonly scores?: readonly number[];
  /** [E] of the first feature family. */
  readonly contributions?: readonly number[];
  /** Probabilities of the default head's types. */
  readonly defaultTypes?: readonly number[];
  readonly familiarity?: number;
  readonly slices?: number;
  readonly occasion?: number;
}

export function createIncident(shape: IncidentShape): LabelledIncident {
  const { type, detection = [], embedding = {}, entity = null, scores = [1, 1, 1], slices = 1, occasion } = shape;
  const { defaultTypes = [0.5, 0.5], familiarity = 0 } = shape;
  const features = new Float64Array(DETECTION_FEATURES.length);
  features.set(detection);
  const vector = new Float32Array(DIM);
  Object.entries(embedding).forEach(([place, value]) => {
    vector[Number(place)] = value;
  });
  const contributions = new Float64Array(ENTITIES.length * FAMILY_COUNT);
  shape.contributions?.forEach((value, i) => {
    contributions[i * FAMILY_COUNT] = value;
  });
  const slice = {
    detection: features,
    type: toTypeRow(new Float64Array(TYPE_FEATURES.length), vector),
    defaultTypes: Float64Array.of(...defaultTypes),
    familiarity,
    contributions,
    anomaly: 0.5,
  };
  const ranking = Float64Array.from(scores);
  return {
    type,
    entity,
    entities: ENTITIES,
    slices: Array.from({ length: slices }, () => slice),
    cause:
      entity === null || type === NORMAL
        ? null
        : {
            target: ENTITIES.indexOf(entity),
            rows: toCauseRows(ranking, new Float64Array(ENTITIES.length), contributions),
            scores: ranking,
            contributions,
          },
    defaultType: 'cpu',
    ...(occasion === undefined ? {} : { occasion }),
  };
}

export interface PlainTrainer {
  readonly train: TrainHead;
  /** What it was given, in order. */
  readonly sets: readonly TrainingSet[];
}

/** Adam on the base weights of the same loss as the engine's step graph; states add nothing, `basis` is drawn by the seed. */
export function createPlainTrainer(): PlainTrainer {
  const sets: TrainingSet[] = [];
  return {
    sets,
    train: (set, options) => {
      const misfit = findMisfit(set);
      if (misfit !== undefined) {
        return Promise.reject(new Error(misfit));
      }
      sets.push(set);
      return Promise.resolve(trainBase(set, options));
    },
  };
}

function trainBase(set: TrainingSet, { steps, learningRate, pull, rank, seed, signal, onStep }: TrainingOptions) {
  const { anchor, rows, features, states } = set;
  const base = Float64Array.from(anchor);
  const first = new Float64Array(base.length);
  const second = new Float64Array(base.length);
  const losses: number[] = [];
  for (let step = 1; step <= steps; step++) {
    signal.throwIfAborted();
    const { loss, gradient } = differentiate(set, base);
    losses.push(loss);
    onStep?.(step, loss);
    gradient.forEach((slope, i) => {
      const g = slope + pull * ((base[i] ?? 0) - (anchor[i] ?? 0));
      const [m, v] = [0.9 * (first[i] ?? 0) + 0.1 * g, 0.999 * (second[i] ?? 0) + 0.001 * g * g];
      [first[i], second[i]] = [m, v];
      base[i] = (base[i] ?? 0) - (learningRate * m) / (1 - 0.9 ** step) / (Math.sqrt(v / (1 - 0.999 ** step)) + 1e-8);
    });
  }
  const random = new Random(seed, 'head basis');
  return {
    base: Float32Array.from(base),
    mix: new Float32Array(states * rank),
    basis: Float32Array.from({ length: rank * rows * features }, () => random.normal() * 0.02),
    losses,
  };
}

/** Weighted mean cross-entropy and its slope [P, F]. */
function differentiate(set: TrainingSet, base: Float64Array): { loss: number; gradient: Float64Array } {
  const { examples, candidates, features, rows } = set;
  const gradient = new Float64Array(base.length);
  const total = set.weight.reduce((sum, weight) => sum + weight, 0);
  let loss = 0;
  for (let n = 0; n < examples; n++) {
    const rowOf = Array.from({ length: candidates }, (_, c) => set.tie.subarray(c * rows, (c + 1) * rows).indexOf(1));
    const xOf = (c: number): Float32Array => set.x.subarray((n * candidates + c) * features, (n * candidates + c + 1) * features);
    const logits = rowOf.map((row, c) =>
      xOf(c).reduce((sum, value, f) => sum + value * (base[row * features + f] ?? 0), set.offset[n * candidates + c] ?? 0),
    );
    const largest = Math.max(...logits);
    const sum = logits.reduce((all, logit) => all + Math.exp(logit - largest), 0);
    const share = (set.weight[n] ?? 0) / total;
    const target = set.target[n] ?? 0;
    loss += share * (largest + Math.log(sum) - (logits[target] ?? 0));
    logits.forEach((logit, c) => {
      const error = share * (Math.exp(logit - largest) / sum - (c === target ? 1 : 0));
      xOf(c).forEach((value, f) => {
        const at = (rowOf[c] ?? 0) * features + f;
        gradient[at] = (gradient[at] ?? 0) + error * value;
      });
    });
  }
  return { loss, gradient };
}
