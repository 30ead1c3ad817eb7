import { describe, expect, it } from 'vitest';
import { countBatches, drawBatches, joinRuns, overlapOf } from '../../../../src/core/adaptation/unlabelledSlices.js';
import { createRun } from './slicesInTime.js';

describe('slices of runs', () => {
  it('are those of the newest runs, the latest of each', () => {
    const [newer, older] = [createRun({ slices: 5, seed: 1 }), createRun({ slices: 9, seed: 2 })];
    const joined = joinRuns([newer, older], 8);
    expect(joined).toMatchObject({ count: 8, dim: 8 });
    expect([...joined.run]).toEqual([0, 0, 0, 0, 0, 1, 1, 1]);
    expect([...joined.startS]).toEqual([0, 30, 60, 90, 120, 180, 210, 240]);
    expect(joined.slices.subarray(5 * 8)).toEqual(older.embeddings.slices.subarray(6 * 8));
    expect(joined.modalities.subarray(5 * 24)).toEqual(older.embeddings.modalities.subarray(6 * 24));
    expect(joinRuns([], 8)).toMatchObject({ count: 0, dim: 0 });
  });

  it('hold the modalities that have an embedding', () => {
    expect([...joinRuns([createRun({ slices: 2, present: 5 })], 9).present]).toEqual([1, 0, 1, 1, 0, 1]);
  });

  it('overlap by their shared time, and not with those of another run', () => {
    const joined = joinRuns([createRun({ slices: 3 }), createRun({ slices: 3 })], 9);
    expect([0, 1, 2, 3].map((other) => overlapOf(joined, 0, other))).toEqual([1, 0.5, 0, 0]);
  });
});

describe('batches', () => {
  it('draw every slice once an epoch, each with a neighbour, and nothing that was not chosen', () => {
    const joined = joinRuns([createRun({ slices: 150 })], 200);
    const chosen = Array.from({ length: 100 }, (_, i) => i + (i < 50 ? 0 : 40));
    const batches = [...drawBatches(joined, chosen, 2, 7)];
    expect(batches).toHaveLength(countBatches(chosen.length, 2));
    const rowsOf = (batch: (typeof batches)[number]): string[] =>
      Array.from({ length: batch.size }, (_, i) => batch.slices.subarray(i * 8, (i + 1) * 8).join());
    const allowed = new Map(chosen.map((slice) => [joined.slices.subarray(slice * 8, (slice + 1) * 8).join(), slice]));
    const drawn = batches.slice(0, 2).flatMap(rowsOf);
    expect(drawn.every((row) => allowed.has(row))).toBe(true);
    expect(new Set(drawn).size).toBe(100);
    for (const { size, overlap, present, modalities } of batches) {
      expect([overlap.length, present.length, modalities.length]).toEqual([size * size, size * 3, size * 24]);
      expect(Array.from({ length: size }, (_, i) => overlap[i * size + i])).toEqual(new Array(size).fill(1));
      expect(overlap.some((value) => value > 0 && value < 1)).toBe(true);
    }
  });

  it('are the same for the same seed and others for another', () => {
    const joined = joinRuns([createRun({ slices: 90 })], 200);
    const chosen = Array.from({ length: 90 }, (_, i) => i);
    expect([...drawBatches(joined, chosen, 1, 7)]).toEqual([...drawBatches(joined, chosen, 1, 7)]);
    expect([...drawBatches(joined, chosen, 1, 8)]).not.toEqual([...drawBatches(joined, chosen, 1, 7)]);
    expect([...drawBatches(joined, [], 3, 7)]).toEqual([]);
  });
});
