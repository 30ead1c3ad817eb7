import { describe, expect, it } from 'vitest';
import { learnTrust, type ExpertAnswers } from '../../../../src/core/tuning/defaultTrust.js';

const answers = (count: number, answer: ExpertAnswers): ExpertAnswers[] => Array.from({ length: count }, () => answer);
const right = { byLabels: 0.1, byDefault: 0.9 };
const wrong = { byLabels: 0.9, byDefault: 0.1 };

describe('how far the default head is followed', () => {
  it('is mostly believed before anything is known, or where both say the same', () => {
    expect(learnTrust([])).toBeCloseTo(0.75, 2);
    expect(learnTrust(answers(9, { byLabels: 0.7, byDefault: 0.7 }))).toBeCloseTo(learnTrust([]), 6);
  });

  it('grows with what it was right of, and falls with what the labels knew better', () => {
    const grown = [1, 3, 9, 50].map((count) => learnTrust(answers(count, right)));
    expect(grown).toEqual([...grown].sort((a, b) => a - b));
    expect(grown[0]).toBeGreaterThan(learnTrust([]));
    expect(grown.at(-1)).toBeGreaterThan(0.9);
    expect(learnTrust(answers(50, wrong))).toBeLessThan(0.1);
    // As often wrong as right is less than was believed before.
    const even = learnTrust([...answers(5, right), ...answers(5, wrong)]);
    expect(even).toBeGreaterThan(0.5);
    expect(even).toBeLessThan(learnTrust([]));
  });

  it('survives answers that are impossible by both', () => {
    expect(learnTrust(answers(1000, { byLabels: 0, byDefault: 0 }))).toBeCloseTo(learnTrust([]), 6);
  });
});
