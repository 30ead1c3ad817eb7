import { describe, expect, it } from 'vitest';
import { toSignedLog } from '../../../../src/core/features/deviation.js';
import { FAMILY_COUNT } from '../../../../src/core/features/families.js';
import { createObservation } from '../../../../src/core/features/windowScan.js';
import { EvidenceCollector } from '../../../../src/core/heads/evidence.js';
import { createBins, ORIGIN_BIN } from '../builders.js';

const BINS_A_MINUTE = 12;

describe('a metric', () => {
  /** One value a minute; the last minute is the range. */
  const describeMetric = (values: readonly number[], usual: number, z: number, last = values.at(-1) ?? 0): unknown[] => {
    const bins = createBins([
      { points: values.map((value, minute) => ({ atMs: minute * 60_000 + 58_000, service: 'mail', metric: 'cpu_usage', value })) },
    ]);
    const collector = new EvidenceCollector(bins, new Float64Array(FAMILY_COUNT).fill(1));
    const value = toSignedLog(last);
    collector.add({ ...createObservation(), kind: 'series', n: 1, value, usual: toSignedLog(usual), z });
    const from = ORIGIN_BIN + (values.length - 1) * BINS_A_MINUTE;
    return collector.finishEvidence(from, from + BINS_A_MINUTE).map(({ text, detail }) => `${text} (${detail})`);
  };

  it('is higher or lower than usual', () => {
    expect(describeMetric([1, 1, 1, 1, 9], 1, 5)).toEqual([expect.stringMatching(/^cpu_usage of mail is higher \(9, usually 1\)$/)]);
    expect(describeMetric([9, 9, 9, 9, 1], 9, -5)).toEqual([expect.stringMatching(/^cpu_usage of mail is lower \(1, usually 9\)$/)]);
  });

  it('fell or rose against the minutes before, where it is on the other side of what is usual', () => {
    expect(describeMetric([4, 4, 4, 4, 3], 2, -5)).toEqual([
      expect.stringMatching(/^cpu_usage of mail fell \(3, 4 in the minutes before, usually 2\)$/),
    ]);
    expect(describeMetric([1, 1, 1, 1, 3], 9, 5)).toEqual([
      expect.stringMatching(/^cpu_usage of mail rose \(3, 1 in the minutes before, usually 9\)$/),
    ]);
  });

  it('in small units has its own values in words', () => {
    // Usual is a level: .002 is .05 of the units that this series is told in.
    expect(describeMetric([0.002, 0.002, 0.002, 0.002, 0.02], 0.05, 5, 0.5)).toEqual([
      expect.stringMatching(/^cpu_usage of mail is higher \(0.02, usually 0.002\)$/),
    ]);
  });

  it('of the calls to one callee is listed under the callee where it is higher, under the caller where it is lower', () => {
    const bins = createBins([{ points: [{ atMs: 0, service: 'web', callee: 'cart', metric: 'source_50', value: 3 }] }]);
    const listed = (usual: number, z: number): unknown => {
      const collector = new EvidenceCollector(bins, new Float64Array(FAMILY_COUNT).fill(1));
      collector.add({ ...createObservation(), kind: 'series', n: 1, value: toSignedLog(3), usual: toSignedLog(usual), z });
      const [evidence] = collector.finishEvidence(ORIGIN_BIN, ORIGIN_BIN + BINS_A_MINUTE);
      return [bins.entities[evidence?.entity ?? -1], evidence?.text];
    };
    expect(listed(0, 5)).toEqual(['cart', 'source_50 of calls from web to cart is higher']);
    expect(listed(9, -5)).toEqual(['web', 'source_50 of calls from web to cart is lower']);
  });

  it('names no minutes before where there are too few', () => {
    expect(describeMetric([4, 3], 2, -5)).toEqual([expect.stringMatching(/^cpu_usage of mail fell \(3, usually 2\)$/)]);
  });
});
