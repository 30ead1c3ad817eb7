/**
 * What a histogram or summary of Prometheus measured, on the mean: what `_sum` grew by over what `_count` grew by. The sum is told as that mean:
 * by itself it is mostly load, which the count tells. OTLP's histograms come with a mean of their own, made while they are read: it stands for the sum.
 */
import { describeSeries } from './describeSeries.js';
import { LEFT_OUT, levelOf, nameOf, readLevels, type Replacement, type Replacements, type SeriesTable } from './replaceSeries.js';
import type { SparseMoments } from './sparseRows.js';
import type { SeriesKey } from './telemetryBins.js';

const SUM = '_sum';

/** The mean in place of each `_sum` whose `_count` is there, of one entity and the same labels; nothing where the mean is a series already. */
export function findMeans({ keys, series }: SeriesTable): Replacements {
  const byName = new Map(keys.map((key, id) => [nameOf(key), id]));
  const found = new Map<number, Replacement | typeof LEFT_OUT>();
  for (const [id, key] of keys.entries()) {
    const { metric, kind } = key.definition;
    // Tables may hold totals as gauges: those stay as they are.
    if (!metric.endsWith(SUM) || kind === 'gauge') {
      continue;
    }
    const base = metric.slice(0, -SUM.length);
    const ofCounts = byName.get(nameOf(key, { ...key.definition, metric: `${base}_count` }));
    if (ofCounts !== undefined) {
      const isWritten = byName.has(nameOf(key, { ...key.definition, metric: `${base}_mean`, kind: 'gauge' }));
      found.set(id, isWritten ? LEFT_OUT : { key: toMeanKey(key), levelAt: toMeans(series, ofCounts) });
    }
  }
  return found;
}

/** Mean by place of the sum; undefined where nothing was counted. */
function toMeans(series: SparseMoments, ofCounts: number): (place: number) => number | undefined {
  const countAt = readLevels(series, ofCounts);
  return (place) => {
    const count = countAt(series.bins[place] ?? 0) ?? 0;
    return count > 0 ? levelOf(series, place) / count : undefined;
  };
}

function toMeanKey(key: SeriesKey): SeriesKey {
  const metric = `${key.definition.metric.slice(0, -SUM.length)}_mean`;
  return { ...key, ...describeSeries({ ...key.definition, metric, kind: 'gauge' }) };
}
