import { describe, expect, it } from 'vitest';
import { sharesOfRun, type PretrainedStates } from '../../../../src/core/heads/pretrainedStates.js';

const states: PretrainedStates = {
  centres: [
    [0, 0],
    [1, 0],
  ],
  width: 0.5,
  reach: 1,
};

/** [S][K + 1] @param rows embeddings of a run */
const sharesOf = (some: PretrainedStates, ...rows: [number, number][]): number[][] =>
  sharesOfRun(some, Float32Array.from(rows.flat()), 2).map((shares) => [...shares]);

describe('shares of the states that pretraining knows', () => {
  it('fall with the squared distance from their centres', () => {
    const weights = [1, Math.exp(-2), Math.exp(-2)];
    const sum = 1 + 2 * Math.exp(-2);
    const [near = [], between = []] = sharesOf(states, [0, 0], [0.5, 0]);
    near.forEach((share, k) => {
      expect(share).toBeCloseTo((weights[k] ?? 0) / sum, 12);
    });
    expect(between[0]).toBe(between[1]);
    expect(between[0]).toBeGreaterThan(between[2] ?? 1);
  });

  it('leave a slice that is like none of them to none', () => {
    expect(sharesOf(states, [0, 9])[0]?.[2]).toBeCloseTo(1, 12);
    expect(sharesOf({ ...states, centres: [] }, [0, 9])).toEqual([[1]]);
    expect(sharesOf({ ...states, usualShare: 0.9 })).toEqual([]);
    // In no state at all: nothing is divided by.
    expect(sharesOf({ ...states, centres: [], usualShare: 0.9 }, [0, 9])).toEqual([[1]]);
  });

  /** The numbers of models/pretraining/tests/test_states.py. */
  it('of a slice in a system that is otherwise foreign are by chance, and count little', () => {
    const usual = { ...states, usualShare: 0.8 };
    const alone = sharesOf(states, [0, 0])[0] ?? [];
    const share = 1 - (alone[2] ?? 0);
    const [first = []] = sharesOf(usual, [0, 0], [0, 9], [0, 9], [0, 9]);
    const known = (share / 4 / 0.8) ** 2;
    expect(first[0]).toBeCloseTo(known * (alone[0] ?? 0), 9);
    expect(first[1]).toBeCloseTo(known * (alone[1] ?? 0), 9);
    expect(first.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 12);
    // A system that is as much in states as is usual is believed slice by slice.
    expect(sharesOf(usual, [0, 0], [1, 0])).toEqual(sharesOf(states, [0, 0], [1, 0]));
  });
});
