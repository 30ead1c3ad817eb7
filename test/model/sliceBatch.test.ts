import { describe, expect, test } from 'vitest';
import { planBatches, type SliceShape } from '../../src/engine/inference/sliceBatch.js';

function shapes(...sizes: [entities: number, places: number][]): SliceShape[] {
  return sizes.map(([entities, places], index) => ({ index, entities, places }));
}

describe('batches of slices', () => {
  test('hold every slice once and stay within their bounds', () => {
    const many = shapes(...Array.from({ length: 200 }, (_, i): [number, number] => [1 + ((i * 7) % 50), 1 + ((i * 13) % 40)]));
    const limits = { slices: 16, places: 20_000 };
    const batches = planBatches(many, limits);
    expect(
      batches
        .flat()
        .map((shape) => shape.index)
        .sort((a, b) => a - b),
    ).toEqual(many.map((shape) => shape.index));
    for (const batch of batches) {
      const places = batch.length * 3 * Math.max(...batch.map((s) => s.entities)) * Math.max(...batch.map((s) => s.places));
      expect(batch.length).toBeLessThanOrEqual(16);
      expect(batch.length === 1 || places <= 20_000).toBe(true);
    }
  });

  test('a slice larger than the bound is a batch of its own, and no slices are no batches', () => {
    expect(planBatches(shapes([1, 1], [500, 500], [1, 1]), { slices: 8, places: 1000 }).map((batch) => batch.map((s) => s.index))).toEqual([
      [0, 2],
      [1],
    ]);
    expect(planBatches([], { slices: 8, places: 1000 })).toEqual([]);
  });
});
