/**
 * What a histogram or summary of Prometheus measured, on the mean: what `_sum` grew by over what `_count` grew by. The sum is told as that mean:
 * by itself it is mostly load, which the count tells. OTLP's histograms come with a mean of their own, made while they are read: it stands for the sum.
 */
import { toMetricFamily } from '../features/metricFamily.js';
import { growF32, growU32 } from '../math/growableArray.js';
import type { Steps } from '../math/steps.js';
import type { SparseMoments } from './sparseRows.js';
import type { SeriesKey } from './telemetryBins.js';

const SUM = '_sum';
/** In place of the key of a `_count`: the mean is a series already. */
const WRITTEN = -1;

export interface SeriesTable {
  /** [K] */
  readonly keys: readonly SeriesKey[];
  /** K keys. */
  readonly series: SparseMoments;
}

/**
 * The same series with the mean in place of each `_sum` whose `_count` is there, of one entity and the same labels. Where the mean is a series
 * already, the sum is left empty.
 */
export function* toMeanSeries({ keys, series }: SeriesTable): Steps<SeriesTable> {
  const countOf = findCounts(keys);
  if (countOf.size === 0) {
    return { keys, series };
  }
  const columns = { bins: growU32(), counts: growF32(), sums: growF32(), squares: growF32(), files: growU32(), lines: growU32() };
  const offsets = new Uint32Array(series.offsets.length);
  for (let key = 0; key < keys.length; key++) {
    const ofCounts = countOf.get(key);
    const meanAt = ofCounts === undefined ? undefined : readMeans(series, ofCounts);
    for (let place = series.offsets[key] ?? 0; place < (series.offsets[key + 1] ?? 0); place++) {
      const mean = meanAt?.(place);
      if (meanAt !== undefined && mean === undefined) {
        continue;
      }
      columns.bins.push(series.bins[place] ?? 0);
      columns.counts.push(mean === undefined ? (series.counts[place] ?? 0) : 1);
      columns.sums.push(mean ?? series.sums[place] ?? 0);
      columns.squares.push(mean === undefined ? (series.squares[place] ?? 0) : mean * mean);
      columns.files.push(series.files[place] ?? 0);
      columns.lines.push(series.lines[place] ?? 0);
    }
    offsets[key + 1] = columns.bins.length;
    yield;
  }
  return {
    keys: keys.map((key, id) => ((countOf.get(id) ?? WRITTEN) === WRITTEN ? key : toMeanKey(key))),
    series: {
      offsets,
      bins: columns.bins.view().slice(),
      counts: columns.counts.view().slice(),
      sums: columns.sums.view().slice(),
      squares: columns.squares.view().slice(),
      files: columns.files.view().slice(),
      lines: columns.lines.view().slice(),
    },
  };
}

/** Key of each `_sum` of counters or deltas → key of its `_count`. Tables may hold totals as gauges: those stay as they are. */
function findCounts(keys: readonly SeriesKey[]): ReadonlyMap<number, number> {
  const nameOf = ({ entity, definition }: SeriesKey, metric: string, kind: string): string =>
    [entity, definition.entity.instance, kind, metric, definition.labels].join('\u0000');
  const byName = new Map(keys.map((key, id) => [nameOf(key, key.definition.metric, key.definition.kind), id]));
  const counts = new Map<number, number>();
  for (const [id, key] of keys.entries()) {
    const { metric, kind } = key.definition;
    const base = metric.endsWith(SUM) && kind !== 'gauge' ? metric.slice(0, -SUM.length) : '';
    const count = byName.get(nameOf(key, `${base}_count`, kind));
    if (base !== '' && count !== undefined) {
      counts.set(id, byName.has(nameOf(key, `${base}_mean`, 'gauge')) ? WRITTEN : count);
    }
  }
  return counts;
}

/** Mean by place of the sum, for places in ascending order; undefined where nothing was counted. */
function readMeans({ offsets, bins, sums, counts }: SparseMoments, count: number): (place: number) => number | undefined {
  if (count === WRITTEN) {
    return () => undefined;
  }
  const levelAt = (place: number): number => (sums[place] ?? 0) / (counts[place] ?? 1);
  let ofCount = offsets[count] ?? 0;
  const end = offsets[count + 1] ?? 0;
  return (place) => {
    while (ofCount < end && (bins[ofCount] ?? 0) < (bins[place] ?? 0)) {
      ofCount++;
    }
    return ofCount < end && bins[ofCount] === bins[place] && (sums[ofCount] ?? 0) > 0 ? levelAt(place) / levelAt(ofCount) : undefined;
  };
}

function toMeanKey(key: SeriesKey): SeriesKey {
  const metric = `${key.definition.metric.slice(0, -SUM.length)}_mean`;
  const rename = (text: string): string => text.replace(key.definition.metric, metric);
  return {
    ...key,
    family: toMetricFamily(metric),
    definition: { ...key.definition, metric, kind: 'gauge' },
    text: rename(key.text),
    label: rename(key.label),
  };
}
