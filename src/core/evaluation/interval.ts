/** A score with its interval as reports give it. */
import { bootstrap } from './bootstrap.js';

export interface Interval {
  readonly score: number;
  /** 95 % by bootstrap over what was left out. */
  readonly low: number;
  readonly high: number;
}

export function toInterval(n: number, statistic: (units: readonly number[]) => number): Interval {
  const { value, low, high } = bootstrap(n, statistic);
  return { score: value, low, high };
}
