/** Levels of a metric series over windows, each sample standing for the interval before it. */
import type { TelemetryBins } from '../aggregate/telemetryBins.js';
import { median } from '../math/robust.js';
import { lowerEntry } from '../slices/windowSet.js';
import { toSignedLog } from './deviation.js';

/** "Against the preceding 10 minutes". */
const HISTORY_NS = 600e9;
const MIN_HISTORY_SAMPLES = 3;

export interface SeriesReading {
  /** Samples that cover the window; 0 = the other fields are 0. */
  n: number;
  /** Mean of the signed-log level in units of the series, weighted by covered time. */
  level: number;
  /** `level` minus the median of the preceding minutes; NaN without enough history. */
  change: number;
  /** Largest minus smallest level. */
  spread: number;
  /** Last minus first level. */
  slope: number;
}

export class SeriesLevels {
  private key = 0;
  private unit = 1;
  private intervalBins = 1;
  /** Entries of the history that was read last, and its median. */
  private historyFrom = -1;
  private historyTo = -1;
  private historyMedian = NaN;
  private readonly historyBins: number;
  private readonly reading: SeriesReading = { n: 0, level: 0, change: 0, spread: 0, slope: 0 };

  private readonly bins: TelemetryBins;

  constructor(bins: TelemetryBins) {
    this.bins = bins;
    this.historyBins = Math.max(1, Math.round(HISTORY_NS / Number(bins.binNs)));
  }

  select(key: number): void {
    const { intervalNs = 0, unit = 1 } = this.bins.seriesKeys[key] ?? {};
    this.key = key;
    this.unit = unit;
    this.intervalBins = Math.max(1, intervalNs / Number(this.bins.binNs));
  }

  /** Reads `[fromBin, toBin)`. The result is reused by the next call. */
  read(fromBin: number, toBin: number): SeriesReading {
    const { series } = this.bins;
    const reading = this.reading;
    reading.n = 0;
    const end = series.offsets[this.key + 1] ?? 0;
    let weight = 0;
    let sum = 0;
    let smallest = Infinity;
    let largest = -Infinity;
    let first = 0;
    let last = 0;
    for (let entry = lowerEntry(series, this.key, fromBin); entry < end; entry++) {
      // A sample in bin b was taken on average at b + 0.5 and covers the interval before.
      const takenAt = (series.bins[entry] ?? 0) + 0.5;
      const covered = Math.min(takenAt, toBin) - Math.max(takenAt - this.intervalBins, fromBin);
      if (takenAt - this.intervalBins >= toBin) {
        break;
      }
      if (covered <= 0) {
        continue;
      }
      const level = this.levelAt(entry);
      if (reading.n === 0) {
        first = level;
      }
      last = level;
      reading.n++;
      weight += covered;
      sum += covered * level;
      smallest = Math.min(smallest, level);
      largest = Math.max(largest, level);
    }
    if (reading.n === 0) {
      reading.level = reading.change = reading.spread = reading.slope = 0;
      return reading;
    }
    reading.level = sum / weight;
    reading.spread = largest - smallest;
    reading.slope = last - first;
    reading.change = reading.level - this.medianBefore(fromBin);
    return reading;
  }

  private medianBefore(bin: number): number {
    const { series } = this.bins;
    const from = lowerEntry(series, this.key, Math.max(0, bin - this.historyBins));
    const to = lowerEntry(series, this.key, bin);
    // Windows overlap and samples are rarer than steps: neighbours often have the same history.
    if (from !== this.historyFrom || to !== this.historyTo) {
      this.historyFrom = from;
      this.historyTo = to;
      const history: number[] = [];
      for (let entry = from; entry < to; entry++) {
        history.push(this.levelAt(entry));
      }
      this.historyMedian = history.length >= MIN_HISTORY_SAMPLES ? median(history) : NaN;
    }
    return this.historyMedian;
  }

  private levelAt(entry: number): number {
    const { series } = this.bins;
    return toSignedLog((series.sums[entry] ?? 0) / Math.max(1, series.counts[entry] ?? 1) / this.unit);
  }
}
