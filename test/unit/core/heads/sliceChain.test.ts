import { describe, expect, test } from 'vitest';
import { judgeInOrder, type SliceChain } from '../../../../src/core/heads/sliceChain.js';

const CHAIN: SliceChain = { scale: 0.6, calm: -0.25, bias: -0.3, stay: 0.9 };

function judge(logits: readonly number[], { chain = CHAIN, gapBefore = -1, isReference = logits.map(() => 1) } = {}): number[] {
  const follows = logits.map((_, slice) => slice > 0 && slice !== gapBefore);
  return Array.from(judgeInOrder(chain, Float64Array.from(logits), follows, Uint8Array.from(isReference)));
}

/** Marginals by summing over all 2^S ways in which slices can be usual or abnormal. */
function bruteForce(own: readonly number[], { stay }: SliceChain, gapBefore: number): number[] {
  const sums = own.map(() => [0, 0]);
  for (let way = 0; way < 2 ** own.length; way++) {
    const isAbnormal = own.map((_, slice) => ((way >> slice) & 1) === 1);
    const potential = own.reduce((sum, odds, slice) => {
      const isBesideHole = slice === gapBefore || slice + 1 === gapBefore;
      const besideHole = isBesideHole && isAbnormal[slice] === false ? stay : 0;
      const link = slice > 0 && slice !== gapBefore && isAbnormal[slice] === isAbnormal[slice - 1] ? stay : 0;
      return sum + link + besideHole + (isAbnormal[slice] === true ? odds : 0);
    }, 0);
    sums.forEach((pair, slice) => {
      const at = isAbnormal[slice] === true ? 1 : 0;
      pair[at] = (pair[at] ?? 0) + Math.exp(potential);
    });
  }
  return sums.map(([usual = 0, abnormal = 0]) => Math.log(abnormal / usual));
}

describe('slices in their order', () => {
  const logits = [-3, 0.5, 2, -1, 4, -6];

  test('have the marginals of a sum over all ways', () => {
    // A fifth of six values: the second smallest.
    const own = logits.map((logit) => 0.6 * logit - 0.25 * -3 - 0.3);
    for (const gapBefore of [-1, 3]) {
      const expected = bruteForce(own, CHAIN, gapBefore);
      judge(logits, { gapBefore }).forEach((logit, slice) => {
        expect(logit).toBeCloseTo(expected[slice] ?? NaN, 10);
      });
    }
  });

  /** The numbers of models/pretraining/tests/test_chain.py. */
  test('have the numbers of training', () => {
    const numbers = judge(logits, { gapBefore: 3 }).map((logit) => Number(logit.toFixed(4)));
    expect(numbers).toEqual([-0.9363, 0.5478, 0.8521, -0.3773, 1.6209, -2.4097]);
  });

  test('are believed sooner where they bear each other out', () => {
    const [, alone = NaN] = judge([-4, 2, -4, -4, -4]);
    const [, , inRow = NaN] = judge([-4, 2, 2, 2, -4]);
    expect(inRow).toBeGreaterThan(alone + 1);
  });

  test('are believed less in a run whose calmest slices look abnormal', () => {
    expect(judge([0, 0, 0, 0, 3])[4]).toBeLessThan(judge([-5, -5, 0, 0, 3])[4] ?? NaN);
    // The calmest of those that usual is learned from.
    expect(judge([0, 0, -5, -5, 3], { isReference: [1, 1, 0, 0, 0] })[4]).toBeLessThan(judge([0, 0, -5, -5, 3])[4] ?? NaN);
  });

  test('stay finite however sure they are, and may be one or none', () => {
    expect(judge([-1e3, 1e3, 1e3]).every(Number.isFinite)).toBe(true);
    expect(judge([2])[0]).toBeCloseTo(0.6 * 2 - 0.25 * 2 - 0.3, 12);
    expect(judge([])).toEqual([]);
    expect(judge([2], { isReference: [0] })[0]).toBeCloseTo(0.6 * 2 - 0.3, 12);
  });

  test('a chain that links nothing leaves them as they are', () => {
    expect(judge(logits, { chain: { scale: 1, calm: 0, bias: 0, stay: 0 } })).toEqual(logits);
  });
});
