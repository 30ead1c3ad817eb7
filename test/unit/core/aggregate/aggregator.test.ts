import { describe, expect, test } from 'vitest';
import { TelemetryAggregator } from '../../../../src/core/aggregate/telemetryAggregator.js';
import { findTracedEdges } from '../../../../src/core/aggregate/telemetryBins.js';
import { MAX_PEER_ENTITIES } from '../../../../src/core/aggregate/peerCalls.js';
import { FAMILY_COUNT } from '../../../../src/core/features/families.js';
import { PART_COUNT, PartScoreCollector, toFamilyScores } from '../../../../src/core/features/familyScores.js';
import { createObservation } from '../../../../src/core/features/windowScan.js';
import {
  BIN_NS,
  createBins,
  createChunk,
  createPlainMiner,
  entriesOf,
  rateOf,
  toTimeNs,
  totalOf,
  type TestPoint,
  type TestRecords,
} from '../builders.js';

const SPANS: TestRecords = {
  spans: [
    { id: 1, service: 'cart', operation: 'list', atMs: 0, ms: 100 },
    { id: 2, service: 'cart', operation: 'list', atMs: 1000, ms: 100 },
  ],
};
const LINES: TestRecords = {
  logs: [
    { atMs: 60, service: 'cart', text: 'done', span: 1 },
    { atMs: 50, service: 'cart', text: 'begin', span: 1 },
    { atMs: 1050, service: 'cart', text: 'begin', span: 2 },
    { atMs: 70, service: 'cart', text: 'lost', span: 99, severity: 17 },
    { atMs: 80, service: 'cart', text: 'idle', severity: 13 },
  ],
};

describe('log lines', () => {
  test.each([
    ['spans first', [SPANS, LINES]],
    ['logs first', [LINES, SPANS]],
  ])('join their spans: %s', (_, files) => {
    const bins = createBins(files);
    expect(rateOf(bins, '“begin” in list on cart')).toBe('2 of 2');
    expect(rateOf(bins, '“done” in list on cart')).toBe('1 of 2');
    expect(rateOf(bins, '“begin” after the start of list on cart')).toBe('2 of 2');
    expect(rateOf(bins, '“done” after “begin”')).toBe('1 of 2');
    expect(rateOf(bins, 'nothing more after “begin”')).toBe('1 of 2');
    expect(rateOf(bins, 'nothing more after “done”')).toBe('1 of 1');
    // No span owns these: they count among all lines of the service.
    expect(rateOf(bins, '“lost” logged by cart')).toBe('1 of 5');
    expect(rateOf(bins, '“idle” logged by cart')).toBe('1 of 5');
    expect(rateOf(bins, 'an error logged by cart')).toBe('1 of 5');
    expect(rateOf(bins, 'a warning or error logged by cart')).toBe('2 of 5');
  });

  test('a template twice in one span is one case', () => {
    const logs = [10, 20, 30].map((atMs) => ({ atMs, service: 'cart', text: 'retry', span: 1 }));
    expect(rateOf(createBins([SPANS, { logs }]), '“retry” in list on cart')).toBe('1 of 2');
  });

  test('spans count as cases only where any log was delivered', () => {
    const spans = [...(SPANS.spans ?? []), { id: 3, service: 'cart', operation: 'list', atMs: 20_000, ms: 10 }];
    expect(rateOf(createBins([{ spans }, LINES]), '“begin” in list on cart')).toBe('2 of 2');
    const elsewhere = { logs: [{ atMs: 20_001, service: 'other', text: 'x' }] };
    expect(rateOf(createBins([{ spans }, LINES, elsewhere]), '“begin” in list on cart')).toBe('2 of 3');
  });
});

function levels(points: readonly TestPoint[]): [number, number][] {
  const bins = createBins([{ points }]);
  return entriesOf(bins.series, 0, bins.series.sums);
}

describe('metric points', () => {
  test('counters become rates whatever the order of their points', () => {
    const points = [10, 0, 5].map((s) => ({ atMs: s * 1000, service: 'cart', kind: 'counter' as const, value: s * 3 }));
    expect(levels(points)).toEqual([
      [1, 3],
      [2, 3],
    ]);
  });

  test('a counter that restarts counts from 0; a repeated point adds nothing', () => {
    const values: [number, number][] = [
      [0, 100],
      [5, 110],
      [5, 110],
      [10, 20],
    ];
    expect(levels(values.map(([s, value]) => ({ atMs: s * 1000, service: 'cart', kind: 'counter', value })))).toEqual([
      [1, 2],
      [2, 4],
    ]);
  });

  test('gauges of one bin are summed and counted; the interval is the median distance', () => {
    const bins = createBins([{ points: [0, 2, 4, 64].map((s) => ({ atMs: s * 1000, service: 'cart', value: s })) }]);
    expect(entriesOf(bins.series, 0, bins.series.sums)).toEqual([
      [0, 6],
      [12, 64],
    ]);
    expect(entriesOf(bins.series, 0)).toEqual([
      [0, 3],
      [12, 1],
    ]);
    expect(bins.seriesKeys[0]?.intervalNs).toBe(2e9);
  });

  test('one point has no interval: the bin stands for it', () => {
    expect(createBins([{ points: [{ atMs: 0, service: 'cart', value: 1 }] }]).seriesKeys[0]?.intervalNs).toBe(Number(BIN_NS));
  });

  test('what a caller measured of one callee speaks against both, as far as it is higher', () => {
    const points = [0, 1].map((i) => ({ atMs: i * 60_000, service: 'web', callee: 'cart', metric: 'source_50', value: 1 }));
    const bins = createBins([{ points: [...points, { atMs: 0, service: 'web', value: 1 }] }]);
    const { entities, seriesKeys, edges } = bins;
    // The callee explains what else its caller shows.
    expect(edges.map(({ caller, callee }) => [entities[caller], entities[callee]])).toEqual([['web', 'cart']]);
    expect(findTracedEdges(bins)).toEqual([]);
    expect(seriesKeys.map(({ entity, alsoBlames = -1 }) => [entities[entity], entities[alsoBlames]])).toEqual([
      ['web', 'cart'],
      ['web', undefined],
    ]);
    const scoresOf = (z: number): number[] => {
      const parts = new PartScoreCollector(bins, 1);
      parts.add({ ...createObservation(), kind: 'series', key: 0, z });
      const scores = toFamilyScores(parts.finish(), 0, new Float64Array(PART_COUNT).fill(1));
      return ['web', 'cart'].map((name) =>
        scores
          .subarray(entities.indexOf(name) * FAMILY_COUNT)
          .slice(0, FAMILY_COUNT)
          .reduce((a, b) => a + b),
      );
    };
    expect(scoresOf(6)).toEqual([6, 6]);
    expect(scoresOf(-6)).toEqual([6, 0]);
  });

  test('a name for every connection does not flood the entities: the callees that most series name are kept', () => {
    const hosts = Array.from({ length: MAX_PEER_ENTITIES + 5 }, (_, i) => `host${String(i).padStart(3, '0')}.example.com`);
    const points = [...hosts.map((callee) => [callee, 'calls']), [hosts.at(-1) ?? '', 'errors'], ['Cart', 'calls']].map(
      ([callee = '', what = '']) => ({ atMs: 0, service: 'web', callee, metric: `${what} of ${callee}`, value: 1 }),
    );
    const { entities, seriesKeys, warnings } = createBins([{ points: [...points, { atMs: 0, service: 'cart', value: 1 }] }]);
    expect(entities).toHaveLength(MAX_PEER_ENTITIES + 2);
    expect(entities).toEqual(expect.arrayContaining(['web', 'cart', hosts.at(-1), hosts[0]]));
    expect(seriesKeys.filter(({ alsoBlames }) => alsoBlames === -1).map(({ definition }) => definition.callee)).toEqual([
      ...hosts.slice(MAX_PEER_ENTITIES - 1, -1),
      undefined,
    ]);
    expect(warnings.join()).toContain(`calls to ${hosts.length} services that have no records of their own`);
  });

  test('the largest double stays finite in the bins', () => {
    const bins = createBins([{ points: [0, 1].map((atMs) => ({ atMs, service: 'cart', value: Number.MAX_VALUE })) }]);
    expect(Array.from(bins.series.sums).every(Number.isFinite)).toBe(true);
  });
});

describe('time', () => {
  const at = (offsets: readonly bigint[]): ReturnType<typeof createChunk> => {
    const chunk = createChunk({ logs: offsets.map(() => ({ atMs: 0, service: 'cart', text: 'x' })) });
    offsets.forEach((ns, i) => {
      chunk.logs.timeNs[i] = toTimeNs(0) + ns;
    });
    return chunk;
  };

  test('the range is half-open and exact to the nanosecond', () => {
    const aggregator = new TelemetryAggregator({ binNs: BIN_NS, miner: createPlainMiner(), fromNs: toTimeNs(0), toNs: toTimeNs(1000) });
    aggregator.addChunk(0, at([-1n, 0n, 999_999_999n, 1_000_000_000n]));
    expect(aggregator.finish(['a']).records.log).toBe(2);
  });

  test('bins are exact to the nanosecond, also before the first record seen and after a chunk of names alone', () => {
    const aggregator = new TelemetryAggregator({ binNs: BIN_NS, miner: createPlainMiner() });
    aggregator.addChunk(0, { ...createChunk({}), newStrings: ['unused'] });
    aggregator.addChunk(1, at([7_000_000_001n, 4_999_999_999n, 5_000_000_000n, -1n, 0n, -5_000_000_001n]));
    expect(entriesOf(aggregator.finish(['a', 'b']).density, 0)).toEqual([
      [-2, 1],
      [-1, 1],
      [0, 2],
      [1, 2],
    ]);
  });
});

describe('joining in parts', () => {
  const files = Array.from({ length: 10 }, (_, i) => ({
    spans: [{ id: i + 1, service: 'cart', operation: 'list', atMs: i * 1000, ms: 10 }],
    logs: [{ atMs: i * 1000, service: 'cart', text: 'begin', span: i + 1 }],
  }));

  test('loses no record and says so', () => {
    const whole = createBins(files);
    const parts = createBins(files, { maxJoinRows: 3 });
    expect(parts.records).toEqual({ log: 10, trace: 10, metric: 0 });
    expect([0, 1, 2].map((row) => totalOf(parts.density, row))).toEqual([10, 10, 0]);
    expect(rateOf(parts, '“begin” in list on cart')).toBe(rateOf(whole, '“begin” in list on cart'));
    expect(whole.warnings).toEqual([]);
    expect(parts.warnings.join()).toContain('joined in 5 parts');
  });

  test('counters go on across parts', () => {
    const points = (from: number): TestRecords => ({
      points: [from, from + 5].map((s) => ({ atMs: s * 1000, service: 'cart', kind: 'counter', value: s })),
    });
    const bins = createBins([points(0), points(10)], { maxJoinRows: 1 });
    expect(entriesOf(bins.series, 0, bins.series.sums)).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
    ]);
  });
});

test('counts add up: every record is in the density, every line among the lines of its service', () => {
  const bins = createBins([SPANS, LINES, { points: [{ atMs: 0, service: 'Cart', value: 1 }] }]);
  expect(bins.records).toEqual({ log: 5, trace: 2, metric: 1 });
  expect([0, 1, 2].map((row) => totalOf(bins.density, row))).toEqual([5, 2, 1]);
  expect(bins.entities).toEqual(['cart']);
});

test('nothing in, nothing out', () => {
  const bins = new TelemetryAggregator({ binNs: BIN_NS, miner: createPlainMiner() }).finish([]);
  expect(bins.records).toEqual({ log: 0, trace: 0, metric: 0 });
  expect(bins.density.bins.length).toBe(0);
});

test('a chunk that refers to a string it never brought is refused', () => {
  expect(() => createBins([{ ...SPANS }], {})).not.toThrow();
  const chunk = { ...createChunk(SPANS), newStrings: ['cart'] };
  const aggregator = new TelemetryAggregator({ binNs: BIN_NS, miner: createPlainMiner() });
  expect(() => {
    aggregator.addChunk(0, chunk);
  }).toThrow("refers to string 1, the file's dictionary has 1");
});
