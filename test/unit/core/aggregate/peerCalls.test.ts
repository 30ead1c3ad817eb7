import { describe, expect, test } from 'vitest';
import { MAX_PEER_ENTITIES } from '../../../../src/core/aggregate/peerCalls.js';
import type { TelemetryBins } from '../../../../src/core/aggregate/telemetryBins.js';
import { toLogMicros } from '../../../../src/core/aggregate/traceAggregator.js';
import { createBins, entriesOf, rateOf, totalOf, type TestSpan } from '../builders.js';

const BIN_MS = 5_000;

/** Calls as `caller→callee: count`. */
function edgesOf(bins: TelemetryBins): string[] {
  return bins.edges
    .map(({ caller, callee }, edge) => `${bins.entities[caller]}→${bins.entities[callee]}: ${totalOf(bins.calls, edge)}`)
    .sort();
}

function gapsOf(bins: TelemetryBins, peer: string): { entity: string | undefined; means: [number, number][] }[] {
  return bins.momentKeys.flatMap((key, id) => {
    if (key.part !== 'gap' || bins.entities[key.peer] !== peer) {
      return [];
    }
    const counts = entriesOf(bins.moments, id);
    const sums = entriesOf(bins.moments, id, bins.moments.sums);
    const means = sums.map(([bin, sum], i): [number, number] => [bin, Math.round(Math.expm1(sum / (counts[i]?.[1] ?? NaN))) / 1000]);
    return [{ entity: bins.entities[key.entity], means }];
  });
}

/** `[bin, k of n]` of a rate. */
function rateByBin(bins: TelemetryBins, label: string): [number, number][] {
  const key = bins.rateKeys.findIndex((rate) => rate.label === label);
  const hits = new Map(entriesOf(bins.rates, key));
  return entriesOf(bins.denominators, bins.rateKeys[key]?.denominator ?? -1).map(([bin, n]) => [bin, (hits.get(bin) ?? 0) / n]);
}

const traceLabelsAbout = (bins: TelemetryBins, name: string): string[] =>
  [...bins.rateKeys, ...bins.momentKeys].map(({ label }) => label).filter((label) => label.includes(name));

describe('a callee without spans of its own', () => {
  const select = (id: number, atMs: number, ms: number, failed = false): TestSpan => ({
    id, service: 'cart', operation: 'SELECT', atMs, ms, failed, peer: 'mysql',
  }); // prettier-ignore

  test('is an entity, called by its callers, and all of a call is time between the two', () => {
    const bins = createBins([{ spans: [select(1, 0, 4), select(2, 1, 4), select(3, BIN_MS, 400)] }]);
    expect(bins.entities).toEqual(['cart', 'mysql']);
    expect(edgesOf(bins)).toEqual(['cart→mysql: 3']);
    expect(gapsOf(bins, 'mysql')).toEqual([
      {
        entity: 'cart',
        means: [
          [0, 4],
          [1, 400],
        ],
      },
    ]);
    const gap = bins.momentKeys.find((key) => key.part === 'gap');
    expect(gap).toMatchObject({ family: 'trace-gap', text: 'SELECT', label: 'time between SELECT on cart and mysql' });
  });

  test('fails where its callers fail, and never answers', () => {
    const bins = createBins([{ spans: [select(1, 0, 4), select(2, 1, 4, true), select(3, 2, 4)] }]);
    expect(rateOf(bins, 'failure of SELECT on cart, which calls mysql')).toBe('1 of 3');
    expect(rateOf(bins, 'call of mysql by SELECT on cart got no answer')).toBe('3 of 3');
    const keys = bins.rateKeys.filter((key) => bins.entities[key.entity] === 'mysql');
    expect(keys.map(({ family, alsoBlames }) => [family, alsoBlames])).toEqual([
      ['trace-missing', -1],
      ['trace-errors', -1],
    ]);
    // The caller's own failures count as before.
    expect(rateOf(bins, 'failure of SELECT on cart')).toBe('1 of 3');
  });

  test('is told apart by the operation that calls it', () => {
    const bins = createBins([
      { spans: [select(1, 0, 4), { ...select(2, 0, 4), peer: 'redis' }, { ...select(3, 0, 4), operation: 'GET' }] },
    ]);
    expect(rateOf(bins, 'call of mysql by SELECT on cart got no answer')).toBe('1 of 1');
    expect(rateOf(bins, 'call of redis by SELECT on cart got no answer')).toBe('1 of 1');
    expect(rateOf(bins, 'call of mysql by GET on cart got no answer')).toBe('1 of 1');
  });

  test('is the same service however it is spelled, in spans, lines and metrics', () => {
    const bins = createBins([
      { spans: [select(1, 0, 4), { ...select(2, 0, 4), peer: 'MySQL' }], points: [{ atMs: 0, service: 'mysql', value: 1 }] },
    ]);
    expect(bins.entities).toEqual(['cart', 'mysql']);
    expect(rateOf(bins, 'call of mysql by SELECT on cart got no answer')).toBe('2 of 2');
  });

  test('is not the caller itself', () => {
    const bins = createBins([{ spans: [{ ...select(1, 0, 4), peer: 'Cart' }] }]);
    expect(bins.entities).toEqual(['cart']);
    expect(bins.edges).toEqual([]);
    expect(traceLabelsAbout(bins, 'Cart')).toEqual([]);
    expect(traceLabelsAbout(bins, 'answer')).toEqual([]);
  });
});

describe('a callee with spans', () => {
  const call = (id: number, atMs: number, child: Partial<TestSpan> | undefined): TestSpan[] => [
    { id, service: 'front', operation: 'GET', atMs, ms: 50, peer: 'cart' },
    ...(child === undefined ? [] : [{ id: id + 1000, parent: id, service: 'cart', operation: 'list', atMs: atMs + 10, ms: 30, ...child }]),
  ];

  test('that answers adds a case and nothing else', () => {
    const bins = createBins([{ spans: [...call(1, 0, {}), ...call(2, 1, {})] }]);
    expect(rateOf(bins, 'call of cart by GET on front got no answer')).toBe('0 of 2');
    expect(edgesOf(bins)).toEqual(['front→cart: 2']);
    expect(gapsOf(bins, 'cart')).toEqual([{ entity: 'front', means: [[0, 20]] }]);
    expect(traceLabelsAbout(bins, 'which calls')).toEqual([]);
  });

  test('that dies goes from no call unanswered to all', () => {
    const spans = [0, 1, 2, 3].flatMap((i) => [...call(i + 1, i, {}), ...call(i + 11, BIN_MS + i, undefined)]);
    const bins = createBins([{ spans }]);
    expect(rateByBin(bins, 'call of cart by GET on front got no answer')).toEqual([
      [0, 0],
      [1, 1],
    ]);
    const key = bins.rateKeys.find(({ label }) => label === 'call of cart by GET on front got no answer');
    expect([key?.family, bins.entities[key?.entity ?? -1]]).toEqual(['trace-missing', 'cart']);
    expect(edgesOf(bins)).toEqual(['front→cart: 8']);
    expect(gapsOf(bins, 'cart').map(({ means }) => means)).toEqual([[[0, 20]], [[1, 50]]]);
  });

  test('behind a proxy: the span that answered is right, the name adds nothing', () => {
    const bins = createBins([{ spans: call(1, 0, { service: 'stock' }) }]);
    expect(bins.entities).toEqual(['front', 'stock']);
    expect(edgesOf(bins)).toEqual(['front→stock: 1']);
    expect(traceLabelsAbout(bins, 'no answer')).toEqual([]);
  });

  test('answers below a span of the caller that lies in between', () => {
    const between: TestSpan = { id: 50, parent: 1, service: 'front', operation: 'connect', atMs: 1, ms: 40 };
    const bins = createBins([{ spans: [...call(1, 0, { parent: 50 }), between] }]);
    expect(rateOf(bins, 'call of cart by GET on front got no answer')).toBe('0 of 1');
  });

  test('a call inside a call is counted once, where it is made', () => {
    const inner: TestSpan = { id: 50, parent: 1, service: 'front', operation: 'HTTP', atMs: 1, ms: 40, peer: 'cart' };
    const bins = createBins([{ spans: [...call(1, 0, { parent: 50 }), inner] }]);
    expect(rateOf(bins, 'call of cart by HTTP on front got no answer')).toBe('0 of 1');
    expect(traceLabelsAbout(bins, 'call of cart by GET')).toEqual([]);
  });

  test('spans that are their own ancestors end', () => {
    const loop: TestSpan[] = [
      { id: 1, parent: 2, service: 'front', atMs: 0, ms: 5, peer: 'cart' },
      { id: 2, parent: 3, service: 'front', atMs: 0, ms: 5 },
      { id: 3, parent: 2, service: 'front', atMs: 0, ms: 5 },
      { id: 4, parent: 4, service: 'front', atMs: 0, ms: 5, peer: 'cart' },
    ];
    expect(rateOf(createBins([{ spans: loop }]), 'call of cart by work on front got no answer')).toBe('2 of 2');
  });
});

describe('a flood of names', () => {
  const calls = (names: number): TestSpan[] =>
    Array.from({ length: names }, (_, i) => ({ id: i + 1, service: 'cart', atMs: i, ms: 1, peer: `host-${i}` }));
  const often: TestSpan[] = [1, 2].map((i) => ({ id: 10_000 + i, service: 'cart', atMs: 4_000, ms: 1, peer: 'mysql' }));

  test('leaves the callees called most, and says how many it left out', () => {
    const bins = createBins([{ spans: [...calls(MAX_PEER_ENTITIES + 6), ...often] }]);
    expect(bins.entities).toHaveLength(1 + MAX_PEER_ENTITIES);
    expect(bins.entities).toContain('mysql');
    expect(bins.edges).toHaveLength(MAX_PEER_ENTITIES);
    expect(bins.warnings).toEqual([expect.stringContaining('7 were left out')]);
  });

  test('is no flood up to the limit, and services with records do not count', () => {
    const logs = Array.from({ length: 10 }, (_, i) => ({ atMs: 0, service: `host-${i}`, text: 'up' }));
    const bins = createBins([{ spans: calls(MAX_PEER_ENTITIES + 10), logs }]);
    expect(bins.entities).toHaveLength(1 + MAX_PEER_ENTITIES + 10);
    expect(bins.warnings).toEqual([]);
  });

  test('holds over all parts of a run joined in parts', () => {
    const spans = calls(MAX_PEER_ENTITIES + 6);
    const bins = createBins([{ spans: spans.slice(0, 150) }, { spans: spans.slice(150) }], { maxJoinRows: 10 });
    expect(bins.entities).toHaveLength(1 + MAX_PEER_ENTITIES);
    expect(bins.warnings[0]).toContain('6 were left out');
  });
});

test('times of unanswered calls are on the scale of all gaps', () => {
  const bins = createBins([{ spans: [{ id: 1, service: 'cart', atMs: 0, ms: 7, peer: 'mysql' }] }]);
  const key = bins.momentKeys.findIndex((moment) => moment.part === 'gap');
  expect(bins.moments.sums[bins.moments.offsets[key] ?? -1]).toBeCloseTo(toLogMicros(7e6), 5);
});
