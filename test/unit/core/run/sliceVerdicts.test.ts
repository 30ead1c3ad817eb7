import { describe, expect, test } from 'vitest';
import type { TelemetryBins } from '../../../../src/core/aggregate/telemetryBins.js';
import { FAMILY_COUNT, familyIndex } from '../../../../src/core/features/families.js';
import { judgeTogether } from '../../../../src/core/heads/detectSlices.js';
import { DETECTION_FEATURES, TYPE_FEATURES } from '../../../../src/core/heads/headFeatures.js';
import { LEAST_LOG_PROBABILITY, rootLogProbabilities, type HeadWeights } from '../../../../src/core/heads/headWeights.js';
import { EMPTY_SPACE } from '../../../../src/core/heads/stateSpace.js';
import { TUNED_DETECTION_FEATURES, type TunedHeads } from '../../../../src/core/heads/tunedHeads.js';
import { judgeRange, judgeSlices, type SliceVerdicts } from '../../../../src/core/run/sliceVerdicts.js';
import { toWindowSet } from '../../../../src/core/slices/windowSet.js';
import type { SliceEmbeddings } from '../../../../src/core/tokens/sliceTensors.js';
import { createBins } from '../builders.js';
import { withoutDeviation } from './earlierHeads.js';

/** Slices of 4 bins every 2 bins, two types. */
const LENGTH = 4;
const verdicts: SliceVerdicts = {
  starts: Uint32Array.of(0, 2, 4, 20),
  anomaly: Float64Array.of(0.1, 0.9, 0.2, 0.4),
  types: Float64Array.of(1, 0, 0.25, 0.75, 1, 0, 0, 1),
  roots: Float32Array.of(-1, -2, -4, -8, -1, -2, -16, -32),
  familiarity: Float64Array.of(0, 1, 0.5, 0),
};
const judge = (from: number, to: number): { anomaly: number; alone: number; types: number[]; roots: number[]; familiarity: number } => {
  const { types, roots, ...verdict } = judgeRange(verdicts, LENGTH, from, to);
  return { ...verdict, types: Array.from(types), roots: Array.from(roots) };
};

describe('a range is told from its slices', () => {
  test('as abnormal as the worst slice that shares half of it', () => {
    expect(judge(0, 10).anomaly).toBe(0.9);
    expect(judge(0, 4).anomaly).toBe(0.9);
    expect(judge(6, 10).anomaly).toBe(0.2);
    // One bin alone lies wholly in slices 2 and 4.
    expect(judge(5, 6).anomaly).toBe(0.9);
  });

  test('where none shares half, as the one that shares most; where none overlaps, not abnormal', () => {
    expect(judge(17, 21)).toMatchObject({ anomaly: 0.4 });
    expect(judge(10, 20).anomaly).toBe(0);
    expect(judge(10, 20)).toMatchObject({ types: [0.5, 0.5], roots: [] });
  });

  test('types, causes and how familiar it is by overlap and probability', () => {
    const { types, roots, familiarity } = judge(4, 6);
    expect(familiarity).toBeCloseTo((0.9 + 0.2 * 0.5) / 1.1, 12);
    expect(roots[1]).toBeCloseTo((0.9 * -8 + 0.2 * -2) / 1.1, 6);
    // Slice 2 shares 2 bins at .9, slice 4 shares 2 at .2.
    expect(types[1]).toBeCloseTo((2 * 0.9 * 0.75) / (2 * 0.9 + 2 * 0.2), 12);
    expect((types[0] ?? 0) + (types[1] ?? 0)).toBeCloseTo(1, 12);
  });

  test('by what each slice says alone, where the whole run says something else', () => {
    const { anomaly, alone, types } = judgeRange({ ...verdicts, alone: Float64Array.of(0, 0.3, 0.6, 0) }, LENGTH, 4, 6);
    expect(types[1]).toBeCloseTo((0.3 * 0.75) / 0.9, 12);
    expect([anomaly, alone]).toEqual([0.9, 0.6]);
    expect(judgeRange({ ...verdicts, alone: Float64Array.of(0, 0, 0, 0.1) }, LENGTH, 17, 21)).toMatchObject({ anomaly: 0.4, alone: 0.1 });
  });

  test('a run without slices', () => {
    const none = { starts: new Uint32Array(0), anomaly: new Float64Array(0), types: new Float64Array(0), roots: new Float32Array(0) };
    expect(judgeRange(none, LENGTH, 0, 4)).toEqual({
      anomaly: 0,
      alone: 0,
      types: new Float64Array(0),
      roots: new Float64Array(0),
      familiarity: 0,
    });
  });
});

/** Detection reads the share of unusual entities, types the first number of the embedding, causes the second. */
const heads: HeadWeights = {
  version: 'test',
  provenance: 'by hand',
  encoder: 'none',
  dim: 2,
  detection: {
    features: DETECTION_FEATURES,
    weights: DETECTION_FEATURES.map((name) => (name === 'share.entities' ? 1 : 0)),
    bias: 0,
    deviation: [0, 0],
    threshold: 0.5,
  },
  failureType: {
    features: TYPE_FEATURES,
    types: ['a', 'b'],
    weights: [TYPE_FEATURES.map(() => 0), TYPE_FEATURES.map(() => 0)],
    embedding: [
      [1, 0],
      [0, 0],
    ],
    bias: [0, 0],
    unknownBelow: 0,
  },
  rootCause: { embedding: [0, 1], trust: 0.5, sharpness: 1 },
};

const SLOW = familyIndex('metric-latency');

describe('slices', () => {
  const starts = Uint32Array.of(0, 2, 4, 20);
  const scores = Array.from(starts, () => new Float32Array(FAMILY_COUNT));
  const scan = {
    windows: toWindowSet(starts, LENGTH, 2),
    isReference: Uint8Array.of(1, 1, 1, 1),
    familyScores: scores,
    signedScores: scores,
  };
  /** Two entities in each slice: the second has the slice's own embedding, the first none. */
  const embed = (rows: Float32Array): SliceEmbeddings => ({
    dim: 2,
    slices: rows,
    modalities: new Float32Array(rows.length * 3),
    entities: Array.from(starts, (_, slice) => Float32Array.of(0, 0, rows[2 * slice] ?? 0, rows[2 * slice + 1] ?? 0)),
  });
  const bins = { edges: [], calls: createBins([]).calls, entities: ['front', 'back'] };
  const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

  test('each slice by its own scores and embedding', () => {
    const unusual = scores.map((row, slice) => (slice === 1 ? row.map(() => 5) : row));
    const { anomaly, types } = judgeSlices(
      { ...scan, familyScores: unusual, signedScores: unusual },
      bins,
      embed(Float32Array.of(2, 0, 0, 3, 0, 6, 0, 9)),
      heads,
    );
    expect(Array.from(anomaly)).toEqual([0.5, sigmoid(1), 0.5, 0.5]);
    expect(types[0]).toBeCloseTo(sigmoid(2), 12);
    expect(types[2]).toBeCloseTo(0.5, 12);
  });

  test('calls that only metrics tell of explain causes, and not what detection reads', () => {
    // Both are as slow: what the back does explains the front, where the front calls it.
    const slow = scores.map(() => Float32Array.from({ length: 2 * FAMILY_COUNT }, (_, i) => (i % FAMILY_COUNT === SLOW ? 5 : 0)));
    const front = (edges: TelemetryBins['edges'], calls: TelemetryBins['calls']): readonly (number | undefined)[] => {
      const told = { ...scan, familyScores: slow, signedScores: slow };
      const { features, causes } = judgeSlices(told, { ...bins, edges, calls }, embed(new Float32Array(8)), heads);
      return [causes[0]?.[0], features[0]?.detection[DETECTION_FEATURES.indexOf('fused.second')]];
    };
    const edges = [{ caller: 0, callee: 1 }];
    const [alone, told, traced] = [
      front([], bins.calls),
      front(edges, { ...bins.calls, offsets: Uint32Array.of(0, 0) }),
      front(edges, { ...bins.calls, offsets: Uint32Array.of(0, 1) }),
    ];
    expect(told[0]).toBe(traced[0]);
    expect(told[0]).toBeLessThan(alone[0] ?? 0);
    expect(told[1]).toBe(alone[1]);
    expect(traced[1]).toBeLessThan(alone[1] ?? 0);
  });

  test('each slice given the others, where the heads have a chain', () => {
    const chain = { scale: 1, calm: 0, bias: 0, stay: 2 };
    const unusual = scores.map((row, slice) => (slice === 0 || slice === 2 ? row.map(() => 5) : row));
    const { anomaly, alone } = judgeSlices({ ...scan, familyScores: unusual, signedScores: unusual }, bins, embed(new Float32Array(8)), {
      ...heads,
      detection: { ...heads.detection, weights: heads.detection.weights.map((weight) => 4 * weight), bias: -2, chain },
    });
    expect(Array.from(alone)).toEqual([sigmoid(2), sigmoid(-2), sigmoid(2), sigmoid(-2)]);
    // Between two that are abnormal; and beside a hole in time, on whose other side nothing is known.
    expect(anomaly[1]).toBeGreaterThan(sigmoid(-1));
    expect(anomaly[3]).toBeCloseTo(sigmoid(-2 - 2), 12);
    expect(anomaly[2]).toBeLessThan(anomaly[0] ?? 0);
  });

  test('a tuned head takes the place of what each slice says, and these are judged together as well', () => {
    const chain = { scale: 1, calm: 0, bias: 0, stay: 2 };
    const features = TUNED_DETECTION_FEATURES.length + TYPE_FEATURES.length + 2;
    const base = new Float32Array(features);
    // Twice the default head's logit, and the first number of the embedding, of which a sixteenth is read.
    base[0] = 2;
    base[TUNED_DETECTION_FEATURES.length + TYPE_FEATURES.length] = 16;
    const weights = { rows: 1, features, rank: 0, base, mix: new Float32Array(0), basis: new Float32Array(0) };
    const odds = { failing: new Float32Array(0), normal: new Float32Array(0), weight: 0 };
    const tuned: TunedHeads = {
      version: 'test',
      encoder: 'none',
      states: EMPTY_SPACE,
      detection: { weights, odds },
      failureType: null,
      rootCause: null,
    };
    const some = { ...heads, detection: { ...heads.detection, bias: 0.5, chain } };
    const { anomaly, alone } = judgeSlices(scan, bins, embed(Float32Array.of(0, 0, 3, 0, 0, 0, 0, 0)), some, tuned);
    const logits = Array.from(alone, (p) => Number(Math.log(p / (1 - p)).toFixed(6)));
    const step = (logits[1] ?? 0) - 1;
    expect(step).toBeGreaterThan(0.1);
    expect(logits).toEqual([1, 1 + step, 1, 1]);
    expect(Array.from(anomaly)).toEqual(Array.from(judgeTogether(some, alone, scan.windows, scan.isReference)));
    expect(anomaly[0]).toBeGreaterThan(alone[0] ?? 1);
  });

  describe('detection by the embedding', () => {
    const reading = (deviation: number[]): HeadWeights => ({ ...heads, detection: { ...heads.detection, deviation } });
    const rows = embed(Float32Array.of(5, 1, 5, 1, 5, 1, 6, 1));
    const logits = (some: HeadWeights, isReference = scan.isReference): number[] =>
      Array.from(judgeSlices({ ...scan, isReference }, bins, rows, some).anomaly, (p) => Math.round(100 * Math.log(p / (1 - p))) / 100);

    test('reads how it differs from what is usual in the run', () => {
      expect(logits(reading([2, 9]))).toEqual([0, 0, 0, 2]);
    });

    test('reads how it differs from the time that was chosen as usual', () => {
      expect(logits(reading([2, 9]), Uint8Array.of(0, 0, 0, 1))).toEqual([-2, -2, -2, 0]);
    });

    test('has weights of its own in each state that pretraining knows, by share', () => {
      const none = { weights: heads.detection.weights, bias: 0, deviation: [0, 0] };
      const some: HeadWeights = {
        ...heads,
        // The last slice lies 1 from where the others do, and from a state that is not there.
        pretrainedStates: { centres: [[5, 1]], width: 0.01, reach: 0.5 },
        detection: { ...heads.detection, bias: 3, deviation: [1, 0], byState: [{ ...none, embedding: [-1, 1], bias: -2 }] },
      };
      expect(logits(some)).toEqual([-6, -6, -6, 4]);
      const near = { ...some, pretrainedStates: { centres: [[5, 1]], width: 0.01, reach: 1 } };
      expect(logits(near)[3]).toBe((4 - 7) / 2);
      expect(Array.from(judgeSlices(scan, bins, rows, some).familiarity, (share) => Math.round(100 * share))).toEqual([100, 100, 100, 0]);
    });

    test('heads that an earlier version stored with a run do not', () => {
      const detection = withoutDeviation(heads);
      const unusual = scores.map((row, slice) => (slice === 1 ? row.map(() => 5) : row));
      const { anomaly } = judgeSlices({ ...scan, familyScores: unusual, signedScores: unusual }, bins, rows, { ...heads, detection });
      expect(Array.from(anomaly)).toEqual([0.5, sigmoid(1), 0.5, 0.5]);
    });
  });

  test('the type is told from what the likely cause shows, by the rule and by the embeddings', () => {
    // Both show the same family, the front more of it: the rule says front, the embeddings say back.
    const above = Float32Array.from({ length: 2 * FAMILY_COUNT }, (_, i) => (i % FAMILY_COUNT === 0 ? (i === 0 ? 9 : -8) : 0));
    const shown = { familyScores: scores.map(() => above.map(Math.abs)), signedScores: scores.map(() => above) };
    const weights = [TYPE_FEATURES.map((name) => (name.startsWith('below.') ? 9 : 0)), TYPE_FEATURES.map(() => 0)];
    const typeOf = (trust: number): number => {
      const some: HeadWeights = {
        ...heads,
        failureType: {
          ...heads.failureType,
          weights,
          embedding: [
            [0, 0],
            [0, 0],
          ],
        },
        rootCause: { embedding: [0, 9], trust, pool: 2, sharpness: 1 },
      };
      return judgeSlices({ ...scan, ...shown }, bins, embed(Float32Array.of(0, 1, 0, 1, 0, 1, 0, 1)), some).types[0] ?? 0;
    };
    expect(typeOf(0)).toBeCloseTo(0.5, 6);
    expect(typeOf(0.9)).toBeCloseTo(sigmoid(9), 6);
  });

  test('an entity without telemetry is the least likely cause', () => {
    const { roots } = judgeSlices(scan, bins, embed(Float32Array.of(2, 0, 0, 3, 0, 6, 0, 9)), heads);
    expect(Array.from(roots.subarray(0, 4))).toEqual([LEAST_LOG_PROBABILITY, 0, LEAST_LOG_PROBABILITY, 0]);
    const two = rootLogProbabilities(heads, Float32Array.of(1, 0, 0, Math.log(3)));
    expect(two[0]).toBeCloseTo(Math.log(0.25), 6);
    expect(two[1]).toBeCloseTo(Math.log(0.75), 6);
    expect(rootLogProbabilities(heads, new Float32Array(0))).toEqual(new Float32Array(0));
  });

  test('embeddings of another size are refused', () => {
    expect(() => judgeSlices(scan, bins, embed(new Float32Array(4)), heads)).toThrow(
      'embeddings of 2 numbers, the encoder gave 4 for 4 slices',
    );
  });
});
