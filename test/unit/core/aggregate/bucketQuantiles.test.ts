import { describe, expect, test } from 'vitest';
import type { TelemetryBins } from '../../../../src/core/aggregate/telemetryBins.js';
import { createBins, entriesOf, type TestPoint } from '../builders.js';

const NAME = 'http_request_duration_seconds';
const BOUNDS = ['0.1', '0.5', '2', '+Inf'];

/** Counters as Prometheus keeps them: cumulative over time and over bounds. [seconds, counts up to each of `bounds`] */
function histogram(
  scrapes: readonly (readonly [number, readonly number[]])[],
  { bounds = BOUNDS, ...more }: Partial<TestPoint> & { readonly bounds?: readonly string[] } = {},
): TestPoint[] {
  return scrapes.flatMap(([s, counts]) =>
    bounds.map((bound, i) => ({
      atMs: s * 1000,
      service: 'cart',
      metric: `${NAME}_bucket`,
      labels: `code="200",le="${bound}",method="GET"`,
      kind: 'counter' as const,
      value: counts[i] ?? 0,
      line: 10 * s + i,
      ...more,
    })),
  );
}

function namesOf({ seriesKeys }: TelemetryBins): string[] {
  return seriesKeys.map(({ definition: { metric, labels } }) => (labels === '' ? metric : `${metric}{${labels}}`));
}

/** [bin, value to three places] of one series. */
function valuesOf(bins: TelemetryBins, key: number): [number, string][] {
  return entriesOf(bins.series, key, bins.series.sums).map(([bin, value]) => [bin, value.toFixed(3)]);
}

describe('the buckets of a histogram', () => {
  test('are told as the 95th percentile of each interval and a count', () => {
    const bins = createBins([
      { points: histogram([[0, [0, 0, 0, 0]], [5, [90, 100, 100, 100]], [10, [180, 180, 200, 200]], [15, [180, 180, 200, 300]]]) }, // prettier-ignore
    ]);
    expect(bins.seriesKeys.map(({ definition, family, label }) => [definition.kind, family, label])).toEqual([
      ['gauge', 'metric-latency', `${NAME}_p95{code="200",method="GET"} of cart`],
      ['counter', 'metric-traffic', `${NAME}_count{code="200",method="GET"} of cart`],
    ]);
    // 95 of 100 lie halfway from .1 to .5; 95 of 100 at 5 of 10 from .5 to 2 once 90 are below; then all lie above the last bound.
    expect(valuesOf(bins, 0)).toEqual([
      [1, '0.300'],
      [2, '1.625'],
      [3, '2.000'],
    ]);
    expect(valuesOf(bins, 1)).toEqual([
      [1, '20.000'],
      [2, '20.000'],
      [3, '20.000'],
    ]);
    // Evidence opens where the largest finite bucket stands.
    expect(entriesOf(bins.series, 0, bins.series.lines).map(([, line]) => line)).toEqual([52, 102, 152]);
  });

  test('have the count and the mean that are written beside them once', () => {
    const parts = (['count', 'sum'] as const).flatMap((part) =>
      [0, 5, 10].map((s) => ({
        atMs: s * 1000,
        service: 'cart',
        metric: `${NAME}_${part}`,
        labels: 'code="200",method="GET"',
        kind: 'counter' as const,
        value: part === 'count' ? 20 * s : 4 * s,
      })),
    );
    const bins = createBins([{ points: [...histogram([[0, [0, 0, 0, 0]], [5, [90, 100, 100, 100]], [10, [180, 200, 200, 200]]]), ...parts] }]); // prettier-ignore
    const labels = '{code="200",method="GET"}';
    expect(namesOf(bins)).toEqual([`${NAME}_p95${labels}`, `${NAME}_count${labels}`, `${NAME}_mean${labels}`]);
    expect(valuesOf(bins, 2)).toEqual([
      [1, '0.200'],
      [2, '0.200'],
    ]);
    // Of a histogram whose count nobody wrote, the mean is known all the same.
    const bySum = parts.filter(({ metric }) => metric.endsWith('_sum'));
    const derived = createBins([{ points: [...histogram([[0, [0, 0, 0, 0]], [5, [90, 100, 100, 100]]]), ...bySum] }]); // prettier-ignore
    expect(namesOf(derived)).toEqual([`${NAME}_p95${labels}`, `${NAME}_count${labels}`, `${NAME}_mean${labels}`]);
  });

  test('of one interval each have the count that is written as such', () => {
    const deltas = histogram([[0, [90, 100, 100, 100]], [5, [90, 100, 100, 100]]], { kind: 'delta' }); // prettier-ignore
    const count: TestPoint = {
      atMs: 0,
      service: 'cart',
      metric: `${NAME}_count`,
      labels: 'code="200",method="GET"',
      kind: 'delta',
      value: 100,
    };
    const bins = createBins([{ points: [...deltas, count] }]);
    expect(bins.seriesKeys.map(({ definition: { metric, kind } }) => [metric, kind])).toEqual([
      [`${NAME}_p95`, 'gauge'],
      [`${NAME}_count`, 'delta'],
    ]);
    expect(valuesOf(bins, 0)[0]?.[1]).toBe('0.300');
  });

  test('say nothing of an interval in which nothing was observed', () => {
    const bins = createBins([{ points: histogram([[0, [5, 5, 5, 5]], [5, [5, 5, 5, 5]], [10, [5, 6, 6, 6]]]) }]); // prettier-ignore
    expect(valuesOf(bins, 0)).toEqual([[2, '0.480']]);
  });

  test('are read without one that was lost, and whatever the order of their bounds', () => {
    const points = histogram([[0, [0, 0, 0, 0]], [5, [90, 100, 100, 100]]]).filter(({ atMs, labels }) => atMs === 0 || !labels?.includes('"0.1"')); // prettier-ignore
    expect(valuesOf(createBins([{ points: points.toReversed() }]), 1)).toEqual([[1, '0.475']]);
  });

  test('stay as they are where they are no histogram', () => {
    const scrapes = [[0, [0, 0, 0, 0]], [5, [90, 100, 100, 100]]] as const; // prettier-ignore
    const count = (points: readonly TestPoint[]): number => createBins([{ points }]).seriesKeys.length;
    expect(count(histogram(scrapes, { kind: 'gauge' }))).toBe(4);
    expect(count(histogram(scrapes, { bounds: ['0.1', '0.5', '2'] }))).toBe(3);
    expect(count(histogram(scrapes, { bounds: ['0.1', '+Inf'] }))).toBe(2);
    expect(count(histogram(scrapes, { bounds: ['small', 'large', ''] }))).toBe(3);
    expect(count(histogram(scrapes, { metric: 'leaky_bucket', labels: '' }))).toBe(1);
    // Another service's total is none of this one's.
    const foreign = histogram(scrapes).map((point) => (point.labels?.includes('+Inf') === true ? { ...point, service: 'web' } : point));
    expect(count(foreign)).toBe(4);
  });

  test('of negative values and of sizes are what they are', () => {
    const cold = createBins([{ points: histogram([[0, [0, 0, 0]], [5, [100, 100, 100]]], { bounds: ['-2', '0', '+Inf'], metric: 'offset_celsius_bucket' }) }]); // prettier-ignore
    expect(valuesOf(cold, 0)).toEqual([[1, '-2.000']]);
    const sizes = createBins([{ points: histogram([[0, [0, 0, 0]], [5, [0, 100, 100]]], { bounds: ['100', '200', '+Inf'], metric: 'http_response_size_bytes_bucket' }) }]); // prettier-ignore
    expect(sizes.seriesKeys[0]?.family).toBe('metric-io');
    expect(valuesOf(sizes, 0)).toEqual([[1, '195.000']]);
  });
});
