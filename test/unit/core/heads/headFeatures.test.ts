import { describe, expect, it } from 'vitest';
import { FAMILY_COUNT, familyIndex } from '../../../../src/core/features/families.js';
import { PART_COUNT, toFamilyScores, toSignedFamilyScores, type PartScores } from '../../../../src/core/features/familyScores.js';
import { toDetectionFeatures, toTypeFeatures, TYPE_FEATURES } from '../../../../src/core/heads/headFeatures.js';

const CPU = familyIndex('metric-cpu');
const DURATION = familyIndex('trace-duration');
const GAP = familyIndex('trace-gap');

function featureOf(features: Float64Array, name: string): number {
  const place = TYPE_FEATURES.indexOf(name);
  expect(place).toBeGreaterThanOrEqual(0);
  return features[place] ?? NaN;
}

describe('signed family scores', () => {
  const calibration = new Float64Array(PART_COUNT).fill(1);
  calibration[CPU] = 2;

  function partsOf(entries: readonly (readonly [number, number])[]): PartScores {
    const scores = new Float32Array(PART_COUNT).fill(NaN);
    for (const [part, score] of entries) {
      scores[part] = score;
    }
    return { nWindows: 1, nEntities: 1, scores };
  }

  it('keeps the direction and divides by the family’s own quantile', () => {
    const signed = toSignedFamilyScores(partsOf([[CPU, -6]]), 0, calibration);
    expect(signed[CPU]).toBe(-3);
    expect(toFamilyScores(partsOf([[CPU, -6]]), 0, calibration)[CPU]).toBe(3);
  });

  it('is 0 where nothing was observed', () => {
    expect([...toSignedFamilyScores(partsOf([]), 0, calibration)]).toEqual(new Array(FAMILY_COUNT).fill(0));
  });

  it('takes the strongest of the parts of one family', () => {
    const [gapIn, gapOut] = [GAP, FAMILY_COUNT];
    expect(
      toSignedFamilyScores(
        partsOf([
          [gapIn, 1],
          [gapOut, 4],
        ]),
        0,
        calibration,
      )[GAP],
    ).toBe(4);
  });
});

describe('failure-type features', () => {
  function scoresOf(rows: readonly Readonly<Record<number, number>>[]): Float32Array {
    const scores = new Float32Array(rows.length * FAMILY_COUNT);
    rows.forEach((row, entity) => {
      for (const [family, score] of Object.entries(row)) {
        scores[entity * FAMILY_COUNT + Number(family)] = score;
      }
    });
    return scores;
  }

  it('is relative to the strongest family of the root, above and below apart', () => {
    const features = toTypeFeatures(scoresOf([{ [CPU]: 7, [DURATION]: -1 }, { [DURATION]: 3 }]), 0);
    expect(featureOf(features, 'above.metric-cpu')).toBe(1);
    expect(featureOf(features, 'below.trace-duration')).toBeCloseTo(Math.log(2) / Math.log(8));
    expect(featureOf(features, 'above.trace-duration')).toBe(0);
    expect(featureOf(features, 'elsewhere.trace-duration')).toBeCloseTo(Math.log(4) / Math.log(8));
  });

  // models/pretraining/tests/test_type_features.py has the same numbers.
  it('has the root’s families above, then below, then the strongest of each elsewhere', () => {
    const features = toTypeFeatures(scoresOf([{ [CPU]: 1 }, { [CPU]: 7, [DURATION]: -1 }, { [DURATION]: 3, [CPU]: 100 }]), 1);
    const expected = new Float64Array(TYPE_FEATURES.length);
    expected.set([1], CPU);
    expected.set([Math.log(2) / Math.log(8)], FAMILY_COUNT + DURATION);
    expected.set([1], 2 * FAMILY_COUNT + CPU);
    expected.set([Math.log(4) / Math.log(8)], 2 * FAMILY_COUNT + DURATION);
    features.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i] ?? NaN, 12);
    });
  });

  it('does not change when all deviations but the profile grow beyond the root’s strongest', () => {
    const features = toTypeFeatures(scoresOf([{ [CPU]: 2 }, { [CPU]: 50 }]), 0);
    expect(featureOf(features, 'elsewhere.metric-cpu')).toBe(1);
  });

  it('is finite without a root and without entities', () => {
    expect([...toTypeFeatures(scoresOf([{ [CPU]: 3 }]), -1)].every(Number.isFinite)).toBe(true);
    expect([...toTypeFeatures(new Float32Array(0), -1)].every((value) => value === 0)).toBe(true);
  });
});

describe('detection features', () => {
  it('are 0 without entities and grow with the strongest deviation', () => {
    expect([...toDetectionFeatures(new Float32Array(0), [])].every((value) => value === 0)).toBe(true);
    const [calm, loud] = [new Float32Array(FAMILY_COUNT * 2), new Float32Array(FAMILY_COUNT * 2)];
    calm[CPU] = 1;
    loud[CPU] = 8;
    expect(toDetectionFeatures(loud, [])[0]).toBeGreaterThan(toDetectionFeatures(calm, [])[0] ?? NaN);
  });
});
