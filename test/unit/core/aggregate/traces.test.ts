import { describe, expect, test } from 'vitest';
import { SpanTable } from '../../../../src/core/aggregate/recordTables.js';
import { buildSpanForest, type SpanForest } from '../../../../src/core/aggregate/spanForest.js';
import { toLogMicros } from '../../../../src/core/aggregate/traceAggregator.js';
import type { MomentPart } from '../../../../src/core/aggregate/telemetryBins.js';
import { createBins, entriesOf, rateOf, totalOf, type TestSpan } from '../builders.js';

/** [key, parent key, start, duration] */
function forestOf(rows: readonly (readonly [number, number, number, number])[]): SpanForest {
  const table = new SpanTable();
  for (const [key, parent, start, duration] of rows) {
    table.spanKey.push(key);
    table.parentKey.push(parent);
    table.startNs.push(start);
    table.durationNs.push(duration);
  }
  return buildSpanForest(table);
}

describe('span forest', () => {
  test('own time leaves out the union of overlapping children, clipped to the parent', () => {
    const forest = forestOf([
      [1, 0, 100, 100],
      [2, 1, 150, 30], // 150–180
      [3, 1, 120, 40], // 120–160 overlaps
      [4, 1, 155, 5], // inside both
      [5, 1, 190, 50], // runs on after the parent: 190–200 counts
      [6, 1, 80, 30], // starts before the parent: 100–110 counts
    ]);
    expect(forest.selfNs[0]).toBe(100 - 60 - 10 - 10);
    expect(Array.from(forest.children)).toEqual([5, 2, 1, 3, 4]);
  });

  test('children that cover the parent leave nothing, never less', () => {
    expect(
      forestOf([
        [1, 0, 100, 10],
        [2, 1, 90, 50],
        [3, 1, 95, 50],
      ]).selfNs[0],
    ).toBe(0);
  });

  test('orphans and spans that name themselves are roots and counted', () => {
    const forest = forestOf([
      [1, 9, 0, 1],
      [2, 2, 0, 1],
      [3, 0, 0, 1],
    ]);
    expect(Array.from(forest.parent)).toEqual([-1, -1, -1]);
    expect(forest.orphans).toBe(2);
  });

  test('parents may come after their children, and a duplicated id keeps every child once', () => {
    const forest = forestOf([
      [2, 1, 10, 1],
      [1, 0, 0, 20],
      [1, 0, 0, 20],
      [3, 1, 5, 1],
    ]);
    expect(Array.from(forest.children).sort()).toEqual([0, 3]);
    expect(forest.orphans).toBe(0);
  });
});

function momentMean(spans: readonly TestSpan[], part: MomentPart, label: string): number {
  const bins = createBins([{ spans }]);
  const key = bins.momentKeys.findIndex((moment) => moment.part === part && moment.label === label);
  const [[, sum] = [0, NaN]] = entriesOf(bins.moments, key, bins.moments.sums);
  return sum / totalOf(bins.moments, key);
}

describe('traces in bins', () => {
  const call = (parentMs: number, childMs: number, childAt = 10): TestSpan[] => [
    { id: 1, service: 'front', operation: 'GET /', atMs: 0, ms: parentMs },
    { id: 2, parent: 1, service: 'cart', operation: 'list', atMs: childAt, ms: childMs },
  ];

  test('gap is caller minus callee', () => {
    expect(momentMean(call(50, 30), 'gap', 'time between GET / on front and list on cart')).toBeCloseTo(toLogMicros(20e6), 5);
    expect(momentMean(call(50, 30), 'self', 'own time of GET / on front')).toBeCloseTo(Math.log1p(20_000), 5);
    expect(momentMean(call(50, 30), 'duration', 'list on cart')).toBeCloseTo(Math.log1p(30_000), 5);
  });

  test('a callee that ends long after its caller was given up: no gap, a failure of the callee', () => {
    const bins = createBins([{ spans: [...call(100, 1000), { id: 3, service: 'front', operation: 'GET /', atMs: 20, ms: 100 }] }]);
    expect(rateOf(bins, 'GET / on front gave up before list on cart ended')).toBe('1 of 1');
    expect(bins.momentKeys.filter((key) => key.part === 'gap')).toEqual([]);
  });

  test('outliving by clock skew, at most 50 ms or a tenth, is no timeout', () => {
    expect(rateOf(createBins([{ spans: call(100, 140) }]), 'GET / on front gave up before list on cart ended')).toBe('0 of 1');
    expect(rateOf(createBins([{ spans: call(100, 141) }]), 'GET / on front gave up before list on cart ended')).toBe('1 of 1');
    expect(rateOf(createBins([{ spans: call(1000, 1090) }]), 'GET / on front gave up before list on cart ended')).toBe('0 of 1');
  });

  test('failures, calls made and their order count against the spans of the operation', () => {
    const spans: TestSpan[] = [
      { id: 1, service: 'front', operation: 'GET /', atMs: 0, ms: 100 },
      { id: 2, parent: 1, service: 'cart', operation: 'list', atMs: 50, ms: 10 },
      { id: 3, parent: 1, service: 'ads', operation: 'pick', atMs: 10, ms: 10, failed: true },
      { id: 4, parent: 1, service: 'ads', operation: 'pick', atMs: 30, ms: 10 },
      { id: 5, service: 'front', operation: 'GET /', atMs: 0, ms: 100, failed: true },
    ];
    const bins = createBins([{ spans }]);
    expect(rateOf(bins, 'failure of GET / on front')).toBe('1 of 2');
    expect(rateOf(bins, 'failure of pick on ads')).toBe('1 of 2');
    expect(rateOf(bins, 'failure of list on cart')).toBe('0 of 1');
    expect(rateOf(bins, 'call of pick on ads by GET / on front')).toBe('1 of 2');
    expect(rateOf(bins, 'pick on ads after the start in GET / on front')).toBe('1 of 1');
    expect(rateOf(bins, 'pick on ads after pick on ads in GET / on front')).toBe('1 of 2');
    expect(rateOf(bins, 'list on cart after pick on ads in GET / on front')).toBe('1 of 2');
    expect(rateOf(bins, 'the end after list on cart in GET / on front')).toBe('1 of 1');
    expect(entriesOf(bins.traces, 0)).toEqual([[0, 2]]);
    expect(bins.edges.map(({ caller, callee }) => `${bins.entities[caller]}→${bins.entities[callee]}`).sort()).toEqual([
      'front→ads',
      'front→cart',
    ]);
  });

  test('the order of calls ends at the end: an early end blames the service reached last', () => {
    const bins = createBins([
      {
        spans: [
          { id: 1, service: 'front', operation: 'GET /', atMs: 0, ms: 100 },
          { id: 2, parent: 1, service: 'front', operation: 'call cart', atMs: 10, ms: 50 },
          { id: 3, parent: 2, service: 'cart', operation: 'list', atMs: 20, ms: 10 },
        ],
      },
    ]);
    const key = bins.rateKeys.find((rate) => rate.label === 'the end after list on cart in GET / on front');
    expect(bins.entities[key?.alsoBlames ?? -1]).toBe('cart');
    expect(bins.entities[key?.entity ?? -1]).toBe('front');
  });

  test('the exemplar of a duration is the slowest span of the bin', () => {
    const bins = createBins([
      {
        spans: [10, 90, 20].map((ms, i) => ({ id: i + 1, service: 'cart', atMs: i, ms, line: 100 + i })),
      },
    ]);
    const key = bins.momentKeys.findIndex((moment) => moment.part === 'duration');
    expect(bins.moments.lines[bins.moments.offsets[key] ?? 0]).toBe(101);
  });
});
