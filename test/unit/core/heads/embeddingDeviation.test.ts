import { describe, expect, it } from 'vitest';
import { subtractUsual } from '../../../../src/core/heads/embeddingDeviation.js';

const all = (count: number): Uint8Array => new Uint8Array(count).fill(1);

describe('what is usual in a run', () => {
  it('is the median of each number, which a few failures do not move', () => {
    expect([...subtractUsual(Float32Array.of(1, 0, 1, 0, 1, 2, 9, -4), 2, all(4))]).toEqual([0, 0, 0, 0, 0, 2, 8, -4]);
  });

  it('is that of the slices that are known to be usual, also where most are not', () => {
    const slices = Float32Array.of(1, 0, 3, 0, 9, 6, 9, 6, 9, 6);
    expect([...subtractUsual(slices, 2, Uint8Array.of(1, 1, 0, 0, 0))]).toEqual([-1, 0, 1, 0, 7, 6, 7, 6, 7, 6]);
  });

  it('is the slice itself where it is the only one, and nothing where there is none', () => {
    expect([...subtractUsual(Float32Array.of(0.6, 0.8), 2, all(1))]).toEqual([0, 0]);
    expect([...subtractUsual(new Float32Array(0), 2, all(0))]).toEqual([]);
  });

  it('leaves what it is given as it is', () => {
    const slices = Float32Array.of(1, 3);
    subtractUsual(slices, 1, all(2));
    expect([...slices]).toEqual([1, 3]);
  });
});
