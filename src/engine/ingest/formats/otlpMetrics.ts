import { resolveEntity } from '../../../core/entities.js';
import { histogramQuantile } from '../../../core/math/histogramQuantile.js';
import type { EntityName, SeriesKind } from '../../../core/records.js';
import type { JsonElement } from '../json/jsonElements.js';
import { isObject, type JsonObject } from '../fields/logFields.js';
import { findNsField, fieldOf, listOf, readAttributes, textOf } from './otlpValues.js';
import type { RecordSink } from '../recordSink.js';
import { nameMeasured } from '../fields/measuredCalls.js';
import { toLabelText } from '../fields/seriesKind.js';

const QUANTILE = 0.95;

/** State of a cumulative histogram at its last point, to tell what one interval added. */
interface HistogramState {
  readonly timeNs: bigint;
  readonly startNs: bigint | undefined;
  readonly count: number;
  readonly sum: number;
  readonly buckets: readonly number[];
}

/**
 * OTLP metrics as series: gauges and sums as they are (a monotonic cumulative sum is a counter, a delta sum a delta, another sum a
 * gauge); histograms as `<name>_count` and `<name>_sum` by their temporality, with `<name>_mean` and `<name>_p95` of each interval
 * as gauges; summaries as count, sum and one gauge per quantile.
 */
export class OtlpMetrics {
  readonly #sink: RecordSink;
  readonly #histograms = new Map<number, HistogramState>();

  public constructor(sink: RecordSink) {
    this.#sink = sink;
  }

  /**
   * @param owner entity named by the resource; undefined when points may name another (span metrics connectors write
   * `service.name` on each point)
   */
  public add(metric: JsonObject, text: string, owner: EntityName | undefined, fallback: EntityName, item: JsonElement): void {
    const name = textOf(metric, 'name');
    const unit = textOf(metric, 'unit');
    if (name === '') {
      this.#sink.reject('metric without a name', item.line);
      return;
    }
    let known = false;
    for (const type of ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'exponential_histogram', 'summary'] as const) {
      const data = metric[type];
      if (!isObject(data)) {
        continue;
      }
      known = true;
      const kind = toKind(type, data);
      for (const point of listOf(data, 'dataPoints', 'data_points')) {
        const timeNs = findNsField(point, text, 'timeUnixNano', 'time_unix_nano');
        if (timeNs === undefined) {
          this.#sink.reject('no time', item.line);
          continue;
        }
        const attributes = readAttributes(point.attributes);
        const labels = [...attributes].filter(([key]) => key !== 'service.name');
        const writer =
          owner ?? (attributes.has('service.name') ? resolveEntity({ serviceName: attributes.get('service.name') }) : fallback);
        const measured = nameMeasured(writer, name, labels);
        const put = (
          metricName: string,
          seriesKind: SeriesKind,
          value: number,
          more: readonly (readonly [string, string])[] = [],
          seriesUnit = unit,
        ): number => {
          const series = this.#sink.internSeries({
            ...measured,
            metric: metricName,
            unit: seriesUnit,
            kind: seriesKind,
            labels: toLabelText([...labels, ...more]),
          });
          this.#sink.addPoint(timeNs, series, value, item.offset, item.line);
          return series;
        };
        if (type === 'gauge' || type === 'sum') {
          this.#addNumber(point, name, kind, put, item);
        } else if (type === 'summary') {
          addSummary(point, name, put);
        } else {
          this.#addHistogram(point, text, timeNs, name, kind, put);
        }
      }
    }
    if (!known) {
      this.#sink.reject('metric of an unknown type', item.line);
    }
  }

  #addNumber(point: JsonObject, name: string, kind: SeriesKind, put: Put, item: JsonElement): void {
    const value = fieldOf(point, 'asDouble', 'asInt', 'as_double', 'as_int');
    const flags = Number(point.flags ?? 0);
    if (value === undefined) {
      this.#sink.reject((flags & 1) === 1 ? 'no recorded value (staleness marker)' : 'point without a value', item.line);
      return;
    }
    put(name, kind, toNumber(value));
  }

  #addHistogram(point: JsonObject, text: string, timeNs: bigint, name: string, kind: SeriesKind, put: Put): void {
    const count = toNumber(point.count ?? 0);
    const hasSum = point.sum !== undefined;
    const sum = toNumber(point.sum ?? 0);
    const series = put(`${name}_count`, kind, count, [], '');
    if (hasSum) {
      put(`${name}_sum`, kind, sum);
    }
    const buckets = numbersOf(fieldOf(point, 'bucketCounts', 'bucket_counts'));
    const bounds = numbersOf(fieldOf(point, 'explicitBounds', 'explicit_bounds'));
    const startNs = findNsField(point, text, 'startTimeUnixNano', 'start_time_unix_nano');
    const state = { timeNs, startNs, count, sum, buckets };
    const added = kind === 'delta' ? state : toAdded(this.#histograms.get(series), state);
    if (kind !== 'delta') {
      this.#histograms.set(series, state);
    }
    if (added === undefined || !(added.count > 0)) {
      return;
    }
    if (hasSum) {
      put(`${name}_mean`, 'gauge', added.sum / added.count);
    }
    const quantile = findQuantile(added.buckets, bounds, QUANTILE);
    if (quantile !== undefined) {
      put(`${name}_p95`, 'gauge', quantile);
    }
  }
}

type Put = (metric: string, kind: SeriesKind, value: number, labels?: readonly (readonly [string, string])[], unit?: string) => number;

/** What the interval since the last point added; undefined at the first point, out of order and after a reset. */
function toAdded(before: HistogramState | undefined, now: HistogramState): Pick<HistogramState, 'count' | 'sum' | 'buckets'> | undefined {
  if (before === undefined || before.timeNs >= now.timeNs || before.startNs !== now.startNs || before.count > now.count) {
    return undefined;
  }
  return {
    count: now.count - before.count,
    sum: now.sum - before.sum,
    buckets: now.buckets.map((count, index) => count - (before.buckets[index] ?? 0)),
  };
}

/** @param buckets [n + 1] counts @param bounds [n] ascending */
function findQuantile(buckets: readonly number[], bounds: readonly number[], quantile: number): number | undefined {
  if (buckets.length !== bounds.length + 1) {
    return undefined;
  }
  let total = 0;
  const cumulative = buckets.map((count) => (total += count));
  const finite = bounds.map((bound, index) => ({ bound, count: cumulative[index] ?? 0 }));
  return histogramQuantile(quantile, finite, total);
}

function addSummary(point: JsonObject, name: string, put: Put): void {
  put(`${name}_count`, 'counter', toNumber(point.count ?? 0), [], '');
  put(`${name}_sum`, 'counter', toNumber(point.sum ?? 0));
  for (const entry of listOf(point, 'quantileValues', 'quantile_values')) {
    put(name, 'gauge', toNumber(entry.value ?? 0), [['quantile', textOf(entry, 'quantile')]]);
  }
}

/** Temporality 1 = delta, 2 = cumulative (OTLP); unspecified counts as cumulative, its default in every SDK. */
function toKind(type: string, data: JsonObject): SeriesKind {
  if (type === 'gauge') {
    return 'gauge';
  }
  const temporality = fieldOf(data, 'aggregationTemporality', 'aggregation_temporality');
  const isDelta = temporality === 1 || temporality === 'AGGREGATION_TEMPORALITY_DELTA';
  if (type !== 'sum') {
    return isDelta ? 'delta' : 'counter';
  }
  const isMonotonic = fieldOf(data, 'isMonotonic', 'is_monotonic') === true;
  return isDelta ? 'delta' : isMonotonic ? 'counter' : 'gauge';
}

/** 64-bit integers are strings in protobuf's JSON, as are `NaN` and `Infinity`. */
function toNumber(value: unknown): number {
  return typeof value === 'number' ? value : typeof value === 'string' && value.trim() !== '' ? Number(value) : NaN;
}

function numbersOf(value: unknown): number[] {
  return Array.isArray(value) ? value.map(toNumber) : [];
}
