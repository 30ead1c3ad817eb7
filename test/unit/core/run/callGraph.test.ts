import { describe, expect, it } from 'vitest';
import { toCallGraph } from '../../../../src/core/run/callGraph.js';
import { FAMILY_COUNT } from '../../../../src/core/features/families.js';
import { createObservation } from '../../../../src/core/features/windowScan.js';
import { EvidenceCollector } from '../../../../src/core/heads/evidence.js';
import { createBins, ORIGIN_BIN, type TestPoint } from '../builders.js';

const BINS_A_MINUTE = 12;

const MINUTE = 60_000;
/** web measures its calls to cart and to bank, and its CPU; spans tell of web → cart in the first minute alone. */
const POINTS: readonly TestPoint[] = [0, 1].flatMap((minute) => [
  { atMs: minute * MINUTE, service: 'web', callee: 'cart', metric: 'to_cart_ms', value: 5 },
  { atMs: minute * MINUTE, service: 'web', metric: 'cpu_usage', value: 1 },
]);
const BINS = createBins([
  {
    points: [...POINTS, { atMs: MINUTE, service: 'web', callee: 'bank', metric: 'to_bank_ms', value: 9 }],
    spans: [
      { id: 1, atMs: 1000, ms: 20, service: 'web' },
      { id: 2, parent: 1, atMs: 1005, ms: 10, service: 'cart' },
    ],
  },
]);

function graphOf(fromMinute: number, untilMinute: number, unusual: readonly (readonly [metric: string, z: number])[] = []): unknown[] {
  const [fromBin, toBin] = [fromMinute, untilMinute].map((minute) => ORIGIN_BIN + minute * BINS_A_MINUTE) as [number, number];
  const collector = new EvidenceCollector(BINS, new Float64Array(FAMILY_COUNT).fill(1));
  for (const [metric, z] of unusual) {
    const key = BINS.seriesKeys.findIndex(({ definition }) => definition.metric === metric);
    collector.add({ ...createObservation(), kind: 'series', key, n: 1, value: 1, usual: 0, z });
  }
  const evidence = collector.finishEvidence(fromBin, toBin);
  const edges = toCallGraph(BINS, fromBin, toBin, { evidence, observations: collector.observations });
  return edges
    .map(({ caller, callee, calls, score }) => `${BINS.entities[caller]} → ${BINS.entities[callee]}: ${calls} calls, ${score}`)
    .sort();
}

describe('the call graph of a range', () => {
  it('counts spans, and knows of calls by metrics alone where there are none', () => {
    expect(graphOf(0, 1)).toEqual(['web → cart: 1 calls, 0']);
    expect(graphOf(1, 2)).toEqual(['web → bank: 0 calls, 0', 'web → cart: 0 calls, 0']);
    expect(graphOf(0, 2)).toEqual(['web → bank: 0 calls, 0', 'web → cart: 1 calls, 0']);
  });

  it('holds what neither spans nor metrics of the range tell of in no case', () => {
    expect(graphOf(5, 6)).toEqual([]);
  });

  it('shows how far the caller measured its calls from usual, and nothing else of it', () => {
    expect(graphOf(1, 2, [['to_bank_ms', 4], ['cpu_usage', 7]])).toEqual(['web → bank: 0 calls, 4', 'web → cart: 0 calls, 0']); // prettier-ignore
    expect(graphOf(0, 2, [['to_cart_ms', 3]])).toEqual(['web → bank: 0 calls, 0', 'web → cart: 1 calls, 3']);
  });
});
