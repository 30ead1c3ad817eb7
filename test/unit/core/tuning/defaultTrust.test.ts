import { describe, expect, it } from 'vitest';
import { learnTrust, type ExpertAnswers } from '../../../../src/core/tuning/defaultTrust.js';

const answers = (count: number, answer: ExpertAnswers): ExpertAnswers[] => Array.from({ length: count }, () => answer);
const right = { byLabels: 0.1, byDefault: 0.9 };
const wrong = { byLabels: 0.9, byDefault: 0.1 };

describe('how far the default head is followed', () => {
  it('is half of the way before anything is known, or where both say the same', () => {
    expect(learnTrust([])).toBeCloseTo(0.5, 6);
    expect(learnTrust(answers(9, { byLabels: 0.7, byDefault: 0.7 }))).toBeCloseTo(0.5, 6);
  });

  it('grows with what it was right of, and falls with what the labels knew better', () => {
    const grown = [1, 3, 9, 50].map((count) => learnTrust(answers(count, right)));
    expect(grown).toEqual([...grown].sort((a, b) => a - b));
    expect(grown[0]).toBeGreaterThan(0.55);
    expect(grown.at(-1)).toBeGreaterThan(0.9);
    expect(learnTrust(answers(50, wrong))).toBeLessThan(0.1);
    expect(learnTrust([...answers(5, right), ...answers(5, wrong)])).toBeCloseTo(0.5, 6);
  });

  it('survives answers that are impossible by both', () => {
    expect(learnTrust(answers(1000, { byLabels: 0, byDefault: 0 }))).toBeCloseTo(0.5, 6);
  });
});
