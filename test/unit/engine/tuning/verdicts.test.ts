import { describe, expect, it } from 'vitest';
import type { AdaptationScores } from '../../../../src/core/adaptation/adaptEncoder.js';
import { isAdapterWorse, judgeAdaptation, judgeHead } from '../../../../src/engine/tuning/verdicts.js';

const exactly = (score: number) => ({ score, low: score, high: score });
const onTime = (tuned: number, current: number): AdaptationScores => ({
  slices: 90,
  tuned: exactly(tuned),
  current: exactly(current),
  baseline: exactly(0.1),
  lossCurve: [2, 1],
});

describe('an adapter', () => {
  it.each([
    [
      'better in time, without labels',
      0.3,
      undefined,
      false,
      /at least as surely .*: 0\.300 against 0\.200 on time that was left out; it is used\.$/,
    ],
    ['the same in time', 0.2, undefined, false, /; it is used\.$/],
    ['worse in time', 0.1, undefined, true, /less surely .*: 0\.100 against 0\.200 .*; it is not used\.$/],
    [
      'better in both',
      0.3,
      { adapted: 0.8, plain: 0.7 },
      false,
      /told apart at least as well: 0\.80 against 0\.70 of left-out incidents; it is used\.$/,
    ],
    [
      'worse in types',
      0.3,
      { adapted: 0.6, plain: 0.7 },
      true,
      /told apart less well: 0\.60 against 0\.70 of left-out incidents; it is not used\.$/,
    ],
  ] as const)('%s', (_, tuned, types, isWorse, reason) => {
    const findings = { scores: onTime(tuned, 0.2), ...(types === undefined ? {} : { types }) };
    expect(isAdapterWorse(findings)).toBe(isWorse);
    expect(judgeAdaptation(findings, 'if-not-worse')).toMatchObject({ isUsed: !isWorse, reason: expect.stringMatching(reason) as string });
    expect(judgeAdaptation(findings, 'never')).toMatchObject({
      isUsed: false,
      reason: expect.stringMatching(/it is not used, as you asked\.$/) as string,
    });
    expect(judgeAdaptation(findings, 'always')).toMatchObject({
      isUsed: true,
      reason: expect.stringMatching(isWorse ? /it is used because you asked for it\.$/ : /it is used\.$/) as string,
    });
  });
});

describe('a head', () => {
  const scores = {
    head: 'root-cause',
    measure: 'AC@1',
    incidents: 9,
    tuned: exactly(0.8),
    current: exactly(0.7),
    baseline: { name: 'always cart', ...exactly(0.1) },
    lossCurve: [],
    heldOut: [],
  } as const;

  it('says when it depends on the state, if it is used', () => {
    expect(judgeHead({ ...scores, dependsOnState: true }, 'if-not-worse').reason).toMatch(/it is used\. It depends on the state, /);
    expect(judgeHead({ ...scores, dependsOnState: false }, 'if-not-worse').reason).toMatch(/it is used\.$/);
    expect(judgeHead({ ...scores, dependsOnState: true, tuned: exactly(0.6) }, 'if-not-worse').reason).toMatch(
      /^Worse .*it is not used\.$/,
    );
  });

  it('says how far it follows the shipped head, if it is used', () => {
    const ofTypes = { ...scores, dependsOnState: false, defaultShare: 0.449 };
    expect(judgeHead(ofTypes, 'if-not-worse').reason).toMatch(
      /the shipped head keeps 45 % of the say, as far as it proved right of these labels\.$/,
    );
    expect(judgeHead({ ...ofTypes, tuned: exactly(0.6) }, 'if-not-worse').reason).toMatch(/it is not used\.$/);
  });
});
