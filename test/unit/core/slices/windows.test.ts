import { describe, expect, test } from 'vitest';
import { scanRun } from '../../../../src/core/run/scanRun.js';
import { chooseWindowBins } from '../../../../src/core/slices/autoWindow.js';
import { countDisjoint, createWindowSet, lowerEntry, sumIntoWindows, sumRange } from '../../../../src/core/slices/windowSet.js';
import { createBins, ORIGIN_BIN, type TestSpan } from '../builders.js';

function logsAt(...seconds: readonly number[]): ReturnType<typeof createBins> {
  return createBins([{ logs: seconds.map((s) => ({ atMs: s * 1000, service: 'cart', text: 'x' })) }]);
}

function startsOf(bins: ReturnType<typeof createBins>, length: number, step: number): number[] {
  return Array.from(createWindowSet(bins.density, length, step).starts, (start) => start - ORIGIN_BIN);
}

describe('windows', () => {
  test('lie on a grid of multiples of the step and leave out what holds no record', () => {
    // ORIGIN_BIN is a multiple of 6: bins 0 and 20 with windows of 6 bins, every 3.
    expect(ORIGIN_BIN % 6).toBe(0);
    expect(startsOf(logsAt(0, 100), 6, 3)).toEqual([-3, 0, 15, 18]);
    expect(startsOf(logsAt(0, 100), 6, 6)).toEqual([0, 18]);
  });

  test('records years apart make two times two windows, not one for every minute between', () => {
    expect(startsOf(logsAt(0, 5 * 365 * 86_400), 6, 3).length).toBe(4);
  });

  test('sums of windows equal sums of ranges', () => {
    const bins = logsAt(0, 1, 7, 12, 31, 31, 64);
    const windows = createWindowSet(bins.density, 6, 3);
    const out = new Float64Array(windows.starts.length).fill(99);
    sumIntoWindows(bins.density, bins.density.counts, 0, windows, out);
    expect(Array.from(out)).toEqual(
      Array.from(windows.starts, (start) => sumRange(bins.density, bins.density.counts, 0, start, start + 6)),
    );
    expect(sumRange(bins.density, bins.density.counts, 0, ORIGIN_BIN, ORIGIN_BIN + 1)).toBe(2);
    expect(lowerEntry(bins.density, 0, ORIGIN_BIN + 100)).toBe(bins.density.offsets[1]);
  });
});

describe('automatic length', () => {
  const traces = (perMinute: number): number => {
    const spans = Array.from({ length: perMinute * 4 }, (_, i): TestSpan => ({
      id: i + 1,
      service: 'a',
      atMs: (i * 60_000) / perMinute,
      ms: 1,
    }));
    return chooseWindowBins(createBins([{ spans }])) * 5;
  };

  test('is the shortest that holds about 100 traces', () => {
    expect(traces(600)).toBe(30);
    expect(traces(120)).toBe(60);
    expect(traces(60)).toBe(120);
    expect(traces(12)).toBe(300);
  });

  test('with logs and no traces is the shortest of one to two minutes that holds 50 lines of the service in the middle', () => {
    const logs = (...perMinute: readonly number[]): number =>
      chooseWindowBins(
        createBins([
          {
            logs: perMinute.flatMap((lines, service) =>
              Array.from({ length: 10 * lines }, (_, i) => ({ atMs: (i * 60_000) / lines, service: `s${service}`, text: 'x' })),
            ),
          },
        ]),
      ) * 5;
    expect(logs(600)).toBe(60);
    expect(logs(60)).toBe(60);
    expect(logs(36)).toBe(90);
    expect(logs(12)).toBe(120);
    // One that logs much says nothing of the others.
    expect(logs(600, 12, 12)).toBe(120);
  });

  test('with metrics alone is at least two sampling intervals', () => {
    const points = Array.from({ length: 10 }, (_, i) => ({ atMs: i * 60_000, service: 'a', value: 1 }));
    expect(chooseWindowBins(createBins([{ points }])) * 5).toBe(120);
  });
});

test.each([0, 20, 45])('metrics alone make slices wherever in the minute they are sampled: second %d', (phase) => {
  const points = Array.from({ length: 30 }, (_, i) => ({ atMs: (i * 60 + phase) * 1000, service: 'a', value: i }));
  const { windows } = scanRun(createBins([{ points }]), { lengthBins: 6, stepBins: 3, reference: [] });
  expect(windows.starts.length).toBe(30);
});

test('of overlapping windows every second counts, of others each', () => {
  expect(countDisjoint({ starts: Uint32Array.of(0, 3, 6, 9, 12), lengthBins: 6 })).toBe(3);
  expect(countDisjoint({ starts: Uint32Array.of(0, 6, 30), lengthBins: 6 })).toBe(3);
  expect(countDisjoint({ starts: new Uint32Array(0), lengthBins: 6 })).toBe(0);
});
