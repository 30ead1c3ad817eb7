/** Observes one range of bins against a reference bank: what a brushed range or an incident is diagnosed from. */
import type { TelemetryBins } from '../aggregate/telemetryBins.js';
import { sumRange } from '../slices/windowSet.js';
import type { ReferenceBank } from './referenceBank.js';
import { SeriesLevels } from './seriesLevels.js';
import { createObservation, fillMoment, fillRate, fillSeries, type ObservationSink } from './windowScan.js';

/** Visits every key with cases in `[fromBin, toBin)` as window 0. */
export function scanRange(bins: TelemetryBins, bank: ReferenceBank, fromBin: number, toBin: number, sink: ObservationSink): void {
  const observation = createObservation();
  const cases = new Map<number, number>();
  bins.rateKeys.forEach((rateKey, key) => {
    let n = cases.get(rateKey.denominator);
    if (n === undefined) {
      n = sumRange(bins.denominators, bins.denominators.counts, rateKey.denominator, fromBin, toBin);
      cases.set(rateKey.denominator, n);
    }
    if (n > 0) {
      fillRate(observation, key, sumRange(bins.rates, bins.rates.counts, key, fromBin, toBin), n, bank);
      sink(observation);
    }
  });
  const { moments } = bins;
  bins.momentKeys.forEach((_, key) => {
    const n = sumRange(moments, moments.counts, key, fromBin, toBin);
    if (n > 0) {
      const sum = sumRange(moments, moments.sums, key, fromBin, toBin);
      const squares = sumRange(moments, moments.squares, key, fromBin, toBin);
      fillMoment(observation, key, { n, sum, squares }, bank);
      sink(observation);
    }
  });
  const levels = new SeriesLevels(bins);
  bins.seriesKeys.forEach((_, key) => {
    levels.select(key);
    const read = levels.read(fromBin, toBin);
    if (read.n > 0) {
      fillSeries(observation, key, read, bank);
      sink(observation);
    }
  });
}
