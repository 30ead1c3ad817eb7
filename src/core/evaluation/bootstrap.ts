/** Confidence intervals by resampling faults: what is independent is a fault, never one of its overlapping slices. */
import { quantile } from '../math/robust.js';
import { Random } from '../math/random.js';

export interface Estimate {
  readonly value: number;
  /** 95 % percentile interval; equal to `value` where nothing can be resampled. */
  readonly low: number;
  readonly high: number;
  readonly n: number;
}

const RESAMPLES = 500;
const SEED = 20_260_310;

/**
 * @param n units (faults) that are resampled
 * @param statistic of the units with these indices, repeats included; NaN when it is not defined for them
 */
export function bootstrap(n: number, statistic: (units: readonly number[]) => number, resamples = RESAMPLES): Estimate {
  const all = Array.from({ length: n }, (_, i) => i);
  const value = n === 0 ? NaN : statistic(all);
  const random = new Random(SEED, 'bootstrap');
  const values: number[] = [];
  for (let round = 0; round < resamples && n > 1; round++) {
    const drawn = statistic(all.map(() => Math.floor(random.next() * n)));
    if (!Number.isNaN(drawn)) {
      values.push(drawn);
    }
  }
  return values.length === 0
    ? { value, low: value, high: value, n }
    : { value, low: quantile(values, 0.025), high: quantile(values, 0.975), n };
}

/**
 * For measures of agreement between groupings: a fault drawn twice would agree with itself and raise them. 95 % normal interval from
 * leaving out one fault at a time, within [-1, 1].
 */
export function jackknife(n: number, statistic: (units: readonly number[]) => number): Estimate {
  const all = Array.from({ length: n }, (_, i) => i);
  const value = n === 0 ? NaN : statistic(all);
  const values = all.map((left) => statistic(all.filter((unit) => unit !== left))).filter((one) => !Number.isNaN(one));
  if (values.length < 2) {
    return { value, low: value, high: value, n };
  }
  const mean = meanOf(values);
  const variance = ((values.length - 1) / values.length) * values.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  const half = 1.96 * Math.sqrt(variance);
  return { value, low: Math.max(-1, value - half), high: Math.min(1, value + half), n };
}

/** Mean of the values that are numbers; NaN when there are none. */
export function meanOf(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.length === 0 ? NaN : known.reduce((sum, value) => sum + value, 0) / known.length;
}
