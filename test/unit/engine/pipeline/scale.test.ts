import { expect, test } from 'vitest';
import { TelemetryAggregator } from '../../../../src/core/aggregate/telemetryAggregator.js';
import { scanRun } from '../../../../src/core/run/scanRun.js';
import { BIN_NS, createChunk, createPlainMiner, totalOf } from '../../core/builders.js';

test('a million records: none is lost', () => {
  const aggregator = new TelemetryAggregator({ binNs: BIN_NS, miner: createPlainMiner() });
  const perChunk = 5000;
  for (let part = 0; part < 100; part++) {
    const ids = Array.from({ length: perChunk }, (_, i) => part * perChunk + i);
    aggregator.addChunk(
      part,
      createChunk({
        spans: ids.map((id) => ({
          id: id + 1,
          ...(id % 2 === 1 ? { parent: id } : {}),
          service: id % 2 === 0 ? 'front' : 'cart',
          atMs: id * 4,
          ms: 3,
        })),
        logs: ids.map((id) => ({ atMs: id * 4 + 1, service: 'cart', text: id % 3 === 0 ? 'a' : 'b', span: id + 1 })),
      }),
    );
  }
  const bins = aggregator.finish([]);
  expect(bins.records).toEqual({ log: 500_000, trace: 500_000, metric: 0 });
  expect([totalOf(bins.density, 0), totalOf(bins.density, 1), totalOf(bins.traces, 0), totalOf(bins.calls, 0)]).toEqual([
    500_000, 500_000, 250_000, 250_000,
  ]);
  expect(bins.warnings).toEqual([]);
  const { windows } = scanRun(bins, { lengthBins: 12, stepBins: 6, reference: [] });
  // 2,000 s from a multiple of the step: a window every 30 s, and the one before that reaches in.
  expect(windows.starts.length).toBe(Math.ceil(2000 / 30) + 1);
}, 60_000);
