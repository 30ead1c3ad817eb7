/** Tuned heads of small numbers, as one file. */
import { FAMILY_COUNT } from '../../../../src/core/features/families.js';
import { TYPE_FEATURES } from '../../../../src/core/heads/headFeatures.js';
import type { ConditionedWeights } from '../../../../src/core/heads/conditionedWeights.js';
import { CAUSE_FEATURES, TUNED_DETECTION_FEATURES } from '../../../../src/core/heads/tunedHeads.js';
import type { HeadFile } from '../../../../src/engine/tuning/headFile.js';
import type { TunedHeadView } from '../../../../src/protocol/views.js';

const STATES = 2;

/** Numbers that tell a mix-up. */
function count(length: number, from: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => from + i / 1024);
}

function createWeights(rows: number, features: number, rank: number, from: number): ConditionedWeights {
  return {
    rows,
    features,
    rank,
    base: count(rows * features, from),
    mix: count(STATES * rank, from + 1),
    basis: count(rank * rows * features, from + 2),
  };
}

const score: TunedHeadView = {
  head: 'detection',
  measure: 'AUROC',
  incidents: 9,
  tuned: { score: 0.9, low: 0.8, high: 1 },
  current: { score: 0.8, low: 0.7, high: 0.9 },
  baseline: { name: 'the same for every slice', score: 0.5, low: 0.5, high: 0.5 },
  lossCurve: [0.6, 0.5],
  isUsed: true,
  reason: 'At least as good.',
};

export function createHeadFile(version = 'v1', encoder = 'ab'.repeat(32)): HeadFile {
  const width = TYPE_FEATURES.length + 4;
  return {
    heads: {
      version,
      encoder,
      states: { entities: ['cart', 'payment', 'größe'], names: ['slow', 'fails'], centroids: count(STATES * 3 * FAMILY_COUNT, 0) },
      detection: {
        weights: createWeights(1, TUNED_DETECTION_FEATURES.length + width, 1, 10),
        odds: { failing: count(STATES, 60), normal: count(STATES, 61), weight: 0.5 },
      },
      failureType: {
        types: ['cpu', 'memory leak'],
        weights: createWeights(2, width + 1, 2, 20),
        prototypes: count(2 * width, 30),
        novelBelow: 0.625,
        profiles: { takenFor: ['exception', 'größer', 'cpu'], rows: count(4 * 3, 90) },
        unlabelled: { types: ['exception', 'größer'], logits: count(2, 80), hintWeight: 0.7 },
        trust: 0.375,
        sharpness: 1.4,
      },
      rootCause: {
        weights: createWeights(1, CAUSE_FEATURES.length, 1, 40),
        prior: { services: ['cart', 'größe'], counts: count(2, 70), weight: 0.25 },
      },
      adapter: { dim: 4, rank: 2, down: count(8, 50), up: count(8, 51), bias: count(4, 52) },
    },
    notes: {
      version,
      createdNs: '1773147600000000000',
      heads: ['encoder', 'detection', 'failure-type', 'root-cause'],
      labels: 9,
      dataHash: 'cd'.repeat(32),
      scores: [score],
    },
  };
}
