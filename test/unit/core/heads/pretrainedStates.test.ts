import { describe, expect, it } from 'vitest';
import { shareOfStates, type PretrainedStates } from '../../../../src/core/heads/pretrainedStates.js';

const states: PretrainedStates = {
  centres: [
    [0, 0],
    [1, 0],
  ],
  width: 0.5,
  reach: 1,
};

describe('shares of the states that pretraining knows', () => {
  it('fall with the squared distance from their centres', () => {
    const weights = [1, Math.exp(-2), Math.exp(-2)];
    const sum = 1 + 2 * Math.exp(-2);
    shareOfStates(states, Float32Array.of(0, 0)).forEach((share, k) => {
      expect(share).toBeCloseTo((weights[k] ?? 0) / sum, 12);
    });
    const [first, second, none] = shareOfStates(states, Float32Array.of(0.5, 0));
    expect(first).toBe(second);
    expect(first).toBeGreaterThan(none ?? 1);
  });

  it('leave a slice that is like none of them to none', () => {
    expect(shareOfStates(states, Float32Array.of(0, 9))[2]).toBeCloseTo(1, 12);
    expect([...shareOfStates({ ...states, centres: [] }, Float32Array.of(0, 9))]).toEqual([1]);
  });
});
