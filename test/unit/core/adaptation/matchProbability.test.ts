import { describe, expect, it } from 'vitest';
import { matchSlices } from '../../../../src/core/adaptation/matchProbability.js';
import { joinRuns, type UnlabelledSlices } from '../../../../src/core/adaptation/unlabelledSlices.js';
import { createRun } from './slicesInTime.js';

const all = (slices: UnlabelledSlices): number[] => Array.from({ length: slices.count }, (_, i) => i);
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('matching a slice across kinds of telemetry', () => {
  it('is sure where both show the same, and a guess where one shows nothing of it', () => {
    const same = joinRuns([createRun({ slices: 40, offset: 0 })], 99);
    const found = matchSlices(same, all(same), undefined, 100);
    // 20 of the 40 half-overlapping slices lie apart; three pairs of modalities.
    expect(found).toHaveLength(60);
    expect(found.every(({ chance }) => chance === 1 / 20)).toBe(true);
    expect(mean(found.map(({ probability }) => probability))).toBeGreaterThan(0.95);
    const other = joinRuns([createRun({ slices: 40, offset: 0, seed: 5 })], 99);
    const mixed = {
      ...same,
      modalities: Float32Array.from(same.modalities, (value, i) => (Math.floor(i / 8) % 3 === 0 ? value : (other.modalities[i] ?? 0))),
    };
    const guessed = matchSlices(mixed, all(mixed), undefined, 5).slice(0, 40);
    expect(mean(guessed.map(({ probability }) => probability))).toBeLessThan(0.15);
  });

  it('is even between slices that look alike', () => {
    const alike = joinRuns([createRun({ slices: 8, offset: 0 })], 99);
    const flat = { ...alike, modalities: alike.modalities.map((_, i) => (i % 8 === 0 ? 1 : 0)) };
    expect(matchSlices(flat, all(flat), undefined, 30).map(({ probability }) => probability)).toEqual(new Array(12).fill(0.25));
  });

  it('says nothing where no two slices hold two kinds, or lie apart', () => {
    const single = joinRuns([createRun({ slices: 40, present: 4 })], 99);
    expect(matchSlices(single, all(single), undefined, 30)).toEqual([]);
    const near = joinRuns([createRun({ slices: 2 })], 99);
    expect(matchSlices(near, all(near), undefined, 30)).toEqual([]);
    expect(matchSlices(near, [], undefined, 30)).toEqual([]);
  });
});
