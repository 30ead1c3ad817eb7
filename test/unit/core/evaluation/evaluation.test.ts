import { describe, expect, test } from 'vitest';
import { calibrationError, macroF1, normalisedMutualInformation, scoreBinary } from '../../../../src/core/evaluation/classification.js';
import { accuracyAt, auroc, averageAtFive, strictRank } from '../../../../src/core/evaluation/ranking.js';
import { createRandom } from '../builders.js';

describe('ranking', () => {
  test('ties share their mean rank', () => {
    expect(strictRank([3, 1, 2], 0)).toBe(1);
    expect(strictRank([1, 1, 1, 1], 2)).toBe(2.5);
    expect(strictRank([5, 1, 1], 2)).toBe(2.5);
    expect(strictRank([5, 1], -1)).toBe(3);
  });

  test('AC@k and Avg@5', () => {
    expect(accuracyAt([1, 1.5, 3, 9], 1)).toBe(0.25);
    expect(averageAtFive([1, 1.5, 3, 9])).toBeCloseTo((0.25 + 0.5 + 0.75 + 0.75 + 0.75) / 5, 12);
    expect(accuracyAt([], 1)).toBe(0);
  });

  test('AUROC equals the share of ordered pairs', () => {
    const random = createRandom(7);
    for (let round = 0; round < 20; round++) {
      const scores = Array.from({ length: 30 }, () => Math.floor(random() * 8));
      const positive = Array.from({ length: 30 }, (_, i) => i === 0 || (i > 1 && random() < 0.4));
      let wins = 0;
      let pairs = 0;
      scores.forEach((a, i) => {
        scores.forEach((b, j) => {
          if (positive[i] === true && positive[j] === false) {
            pairs++;
            wins += a > b ? 1 : a === b ? 0.5 : 0;
          }
        });
      });
      expect(auroc(scores, positive)).toBeCloseTo(wins / pairs, 12);
    }
    expect(auroc([1, 2], [true, true])).toBeUndefined();
  });
});

describe('classification', () => {
  test('F1 of known counts', () => {
    expect(scoreBinary([true, true, false, false], [true, false, true, false])).toEqual({ precision: 0.5, recall: 0.5, f1: 0.5 });
    expect(scoreBinary([false], [false])).toEqual({ precision: 0, recall: 0, f1: 0 });
  });

  test('macro-F1 counts a class that is never predicted as 0 and leaves out classes that never occur', () => {
    // a: precision 2/3, recall 1 → 0.8; b: 0. `c` is predicted once and true never.
    expect(macroF1(['a', 'a', 'a', 'c'], ['a', 'a', 'b', 'b'])).toBeCloseTo(0.4, 12);
    expect(macroF1([], [])).toBe(0);
  });

  test('NMI of renamed, independent and nested labels', () => {
    expect(normalisedMutualInformation(['a', 'a', 'b', 'b'], ['x', 'x', 'y', 'y'])).toBeCloseTo(1, 12);
    expect(normalisedMutualInformation(['a', 'a', 'b', 'b'], ['x', 'y', 'x', 'y'])).toBeCloseTo(0, 12);
    // H(a) = ln 2, H(b) = 1.5 ln 2, I = ln 2.
    expect(normalisedMutualInformation(['a', 'a', 'b', 'b'], ['x', 'x', 'y', 'z'])).toBeCloseTo(0.8, 12);
    expect(normalisedMutualInformation(['a', 'a'], ['x', 'y'])).toBe(0);
  });
});

describe('calibration error', () => {
  test('is 0 where frequencies are what was said, and the gap where they are not', () => {
    const say = (p: number, ...outcomes: readonly boolean[]) => outcomes.map((isSo) => ({ p, isSo }));
    expect(calibrationError(say(0.5, true, false))).toBeCloseTo(0, 12);
    expect(calibrationError(say(0.9, false, false))).toBeCloseTo(0.9, 12);
    // Half of what is said is off by .3, half is right.
    expect(calibrationError([...say(0.7, true, true), ...say(1, true, true)])).toBeCloseTo(0.15, 12);
    expect(calibrationError([])).toBe(0);
  });
});
