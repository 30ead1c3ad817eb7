/** Observes one range of bins against a reference bank: what a brushed range or an incident is diagnosed from. */
import type { TelemetryBins } from '../aggregate/telemetryBins.js';
import { sumRange } from '../slices/windowSet.js';
import { rateDeviation } from './deviation.js';
import { SeriesLevels } from './seriesLevels.js';
import { createObservation, fillMoment, fillSeries, type ObservationSink, type ReferenceBank } from './windowScan.js';

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
      observation.kind = 'rate';
      observation.key = key;
      observation.n = n;
      observation.k = Math.min(n, sumRange(bins.rates, bins.rates.counts, key, fromBin, toBin));
      observation.value = observation.k / n;
      observation.usual = bank.rateP0[key] ?? 0.5;
      observation.z = rateDeviation(observation.k, n, { p0: observation.usual, phi: bank.ratePhi[key] ?? 1 });
      observation.spread = observation.slope = observation.change = 0;
      sink(observation);
    }
  });
  bins.momentKeys.forEach((_, key) => {
    const n = sumRange(bins.moments, bins.moments.counts, key, fromBin, toBin);
    if (n > 0) {
      observation.kind = 'moment';
      observation.key = key;
      observation.k = 0;
      observation.usual = bank.momentMedian[key] ?? 0;
      observation.slope = observation.change = 0;
      const sum = sumRange(bins.moments, bins.moments.sums, key, fromBin, toBin);
      const squares = sumRange(bins.moments, bins.moments.squares, key, fromBin, toBin);
      fillMoment(observation, n, sum, squares, observation.usual, bank.momentScale[key] ?? 0);
      sink(observation);
    }
  });
  const levels = new SeriesLevels(bins);
  observation.kind = 'series';
  bins.seriesKeys.forEach((_, key) => {
    levels.select(key);
    const read = levels.read(fromBin, toBin);
    if (read.n > 0) {
      fillSeries(observation, key, read, bank);
      sink(observation);
    }
  });
}
