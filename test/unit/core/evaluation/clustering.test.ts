import { describe, expect, test } from 'vitest';
import { adjustedRandIndex, silhouettes } from '../../../../src/core/evaluation/clustering.js';

describe('adjusted Rand index', () => {
  test('of renamed groups is 1, of groups that share no more pairs than by chance 0', () => {
    expect(adjustedRandIndex(['a', 'a', 'b'], ['x', 'x', 'y'])).toBe(1);
    // Pairs together: 2 in a, 3 in b, 1 in both of 6; expected 2 · 3 / 6 = 1.
    expect(adjustedRandIndex(['a', 'a', 'b', 'b'], ['x', 'x', 'x', 'y'])).toBe(0);
  });

  test('of known counts', () => {
    // Both 2, a 6, b 3, all 15: (2 − 1.2) / (4.5 − 1.2).
    expect(adjustedRandIndex(['a', 'a', 'a', 'b', 'b', 'b'], ['x', 'x', 'y', 'y', 'z', 'z'])).toBeCloseTo(0.8 / 3.3, 12);
  });

  test('of nothing, and of one group each, is 1', () => {
    expect(adjustedRandIndex([], [])).toBe(1);
    expect(adjustedRandIndex(['a', 'a'], ['x', 'x'])).toBe(1);
  });
});

describe('silhouettes', () => {
  const places = [0, 1, 10];
  const distance = (i: number, j: number) => Math.abs((places[i] ?? 0) - (places[j] ?? 0));

  test('of points on a line', () => {
    const [first, second, third] = silhouettes(['a', 'a', 'b'], distance);
    expect(first).toBeCloseTo(9 / 10, 12);
    expect(second).toBeCloseTo(8 / 9, 12);
    expect(third).toBe(0);
  });

  test('of one group are not defined', () => {
    expect(silhouettes(['a', 'a', 'a'], distance)).toEqual([]);
  });
});
