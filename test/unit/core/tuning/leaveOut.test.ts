import { describe, expect, it } from 'vitest';
import { chooseScale, isLikelier, isSurelyLikelier, SCALES } from '../../../../src/core/tuning/leaveOut.js';

/** Probability of what was so when a head says `logit` for it, at each scale. */
const said = (logit: number): number[] => SCALES.map((scale) => 1 / (1 + Math.exp(-scale * logit)));

describe('the scale of left-out answers', () => {
  it('is large where what was said was always so, and small where it was so by chance', () => {
    expect(chooseScale(Array.from({ length: 200 }, () => said(1)))).toBe(SCALES.at(-1));
    expect(chooseScale(Array.from({ length: 200 }, (_, i) => said(i % 2 === 0 ? 2 : -2)))).toBe(SCALES[0]);
    expect(chooseScale(Array.from({ length: 3 }, () => said(1)))).toBeLessThanOrEqual(2);
  });

  it('is the one at which probabilities are true', () => {
    // Right 88 of 100 times at logit 2, which says .88.
    expect(chooseScale(Array.from({ length: 100 }, (_, i) => said(i < 88 ? 2 : -2)))).toBe(1);
    expect(chooseScale(Array.from({ length: 100 }, (_, i) => said(i < 88 ? 4 : -4)))).toBe(0.5);
  });

  it('is 1 without answers, and where none had a probability', () => {
    expect(chooseScale([])).toBe(1);
    expect(chooseScale([SCALES.map(() => 0)])).toBe(1);
  });
});

describe('of two heads the second', () => {
  it('is likelier by more than a hundredth of a nat', () => {
    expect(isLikelier([1, 1], [0.9, 1.05])).toBe(true);
    expect(isLikelier([1, 1], [0.9, 1.09])).toBe(false);
    expect(isLikelier([0.5], [0.6])).toBe(false);
  });

  it('is surely so where the gain is no matter of some incidents', () => {
    const before = Array.from({ length: 20 }, () => 1);
    expect(
      isSurelyLikelier(
        before,
        before.map((loss, i) => loss - (i % 2 === 0 ? 0.1 : 0.2)),
      ),
    ).toBe(true);
    expect(
      isSurelyLikelier(
        before,
        before.map((loss, i) => loss - (i === 0 ? 0.9 : 0)),
      ),
    ).toBe(false);
    expect(
      isSurelyLikelier(
        before,
        before.map((loss) => loss - 0.005),
      ),
    ).toBe(false);
    expect(
      isSurelyLikelier(
        before,
        before.map((loss) => loss + 0.1),
      ),
    ).toBe(false);
    expect(isSurelyLikelier([1], [0.5])).toBe(false);
    expect(isSurelyLikelier([], [])).toBe(false);
  });
});
