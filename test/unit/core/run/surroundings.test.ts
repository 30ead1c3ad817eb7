import { describe, expect, test } from 'vitest';
import { LEAST_LOG_PROBABILITY } from '../../../../src/core/heads/headWeights.js';
import { judgeRange, type SliceVerdicts } from '../../../../src/core/run/sliceVerdicts.js';
import { hearSlices, judgeAround } from '../../../../src/core/run/surroundings.js';

/** Slices of 6 bins of 5 s, one every 6 bins. */
const LENGTH = 6;
const GRID = { lengthBins: LENGTH, binSeconds: 5 };

/** Two types and two entities: slices abnormal by `of` are of its type and entity, the others of the first. */
function verdictsOf(anomaly: readonly number[], of: readonly (0 | 1)[], familiarity = anomaly.map(() => 1)): SliceVerdicts {
  return {
    starts: Uint32Array.from(anomaly, (_, slice) => slice * LENGTH),
    anomaly: Float64Array.from(anomaly),
    types: Float64Array.from(of.flatMap((which) => (which === 0 ? [0.9, 0.1] : [0.1, 0.9]))),
    roots: Float32Array.from(of.flatMap((which) => (which === 0 ? [Math.log(0.9), Math.log(0.1)] : [Math.log(0.1), Math.log(0.9)]))),
    familiarity: Float64Array.from(familiarity),
  };
}
/** A long failure of the first entity ends, after two quiet slices the second fails in slices 6 and 7. */
const verdicts = verdictsOf([0.95, 0.95, 0.95, 0.95, 0.02, 0.02, 0.95, 0.95, 0.02, 0.02], [0, 0, 0, 0, 0, 0, 1, 1, 0, 0]);
const causeAt = (from: number, some = verdicts): number => {
  const { roots } = judgeAround(some, GRID, from, from + LENGTH);
  return Math.exp(roots[1] ?? -Infinity);
};

describe('what embeddings say around a range', () => {
  test('at the right time it is what they say of the range', () => {
    expect(causeAt(36)).toBeGreaterThan(0.8);
    expect(causeAt(12)).toBeLessThan(0.2);
  });

  test('a minute early it is the failure that begins, not the one that was', () => {
    expect(causeAt(24)).toBeGreaterThan(0.7);
    expect(Math.exp(judgeRange(verdicts, LENGTH, 24, 30).roots[1] ?? 0)).toBeLessThan(0.2);
    expect(judgeAround(verdicts, GRID, 24, 30).types[1]).toBeGreaterThan(0.6);
  });

  test('whether it is abnormal is said of exactly the range', () => {
    expect(judgeAround(verdicts, GRID, 24, 30).anomaly).toBe(0.02);
    expect(judgeAround(verdicts, GRID, 36, 42).anomaly).toBe(0.95);
  });

  test('causes and types are probabilities, familiarity a mean', () => {
    const { roots, types, familiarity } = judgeAround(verdictsOf([0.5, 0.5, 0.5], [0, 1, 0], [0, 1, 0]), GRID, 6, 12);
    expect([...roots].reduce((sum, logP) => sum + Math.exp(logP), 0)).toBeLessThanOrEqual(1 + 1e-6);
    expect((types[0] ?? 0) + (types[1] ?? 0)).toBeCloseTo(1, 6);
    expect(familiarity).toBeGreaterThan(0);
    expect(familiarity).toBeLessThan(1);
  });

  test('where a failure begins is told by each slice alone', () => {
    const alike = { ...verdicts, anomaly: new Float64Array(10).fill(0.95) };
    expect(judgeAround({ ...alike, alone: verdicts.anomaly }, GRID, 24, 30).types).toEqual(judgeAround(verdicts, GRID, 24, 30).types);
    expect(judgeAround({ ...alike, alone: verdicts.anomaly }, GRID, 24, 30)).toMatchObject({ anomaly: 0.95, alone: 0.02 });
  });

  test('far from all slices it is nothing, and in a run without any', () => {
    expect(judgeAround(verdicts, GRID, 500, 506)).toEqual(judgeRange(verdicts, LENGTH, 500, 506));
    const none = { starts: new Uint32Array(0), anomaly: new Float64Array(0), types: new Float64Array(0), roots: new Float32Array(0) };
    expect(judgeAround(none, GRID, 0, 6)).toEqual({
      anomaly: 0,
      alone: 0,
      types: new Float64Array(0),
      roots: new Float64Array(0),
      familiarity: 0,
    });
  });

  test('what pretraining does not know is heard of the range itself alone', () => {
    const foreign = { ...verdicts, familiarity: new Float64Array(10) };
    const [around, alone] = [judgeAround(foreign, GRID, 24, 30), judgeRange(foreign, LENGTH, 24, 30)];
    expect([...around.types]).toEqual([...alone.types]);
    expect([...around.roots].map((p) => p.toFixed(6))).toEqual([...alone.roots].map((p) => p.toFixed(6)));
  });

  test('where nothing at all is likely abnormal, it is what the range says', () => {
    const quiet = verdictsOf([0, 0, 0, 0], [0, 1, 0, 0]);
    expect(judgeAround(quiet, GRID, 6, 12)).toEqual(judgeRange(quiet, LENGTH, 6, 12));
  });

  test('bins longer than the reach leave the range alone', () => {
    const coarse = { lengthBins: LENGTH, binSeconds: 600 };
    expect(judgeAround(verdicts, coarse, 36, 42).types[1]).toBeCloseTo(judgeRange(verdicts, LENGTH, 36, 42).types[1] ?? NaN, 9);
  });

  test('an entity that no slice names is the least likely', () => {
    const silent = { ...verdicts, roots: verdicts.roots.map((logP, i) => (i % 2 === 0 ? LEAST_LOG_PROBABILITY : logP)) };
    const { roots } = judgeAround(silent, GRID, 36, 42);
    expect(roots[0]).toBeCloseTo(LEAST_LOG_PROBABILITY, 3);
  });
});

describe('which slices are heard of a range', () => {
  const sumOf = (from: number, some = verdicts): Float64Array => {
    const types = new Float64Array(2);
    for (const { slice, share } of hearSlices(some, GRID, from, from + LENGTH)) {
      types.forEach((_, type) => (types[type] = (types[type] ?? 0) + share * (some.types[2 * slice + type] ?? 0)));
    }
    return types;
  };

  test('what they say by their shares is what is said of the types of the range', () => {
    for (const from of [12, 24, 27, 36]) {
      const { types } = judgeAround(verdicts, GRID, from, from + LENGTH);
      expect([...sumOf(from)].map((p) => p.toFixed(9))).toEqual([...types].map((p) => p.toFixed(9)));
    }
  });

  test('in the order of time, each once, none that has nothing to say', () => {
    const heard = hearSlices(verdicts, GRID, 30, 36);
    const slices = heard.map(({ slice }) => slice);
    expect(slices).toEqual([...new Set(slices)].sort((a, b) => a - b));
    expect(heard.every(({ share }) => share > 0)).toBe(true);
    expect(heard.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
  });

  test('none far from all slices, or where nothing is likely abnormal', () => {
    expect(hearSlices(verdicts, GRID, 500, 506)).toEqual([]);
    expect(hearSlices(verdictsOf([0, 0, 0], [0, 1, 0]), GRID, 6, 12)).toEqual([]);
  });
});
