import { describe, expect, test } from 'vitest';
import { FAMILY_COUNT } from '../../../../src/core/features/families.js';
import { LEAST_LOG_PROBABILITY, type HeadWeights } from '../../../../src/core/heads/headWeights.js';
import { ascribe, trustLearned, type LearnedCauses } from '../../../../src/core/heads/learnedCauses.js';

const trusting = (trust: number, pool?: number, trustKnown?: number): Pick<HeadWeights, 'rootCause'> => ({
  rootCause: {
    embedding: [0, 1],
    trust,
    sharpness: 1,
    ...(pool === undefined ? {} : { pool }),
    ...(trustKnown === undefined ? {} : { trustKnown }),
  },
});
const saying = (roots: Float64Array, familiarity = 0): LearnedCauses => ({ roots, familiarity });
const NOTHING = new Float64Array(0);

describe('how causes are ranked', () => {
  const learned = Float64Array.of(Math.log(0.75), Math.log(0.25), LEAST_LOG_PROBABILITY);

  test('the embeddings share in what the rule says', () => {
    const pooled = trustLearned(Float64Array.of(3, 4, 0), saying(learned), trusting(0.5, 2));
    expect(pooled[0]).toBeCloseTo(Math.sqrt((9 + 0.75 * 25) / 2), 9);
    expect(pooled[1]).toBeCloseTo(Math.sqrt((16 + 0.25 * 25) / 2), 9);
    expect([...trustLearned(Float64Array.of(3, 4, 0), saying(learned), trusting(0, 2))]).toEqual([3, 4, 0]);
    // In states that pretraining knows they have more of it.
    expect([...trustLearned(Float64Array.of(3, 4, 0), saying(learned, 0.5), trusting(0, 2, 1))]).toEqual([...pooled]);
    // As runs of earlier versions have it.
    expect(trustLearned(Float64Array.of(4, 4), saying(Float64Array.of(Math.log(0.25), 0)), trusting(0.5))[0]).toBeCloseTo(2, 9);
  });

  test('what shows nothing unusual is no cause, whatever its embedding says', () => {
    expect([...trustLearned(Float64Array.of(0, 4, 0), saying(learned), trusting(1, 2))]).toEqual([0, 2, 0]);
  });

  test('a range that no slice overlaps is the rule’s alone', () => {
    expect([...trustLearned(Float64Array.of(3, 4, 0), saying(NOTHING), trusting(0.5, 2))]).toEqual([3, 4, 0]);
  });
});

describe('what ranges are alike by', () => {
  /** Entity 0 shows 4 in its first family and 2 in its last, entity 1 shows 3 in its first, entity 2 nothing. */
  const contributions = new Float64Array(3 * FAMILY_COUNT);
  contributions[0] = 4;
  contributions[FAMILY_COUNT - 1] = 2;
  contributions[FAMILY_COUNT] = 3;
  const fused = { entity: Float64Array.of(4, 3, 0), contributions };
  const [first, second] = [0.19, 0.81].map((p) => Math.log(p)) as [number, number];
  const roots = Float64Array.of(first, second, LEAST_LOG_PROBABILITY);
  const heads = trusting(0, 2, 1);

  test('is ascribed to the likelier cause, as one', () => {
    const ascribed = ascribe(fused, saying(roots, 1), heads);
    // Scores 4 and 3 have 25 of squares, of which .19 and .81 are left to them.
    expect(ascribed[0]).toBeCloseTo(Math.sqrt(0.19 * 25), 6);
    expect(ascribed[FAMILY_COUNT]).toBeCloseTo(Math.sqrt(0.81 * 25), 6);
    // All that an entity shows by the same factor.
    expect((ascribed[FAMILY_COUNT - 1] ?? 0) / (ascribed[0] ?? 0)).toBeCloseTo(0.5, 9);
    expect([...ascribed.subarray(2 * FAMILY_COUNT)].every((value) => value === 0)).toBe(true);
  });

  test('is left as it is where pretraining does not know the state, or says nothing', () => {
    expect([...ascribe(fused, saying(roots, 0), trusting(0.2, 2, 1))]).toEqual([...contributions]);
    expect([...ascribe(fused, saying(NOTHING, 1), heads)]).toEqual([...contributions]);
    const half = ascribe(fused, saying(roots, 0.5), heads);
    expect(half[0]).toBeLessThan(4);
    expect(half[0]).toBeGreaterThan(ascribe(fused, saying(roots, 1), heads)[0] ?? Infinity);
  });

  test('is not blown up where the rule all but overlooks what the embeddings name', () => {
    const faint = Float64Array.from(contributions, (value, i) => (i === FAMILY_COUNT ? 1e-4 : value));
    const ascribed = ascribe({ entity: Float64Array.of(4, 1e-4, 0), contributions: faint }, saying(roots, 1), heads);
    expect(ascribed[FAMILY_COUNT]).toBeCloseTo(1e-3, 9);
  });

  test('of no entity is nothing', () => {
    expect(ascribe({ entity: NOTHING, contributions: NOTHING }, saying(NOTHING), heads)).toEqual(NOTHING);
  });
});
