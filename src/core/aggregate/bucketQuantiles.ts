/**
 * What Prometheus' histograms measured, as a quantile: their cumulative buckets (`_bucket`, with upper bounds `le`) say how many of one interval's
 * observations were no larger than each bound. Told one by one they would be a dozen counts of traffic, each of which moves when anything is slow.
 */
import { getOrAdd } from '../math/getOrAdd.js';
import { histogramQuantile } from '../math/histogramQuantile.js';
import type { SeriesKind } from '../records.js';
import { describeSeries } from './describeSeries.js';
import { LEFT_OUT, nameOf, readLevels, type Replacement, type Replacements, type SeriesTable } from './replaceSeries.js';
import type { SparseMoments } from './sparseRows.js';
import type { SeriesKey } from './telemetryBins.js';

const BUCKET = '_bucket';
const QUANTILE = 0.95;
const BOUND = /(?:^|,)le="([^"]*)"/u;
/** With one finite bound alone there is nothing between which a quantile could lie. */
const LEAST_BOUNDS = 2;

interface Bucket {
  readonly id: number;
  readonly bound: number;
}

/**
 * The 95th percentile in place of the largest finite bucket of each histogram whose `+Inf` bucket is there, and the `_count` in place of that
 * where nobody wrote it. The other buckets are left out.
 */
export function findQuantiles({ keys, series }: SeriesTable): Replacements {
  const found = new Map<number, Replacement | typeof LEFT_OUT>();
  const histograms = new Map<string, Bucket[]>();
  for (const [id, key] of keys.entries()) {
    const bound = findBound(key);
    if (bound !== undefined) {
      getOrAdd(histograms, nameOf(key, { ...key.definition, labels: withoutBound(key) }), () => []).push({ id, bound });
    }
  }
  const names = histograms.size === 0 ? new Set<string>() : new Set(keys.map((key) => nameOf(key)));
  for (const buckets of histograms.values()) {
    buckets.sort((a, b) => a.bound - b.bound);
    const total = buckets.at(-1);
    const finite = buckets.filter(({ bound }) => bound < Infinity);
    const largest = keys[finite.at(-1)?.id ?? -1];
    if (total?.bound !== Infinity || largest === undefined || finite.length < LEAST_BOUNDS) {
      continue;
    }
    for (const { id } of buckets) {
      found.set(id, LEFT_OUT);
    }
    found.set(finite.at(-1)?.id ?? -1, { key: toPart(largest, '_p95', 'gauge'), levelAt: toQuantiles(series, finite, total.id) });
    const count = toPart(largest, '_count', largest.definition.kind);
    if (!names.has(nameOf(count))) {
      const countAt = readLevels(series, total.id);
      found.set(total.id, { key: count, levelAt: (place) => countAt(series.bins[place] ?? 0) });
    }
  }
  return found;
}

/** Upper bound of a bucket of a counter; undefined for any other series. */
function findBound({ definition: { metric, kind, labels } }: SeriesKey): number | undefined {
  const written = metric.endsWith(BUCKET) && kind !== 'gauge' ? BOUND.exec(labels)?.[1] : undefined;
  if (written === undefined) {
    return undefined;
  }
  const bound = /^\+?inf$/iu.test(written) ? Infinity : Number(written);
  return written === '' || Number.isNaN(bound) ? undefined : bound;
}

function withoutBound({ definition: { labels } }: SeriesKey): string {
  return labels.replace(BOUND, '').replace(/^,/u, '');
}

function toPart(bucket: SeriesKey, part: '_p95' | '_count', kind: SeriesKind): SeriesKey {
  const metric = `${bucket.definition.metric.slice(0, -BUCKET.length)}${part}`;
  return { ...bucket, ...describeSeries({ ...bucket.definition, metric, kind, labels: withoutBound(bucket) }) };
}

/** Quantile by place of the largest finite bucket; undefined where nothing was observed. @param finite ascending by bound */
function toQuantiles(series: SparseMoments, finite: readonly Bucket[], total: number): (place: number) => number | undefined {
  const totalAt = readLevels(series, total);
  const readers = finite.map(({ id, bound }) => ({ bound, at: readLevels(series, id) }));
  return (place) => {
    const bin = series.bins[place] ?? 0;
    const known = readers.flatMap(({ bound, at }) => {
      const count = at(bin);
      return count === undefined ? [] : [{ bound, count }];
    });
    return histogramQuantile(QUANTILE, known, totalAt(bin) ?? 0);
  };
}
