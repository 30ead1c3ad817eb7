import { describe, expect, it } from 'vitest';
import { subtractUsual } from '../../../../src/core/heads/embeddingDeviation.js';

describe('what is usual in a run', () => {
  it('is the median of each number, which a few failures do not move', () => {
    expect([...subtractUsual(Float32Array.of(1, 0, 1, 0, 1, 2, 9, -4), 2)]).toEqual([0, 0, 0, 0, 0, 2, 8, -4]);
  });

  it('is the slice itself where it is the only one, and nothing where there is none', () => {
    expect([...subtractUsual(Float32Array.of(0.6, 0.8), 2)]).toEqual([0, 0]);
    expect([...subtractUsual(new Float32Array(0), 2)]).toEqual([]);
  });

  it('leaves what it is given as it is', () => {
    const slices = Float32Array.of(1, 3);
    subtractUsual(slices, 1);
    expect([...slices]).toEqual([1, 3]);
  });
});
