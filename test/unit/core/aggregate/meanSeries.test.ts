import { describe, expect, test } from 'vitest';
import { createBins, entriesOf, type TestPoint } from '../builders.js';

const NAME = 'http_request_duration_seconds';

/** Counters as Prometheus keeps them: [seconds, sum, count]. */
function histogram(scrapes: readonly (readonly [number, number, number])[], more: Partial<TestPoint> = {}): TestPoint[] {
  return scrapes.flatMap(([s, sum, count]) =>
    (['sum', 'count'] as const).map((part) => ({
      atMs: s * 1000,
      service: 'cart',
      metric: `${NAME}_${part}`,
      kind: 'counter' as const,
      value: part === 'sum' ? sum : count,
      line: s + 1,
      ...more,
    })),
  );
}

describe('what a histogram measured', () => {
  test('is on the mean what its sum grew by over what its count grew by, whatever the load', () => {
    const bins = createBins([{ points: histogram([[0, 10, 100], [5, 20, 200], [10, 21, 210], [15, 26, 220]]) }]); // prettier-ignore
    expect(bins.seriesKeys.map(({ definition, family, label }) => [definition.metric, definition.kind, family, label])).toEqual([
      [`${NAME}_mean`, 'gauge', 'metric-latency', `${NAME}_mean of cart`],
      [`${NAME}_count`, 'counter', 'metric-traffic', `${NAME}_count of cart`],
    ]);
    const means = entriesOf(bins.series, 0, bins.series.sums);
    expect(means.map(([bin]) => bin)).toEqual([1, 2, 3]);
    expect(entriesOf(bins.series, 1, bins.series.sums)).toEqual([
      [1, 20],
      [2, 2],
      [3, 2],
    ]);
    expect(means.map(([, mean]) => mean.toFixed(3))).toEqual(['0.100', '0.100', '0.500']);
    // Evidence opens where the sum stands.
    expect(entriesOf(bins.series, 0, bins.series.lines).map(([, line]) => line)).toEqual([6, 11, 16]);
  });

  test('has no mean where nothing was measured, or half of it is missing', () => {
    const idle = createBins([{ points: histogram([[0, 10, 100], [5, 10, 100], [10, 11, 110]]) }]); // prettier-ignore
    expect(entriesOf(idle.series, 0)).toEqual([[2, 1]]);
    const never = createBins([{ points: histogram([[0, 10, 100], [5, 10, 100]]) }]); // prettier-ignore
    expect(entriesOf(never.series, 0)).toEqual([]);
    const half = histogram([[0, 10, 100], [5, 20, 200]]).filter(({ metric }) => metric === `${NAME}_sum`); // prettier-ignore
    expect(createBins([{ points: half }]).seriesKeys.map(({ definition }) => definition.metric)).toEqual([`${NAME}_sum`]);
  });

  test('is not joined across services, and not derived where a mean is written', () => {
    const [sums, counts] = ['sum', 'count'].map(
      (part) =>
      histogram([[0, 10, 100], [5, 20, 200]]).filter(({ metric }) => metric === `${NAME}_${part}`), // prettier-ignore
    );
    const apart = [...(sums ?? []), ...(counts ?? []).map((point) => ({ ...point, service: 'web' }))];
    const metricsOf = (points: readonly TestPoint[]): string[] =>
      createBins([{ points }]).seriesKeys.map(({ definition }) => definition.metric);
    expect(metricsOf(apart)).toEqual([`${NAME}_sum`, `${NAME}_count`]);
    const written: TestPoint = { atMs: 5000, service: 'cart', metric: `${NAME}_mean`, value: 0.1 };
    const bins = createBins([{ points: [...(sums ?? []), ...(counts ?? []), written] }]);
    expect(bins.seriesKeys.map(({ definition }) => definition.metric)).toEqual([`${NAME}_count`, `${NAME}_mean`]);
    expect([0, 1].map((key) => entriesOf(bins.series, key).length)).toEqual([1, 1]);
  });

  test('is of gauges no mean: a table may hold totals', () => {
    const bins = createBins([{ points: histogram([[0, 10, 100], [5, 20, 200]], { kind: 'gauge' }) }]); // prettier-ignore
    expect(bins.seriesKeys.map(({ definition }) => definition.metric)).toEqual([`${NAME}_sum`, `${NAME}_count`]);
  });
});
