/**
 * What a histogram or summary of Prometheus measured, on the mean: what `_sum` grew by over what `_count` grew by. Either alone is mostly load.
 * OTLP's histograms come with a mean of their own, made while they are read.
 */
import { toMetricFamily } from '../features/metricFamily.js';
import type { Steps } from '../math/steps.js';
import { growF32, growU32 } from '../math/growableArray.js';
import type { SparseMoments } from './sparseRows.js';
import type { SeriesKey } from './telemetryBins.js';

const SUM = '_sum';

interface MeanSource {
  /** Of `_sum` and `_count`. */
  readonly sum: number;
  readonly count: number;
  readonly base: string;
}

export interface SeriesTable {
  /** [K] */
  readonly keys: readonly SeriesKey[];
  /** K keys, sorted as they are. */
  readonly series: SparseMoments;
}

/** The same series, followed by the mean of each pair of `_sum` and `_count` of one entity and the same labels. */
export function* addMeanSeries({ keys, series }: SeriesTable): Steps<SeriesTable> {
  const sources = findMeanSources(keys);
  if (sources.length === 0) {
    return { keys, series };
  }
  const columns = { bins: growU32(), sums: growF32(), files: growU32(), lines: growU32() };
  const ends: number[] = [];
  const meanKeys: SeriesKey[] = [];
  for (const source of sources) {
    const key = keys[source.sum];
    const places = pairBins(series, source);
    yield;
    if (key === undefined || places.length === 0) {
      continue;
    }
    for (const [ofSum, ofCount] of places) {
      columns.bins.push(series.bins[ofSum] ?? 0);
      columns.sums.push(levelAt(series, ofSum) / levelAt(series, ofCount));
      columns.files.push(series.files[ofSum] ?? 0);
      columns.lines.push(series.lines[ofSum] ?? 0);
    }
    ends.push(series.bins.length + columns.bins.length);
    meanKeys.push(toMeanKey(key, source.base));
  }
  const sums = columns.sums.view();
  return {
    keys: [...keys, ...meanKeys],
    series: {
      offsets: Uint32Array.from([...series.offsets, ...ends]),
      bins: joinU32(series.bins, columns.bins.view()),
      counts: joinF32(series.counts, new Float32Array(sums.length).fill(1)),
      sums: joinF32(series.sums, sums),
      squares: joinF32(
        series.squares,
        sums.map((mean) => mean * mean),
      ),
      files: joinU32(series.files, columns.files.view()),
      lines: joinU32(series.lines, columns.lines.view()),
    },
  };
}

function findMeanSources(keys: readonly SeriesKey[]): MeanSource[] {
  const nameOf = ({ entity, definition }: SeriesKey, metric: string): string =>
    [entity, definition.entity.instance, definition.kind, metric, definition.labels].join('\u0000');
  const byName = new Map(keys.map((key, id) => [nameOf(key, key.definition.metric), id]));
  return keys.flatMap((key, sum) => {
    const { metric, kind } = key.definition;
    if (!metric.endsWith(SUM) || kind === 'gauge') {
      return [];
    }
    const base = metric.slice(0, -SUM.length);
    const count = byName.get(nameOf(key, `${base}_count`));
    const hasMean = byName.has(nameOf({ ...key, definition: { ...key.definition, kind: 'gauge' } }, `${base}_mean`));
    return count === undefined || hasMean ? [] : [{ sum, count, base }];
  });
}

/** Places of the bins that both have, where anything was measured. */
function pairBins({ offsets, bins, sums }: SparseMoments, { sum, count }: MeanSource): (readonly [number, number])[] {
  const pairs: (readonly [number, number])[] = [];
  let ofCount = offsets[count] ?? 0;
  const end = offsets[count + 1] ?? 0;
  for (let ofSum = offsets[sum] ?? 0; ofSum < (offsets[sum + 1] ?? 0); ofSum++) {
    while (ofCount < end && (bins[ofCount] ?? 0) < (bins[ofSum] ?? 0)) {
      ofCount++;
    }
    if (ofCount < end && bins[ofCount] === bins[ofSum] && (sums[ofCount] ?? 0) > 0) {
      pairs.push([ofSum, ofCount]);
    }
  }
  return pairs;
}

function levelAt({ sums, counts }: SparseMoments, place: number): number {
  return (sums[place] ?? 0) / (counts[place] ?? 1);
}

function toMeanKey(key: SeriesKey, base: string): SeriesKey {
  const metric = `${base}_mean`;
  const rename = (text: string): string => text.replace(key.definition.metric, metric);
  return {
    ...key,
    family: toMetricFamily(metric),
    definition: { ...key.definition, metric, kind: 'gauge' },
    text: rename(key.text),
    label: rename(key.label),
  };
}

function joinU32(first: Uint32Array, second: Uint32Array): Uint32Array {
  const out = new Uint32Array(first.length + second.length);
  out.set(first);
  out.set(second, first.length);
  return out;
}

function joinF32(first: Float32Array, second: Float32Array): Float32Array {
  const out = new Float32Array(first.length + second.length);
  out.set(first);
  out.set(second, first.length);
  return out;
}
