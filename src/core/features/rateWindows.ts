import type { TelemetryBins } from '../aggregate/telemetryBins.js';
import { sumIntoWindows, type WindowSet } from '../slices/windowSet.js';

/** One rate key in all windows. Arrays are reused for the next: copy what is to be kept. */
export interface RateWindows {
  readonly key: number;
  /** [W] */
  readonly cases: Float64Array;
  /** [W] */
  readonly events: Float64Array;
}

/** Every rate key once; those of one denominator follow each other, so that its windows are summed once. */
export function* sumRates(bins: TelemetryBins, windows: WindowSet): Generator<RateWindows, void, undefined> {
  const { rateKeys, rates, denominators } = bins;
  const cases = new Float64Array(windows.starts.length);
  const events = new Float64Array(windows.starts.length);
  const denominatorOf = (key: number): number => rateKeys[key]?.denominator ?? 0;
  let summed = -1;
  for (const key of [...rateKeys.keys()].sort((a, b) => denominatorOf(a) - denominatorOf(b))) {
    if (denominatorOf(key) !== summed) {
      summed = denominatorOf(key);
      sumIntoWindows(denominators, denominators.counts, summed, windows, cases);
    }
    sumIntoWindows(rates, rates.counts, key, windows, events);
    yield { key, cases, events };
  }
}
