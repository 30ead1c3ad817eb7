import { describe, expect, test } from 'vitest';
import { FAMILY_COUNT, familyIndex } from '../../../../src/core/features/families.js';
import { PartScoreCollector, toFamilyScores } from '../../../../src/core/features/familyScores.js';
import { scanRange } from '../../../../src/core/features/rangeScan.js';
import type { Observation } from '../../../../src/core/features/windowScan.js';
import { attribute, ObservedRange } from '../../../../src/core/heads/attribution.js';
import { fuse } from '../../../../src/core/heads/fusion.js';
import { scanRun } from '../../../../src/core/run/scanRun.js';
import { createBins, createRandom, ORIGIN_BIN, type TestLog, type TestSpan } from '../builders.js';

/** Ten minutes of gateway → payment; in the last one payment is slow, fails and says so. */
function createRange(): {
  range: ObservedRange;
  observations: Observation[];
  scoreAgain: (kept: readonly Observation[]) => Float32Array;
  only: (kept: readonly Observation[]) => ObservedRange;
} {
  const random = createRandom(3);
  const spans: TestSpan[] = [];
  const logs: TestLog[] = [];
  for (let i = 0; i < 1200; i++) {
    const atMs = i * 500;
    const fails = atMs >= 540_000;
    const [id, line] = [i * 2 + 1, i + 1];
    spans.push({ id, service: 'gateway', operation: 'GET', atMs, ms: 60 + 10 * random(), line });
    spans.push({
      id: id + 1,
      parent: id,
      service: 'payment',
      operation: 'pay',
      atMs: atMs + 2,
      ms: (fails ? 200 : 30) + 5 * random(),
      failed: fails,
      line,
    });
    logs.push({ atMs: atMs + 3, service: 'payment', text: fails ? 'declined' : 'paid', severity: fails ? 17 : 9, span: id + 1, line });
  }
  const bins = createBins([{ spans }, { logs }]);
  const { bank, calibration } = scanRun(bins, { lengthBins: 6, stepBins: 3, reference: [] });
  const observations: Observation[] = [];
  scanRange(bins, bank, ORIGIN_BIN + 108, ORIGIN_BIN + 120, (observation) => observations.push({ ...observation, window: 0 }));
  return {
    observations,
    range: new ObservedRange(bins, calibration, observations),
    only: (kept) => new ObservedRange(bins, calibration, kept),
    scoreAgain: (kept) => {
      const parts = new PartScoreCollector(bins, 1);
      kept.forEach((observation) => {
        parts.add(observation);
      });
      return toFamilyScores(parts.finish(), 0, calibration);
    },
  };
}

const { range, observations, scoreAgain, only } = createRange();
const PAYMENT = 1;
const cells = (family: 'log-template' | 'trace-duration') => PAYMENT * FAMILY_COUNT + familyIndex(family);

/** A range of two observations, each the strongest of its cell. */
function ofTwo(...pair: readonly number[]): { alone: ObservedRange; pair: readonly number[] } {
  const strongest = pair.map((cell) =>
    observations
      .map((observation) => ({ observation, score: only([observation]).familyScores[cell] ?? 0 }))
      .reduce((best, one) => (one.score > best.score ? one : best)),
  );
  return { alone: only(strongest.map(({ observation }) => observation)), pair };
}

describe('what is left of a range', () => {
  test('nothing taken away: the scores of the range', () => {
    expect(range.size).toBe(observations.length);
    expect(range.without(new Set())).toEqual(range.familyScores);
    expect(range.familyScores).toEqual(scoreAgain(observations));
  });

  test('taking away is the same as not having observed it, for each observation and for pairs', () => {
    for (let i = 0; i < observations.length; i++) {
      for (const removed of [[i], [i, (i * 7 + 3) % observations.length]]) {
        const left = observations.filter((_, index) => !removed.includes(index));
        expect(range.without(new Set(removed))).toEqual(scoreAgain(left));
      }
    }
  });

  test('everything taken away leaves nothing', () => {
    expect(range.without(new Set(observations.keys())).every((score) => score === 0)).toBe(true);
    expect(range.without(new Set([-1, 10_000]))).toEqual(range.familyScores);
  });
});

describe('what a score rests on', () => {
  const toScore = (familyScores: Float32Array): number => fuse(familyScores, []).entity[PAYMENT] ?? 0;
  const all = [...observations.keys()];

  test('shares fall, are positive and sum to at most 1', () => {
    const found = attribute(range, all, toScore);
    expect(found.length).toBeGreaterThan(1);
    const shares = found.map(({ share }) => share);
    expect([...shares].sort((a, b) => b - a)).toEqual(shares);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeLessThanOrEqual(1 + 1e-6);
    expect(new Set(found.map(({ observation }) => observation)).size).toBe(found.length);
  });

  test('taking the first away lowers the score more than taking any other one away', () => {
    const [first] = attribute(range, all, toScore);
    const after = toScore(range.without(new Set([first?.observation ?? -1])));
    for (const other of all) {
      expect(after).toBeLessThanOrEqual(toScore(range.without(new Set([other]))) + 1e-9);
    }
  });

  test('of two that say the same, each has half: neither is missed alone', () => {
    const { alone, pair } = ofTwo(cells('log-template'), cells('trace-duration'));
    const either = (scores: Float32Array): number => (pair.some((cell) => (scores[cell] ?? 0) > 1) ? 1 : 0);
    expect([either(alone.without(new Set([0]))), either(alone.without(new Set([1]))), either(alone.without(new Set([0, 1])))]).toEqual([
      1, 1, 0,
    ]);
    expect(attribute(alone, [0, 1], either)).toMatchObject([{ share: 0.5 }, { share: 0.5 }]);
  });

  test('a score that does not move has nothing to rest on; no candidates, nothing', () => {
    expect(attribute(range, all, () => 5)).toEqual([]);
    expect(attribute(range, [], toScore)).toEqual([]);
  });
});
