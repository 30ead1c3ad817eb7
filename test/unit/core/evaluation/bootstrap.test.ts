import { expect, test } from 'vitest';
import { bootstrap, jackknife, meanOf } from '../../../../src/core/evaluation/bootstrap.js';

const values = [0, 0, 1, 1, 1, 1, 1, 1, 1, 1];
const share = (units: readonly number[]) => meanOf(units.map((unit) => values[unit] ?? NaN));

test('the value is that of all units, the interval that of resampled ones, the same each time', () => {
  const estimate = bootstrap(values.length, share);
  expect(estimate.value).toBe(0.8);
  // Binomial with n = 10, p = .8: 2.5 % lie below .5 or at it, none above 1.
  expect(estimate.low).toBeGreaterThanOrEqual(0.4);
  expect(estimate.low).toBeLessThanOrEqual(0.6);
  expect(estimate.high).toBe(1);
  expect(bootstrap(values.length, share)).toEqual(estimate);
});

test('one unit has no interval, none has no value', () => {
  expect(bootstrap(1, () => 0.5)).toEqual({ value: 0.5, low: 0.5, high: 0.5, n: 1 });
  expect(bootstrap(0, () => 0.5).value).toBeNaN();
});

test('a mean leaves out what is not defined', () => {
  expect(meanOf([1, NaN, 3])).toBe(2);
  expect(meanOf([NaN])).toBeNaN();
});

test('the jackknife of a mean has the standard error of a mean', () => {
  const { value, low, high } = jackknife(values.length, share);
  expect(value).toBe(0.8);
  // s² = .1778, s / √10 = .1333; the upper end is cut at 1.
  expect(low).toBeCloseTo(0.8 - 1.96 * 0.13333, 4);
  expect(high).toBe(1);
});
