/** Confidence intervals by resampling faults: what is independent is a fault, never one of its overlapping slices. */
import { quantile } from '../../../src/core/math/robust.js';
import { Random } from '../../../src/simulation/random.js';

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

/** Mean of the values that are numbers; NaN when there are none. */
export function meanOf(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.length === 0 ? NaN : known.reduce((sum, value) => sum + value, 0) / known.length;
}
