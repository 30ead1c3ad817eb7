import { describe, expect, it } from 'vitest';
import { adaptRows, type Adapter } from '../../../../src/core/adaptation/adapter.js';

const still: Adapter = { dim: 3, rank: 1, down: Float32Array.of(1, 0, 0), up: new Float32Array(3), bias: new Float32Array(3) };

describe('an adapter', () => {
  it('that is not there, or has learned nothing, leaves rows as they are', () => {
    const rows = Float32Array.of(1, 0, 0, 0, 0.6, 0.8);
    expect(adaptRows(undefined, rows)).toBe(rows);
    expect([...adaptRows(still, rows)]).toEqual([...rows]);
  });

  it('adds what it finds in a row and the bias, and gives unit vectors', () => {
    const adapter: Adapter = { ...still, up: Float32Array.of(0, 1, 0), bias: Float32Array.of(0, 0, 2) };
    // (1, 0, 0) has 1 of what `down` looks for: (1, 1, 2) / √6. (0, 1, 0) has none: (0, 1, 2) / √5.
    const [a, b] = [Math.sqrt(6), Math.sqrt(5)];
    const adapted = adaptRows(adapter, Float32Array.of(1, 0, 0, 0, 1, 0));
    [1 / a, 1 / a, 2 / a, 0, 1 / b, 2 / b].forEach((value, i) => {
      expect(adapted[i]).toBeCloseTo(value, 6);
    });
  });

  it('leaves out what is not there, and stands a row that it moves to nothing', () => {
    const adapter: Adapter = { ...still, bias: Float32Array.of(-1, 0, 0) };
    expect([...adaptRows(adapter, Float32Array.of(0, 0, 0, 1, 0, 0))]).toEqual([0, 0, 0, 0, 0, 0]);
    expect(adaptRows(adapter, new Float32Array(0))).toHaveLength(0);
  });
});
