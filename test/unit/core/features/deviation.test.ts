import { describe, expect, test } from 'vitest';
import { estimateRate, meanDeviation, rateDeviation, toSignedLog } from '../../../../src/core/features/deviation.js';
import { calibrate, PART_COUNT, PartScoreCollector, toFamilyScores } from '../../../../src/core/features/familyScores.js';
import { FAMILY_COUNT, familyIndex } from '../../../../src/core/features/families.js';
import { scanRange } from '../../../../src/core/features/rangeScan.js';
import { SeriesLevels } from '../../../../src/core/features/seriesLevels.js';
import { learnBankInSteps, type ReferenceBank } from '../../../../src/core/features/referenceBank.js';
import { createObservation, scanWindowsInSteps, type Observation, type ObservationSink } from '../../../../src/core/features/windowScan.js';
import { finishSteps } from '../../../../src/core/math/steps.js';
import { createWindowSet, type WindowSet } from '../../../../src/core/slices/windowSet.js';
import type { TelemetryBins } from '../../../../src/core/aggregate/telemetryBins.js';
import { createBins, createRandom, ORIGIN_BIN, type TestRecords } from '../builders.js';

/** Learns what is usual from all windows and observes them. */
function scanWindows(bins: TelemetryBins, windows: WindowSet, sink: ObservationSink): ReferenceBank {
  const bank = finishSteps(learnBankInSteps(bins, windows, new Uint8Array(windows.starts.length).fill(1)));
  finishSteps(scanWindowsInSteps(bins, windows, bank, sink));
  return bank;
}

describe('rates', () => {
  test('the expected rate is (K + 0.5) / (N + 1), without the extreme windows', () => {
    expect(estimateRate([1, 2], [10, 10], 0.1).p0).toBeCloseTo(3.5 / 21, 12);
    const k = [10, 0, ...new Array<number>(8).fill(5)];
    expect(estimateRate(k, new Array<number>(10).fill(10), 0.1).p0).toBeCloseTo(40.5 / 81, 12);
    expect(estimateRate([], [], 0.1)).toEqual({ p0: 0.5, phi: 1 });
  });

  test('dispersion by hand, shrunk by five windows', () => {
    // p0 = 10.5/21 = 0.5, variance 2.5 per window, each informative 1: (5-0)²… → (25 + 25)/2.5 = 20.
    expect(estimateRate([0, 10], [10, 10], 0)).toEqual({ p0: 0.5, phi: (5 + 20) / 7 });
    // No dispersion at all: 5 / 7.
    expect(estimateRate([5, 5], [10, 10], 0).phi).toBeCloseTo(5 / 7, 12);
    expect(estimateRate(new Array<number>(100).fill(5), new Array<number>(100).fill(10), 0).phi).toBe(0.3);
  });

  test('deviation by hand, signed, 0 without cases and where nothing differs', () => {
    const reference = { p0: 0.25, phi: 2 };
    expect(rateDeviation(4, 4, reference)).toBeCloseTo(Math.sqrt((8 * Math.log(4)) / 2) * Math.sqrt(0.75), 12);
    expect(rateDeviation(0, 4, reference)).toBeCloseTo(-Math.sqrt((8 * Math.log(4 / 3)) / 2) * Math.sqrt(0.25), 12);
    expect(rateDeviation(1, 4, reference)).toBe(0);
    expect(rateDeviation(0, 0, reference)).toBe(0);
  });

  test('means of few observations are shrunk', () => {
    expect(meanDeviation(5, 1, 3, 2)).toBeCloseTo(0.5, 12);
    expect(meanDeviation(1, 9, 3, 2)).toBeCloseTo(-Math.sqrt(0.75), 12);
    expect(meanDeviation(5, 0, 3, 2)).toBe(0);
    expect([toSignedLog(-(Math.E - 1)), toSignedLog(0)]).toEqual([-1, 0]);
  });
});

describe('levels of a series', () => {
  function levelsOf(values: readonly number[], stepSeconds: number): SeriesLevels {
    const levels = new SeriesLevels(
      createBins([{ points: values.map((value, i) => ({ atMs: i * stepSeconds * 1000, service: 'a', value })) }]),
    );
    levels.select(0);
    return levels;
  }

  test('a sample stands for the minute before it: both half-minute windows see it', () => {
    const levels = levelsOf([0, 7, 0], 60);
    // The sample of bin 12 covers bins 0.5 … 12.5.
    const first = levels.read(ORIGIN_BIN + 1, ORIGIN_BIN + 6);
    expect([first.n, first.level]).toEqual([1, Math.log1p(7)]);
    const second = levels.read(ORIGIN_BIN + 6, ORIGIN_BIN + 12);
    expect([second.n, second.level]).toEqual([1, Math.log1p(7)]);
    // Bins 12 … 13: half a bin of the second sample, half of the third.
    const both = levels.read(ORIGIN_BIN + 12, ORIGIN_BIN + 13);
    expect([both.n, both.level, both.spread, both.slope]).toEqual([2, Math.log1p(7) / 2, Math.log1p(7), -Math.log1p(7)]);
  });

  test('small values are told in units in which they are typically .05, whatever a few of them are', () => {
    // Milliseconds in seconds: one in four is ten times as slow.
    const levels = levelsOf([0.002, 0.002, 0.002, 0.02], 60);
    const unit = 0.002 / 0.05;
    expect(levels.read(ORIGIN_BIN + 1, ORIGIN_BIN + 6).level).toBeCloseTo(Math.log1p(0.002 / unit), 6);
    expect(levels.read(ORIGIN_BIN + 30, ORIGIN_BIN + 36).level).toBeCloseTo(Math.log1p(0.02 / unit), 6);
    // Larger ones as they are, and those that are mostly 0.
    expect(levelsOf([0.2, 0.2, 0.2], 60).read(ORIGIN_BIN + 1, ORIGIN_BIN + 6).level).toBeCloseTo(Math.log1p(0.2), 6);
    expect(levelsOf([0, 0, 0, 0.01], 60).read(ORIGIN_BIN + 30, ORIGIN_BIN + 36).level).toBeCloseTo(Math.log1p(0.01), 6);
    expect(levelsOf([-0.002, -0.002, -0.002], 60).read(ORIGIN_BIN + 1, ORIGIN_BIN + 6).level).toBeCloseTo(-Math.log1p(0.05), 6);
  });

  test('beyond the last sample there is nothing', () => {
    expect({ ...levelsOf([1, 2], 5).read(ORIGIN_BIN + 50, ORIGIN_BIN + 60) }).toEqual({ n: 0, level: 0, change: 0, spread: 0, slope: 0 });
  });

  test('change is against the median of the preceding ten minutes, undefined without three samples', () => {
    const levels = levelsOf([1, 1, 9, 3, 3], 5);
    expect(levels.read(ORIGIN_BIN + 4, ORIGIN_BIN + 5).change).toBeCloseTo(Math.log1p(3) - (Math.log1p(1) + Math.log1p(3)) / 2, 12);
    expect(levels.read(ORIGIN_BIN + 3, ORIGIN_BIN + 4).change).toBeCloseTo(Math.log1p(3) - Math.log1p(1), 1);
    expect(levels.read(ORIGIN_BIN + 2, ORIGIN_BIN + 3).change).toBeNaN();
  });
});

function system(names: readonly string[]): TestRecords {
  const random = createRandom(5);
  const [front = '', cart = ''] = names;
  const spans = [];
  const logs = [];
  for (let i = 0; i < 300; i++) {
    const atMs = i * 2000;
    spans.push({ id: 2 * i + 1, service: front, operation: 'GET', atMs, ms: 50 + 20 * random(), failed: random() < 0.1 });
    spans.push({ id: 2 * i + 2, parent: 2 * i + 1, service: cart, operation: 'list', atMs: atMs + 5, ms: 20 + 10 * random() });
    logs.push({ atMs: atMs + 6, service: cart, text: random() < 0.3 ? 'slow' : 'ok', span: 2 * i + 2, severity: random() < 0.05 ? 17 : 9 });
  }
  const points = Array.from({ length: 40 }, (_, i) => ({ atMs: i * 15_000, service: cart, value: random() * 10 }));
  return { spans, logs, points };
}

describe('a metric', () => {
  /** z of each minute of a series with a sample every 15 s, and whether that is the change against the minutes before. */
  function judge(valueAt: (minute: number) => number, minutes: number): { z: number; isChange: boolean }[] {
    const random = createRandom(3);
    const points = Array.from({ length: minutes * 4 }, (_, i) => ({
      atMs: i * 15_000,
      service: 'cart',
      value: valueAt(i / 4) * (1 + 0.02 * (random() - 0.5)),
    }));
    const bins = createBins([{ points }]);
    const windows = createWindowSet(bins.density, 12, 12);
    const found: { z: number; isChange: boolean }[] = [];
    scanWindows(bins, windows, ({ window, z, change }) => {
      found[window] = { z, isChange: z === change };
    });
    return found;
  }

  test('is judged by how it changed: what drifts over hours is usual', () => {
    const found = judge((minute) => 10 + minute / 10 + (minute >= 150 && minute < 155 ? 10 : 0), 240);
    expect(found.slice(1).every(({ isChange }) => isChange)).toBe(true);
    expect(found[152]?.z).toBeGreaterThan(4);
    expect(Math.abs(found[239]?.z ?? NaN)).toBeLessThan(2);
  });

  test('is judged by its level where the minutes before are the incident itself', () => {
    const found = judge((minute) => (minute >= 10 && minute < 15 ? 60 : 10), 20);
    expect(found.some(({ isChange }) => isChange)).toBe(false);
    expect(found[12]?.z).toBeGreaterThan(20);
    expect(Math.max(...found.slice(16).map(({ z }) => Math.abs(z)))).toBeLessThan(2);
  });

  test('has one incident that is no part of what is usual; what comes again is', () => {
    const peak = (starts: readonly number[], minutes = 5): number => {
      const found = judge((minute) => (starts.some((start) => minute >= start && minute < start + minutes) ? 60 : 10), 40);
      return found[(starts[0] ?? 0) + 2]?.z ?? NaN;
    };
    expect(peak([10])).toBeGreaterThan(20);
    expect(peak([10, 28])).toBeLessThan(5);
    // Half of the run is no incident.
    expect(peak([10], 18)).toBeLessThan(5);
  });
});

describe('scans', () => {
  const bins = createBins([system(['front', 'cart'])]);
  const windows = createWindowSet(bins.density, 6, 3);
  const seen: Observation[] = [];
  const bank = scanWindows(bins, windows, (observation) => seen.push({ ...observation }));

  test('a range that is a window reads exactly what the window reads', () => {
    for (const window of [0, 7, windows.starts.length - 1]) {
      const start = windows.starts[window] ?? 0;
      const ranged: Observation[] = [];
      scanRange(bins, bank, start, start + 6, (observation) => ranged.push({ ...observation, window }));
      const order = (a: Observation, b: Observation): number => a.kind.localeCompare(b.kind) || a.key - b.key;
      expect(ranged.sort(order)).toEqual(seen.filter((observation) => observation.window === window).sort(order));
    }
  });

  test('every number is finite', () => {
    expect(
      seen.every(({ n, k, value, usual, z, spread, slope, change }) =>
        [n, k, value, usual, z, spread, slope, change].every(Number.isFinite),
      ),
    ).toBe(true);
  });

  test('names do not matter: another order of services gives the same scores in that order', () => {
    const scores = (names: readonly string[]): Map<string, number[]> => {
      const permuted = createBins([
        { logs: names.toSorted().map((service) => ({ atMs: -600_000, service, text: 'hello' })) },
        system(names),
      ]);
      const set = createWindowSet(permuted.density, 6, 3);
      const collector = new PartScoreCollector(permuted, set.starts.length);
      const reference = new Uint8Array(set.starts.length).fill(1);
      scanWindows(permuted, set, (observation) => {
        collector.add(observation);
      });
      const parts = collector.finish();
      const all = toFamilyScores(parts, 9, calibrate(parts, reference));
      return new Map(permuted.entities.map((name, i) => [name, Array.from(all.subarray(i * FAMILY_COUNT, (i + 1) * FAMILY_COUNT))]));
    };
    const one = scores(['aa', 'zz']);
    const other = scores(['zz', 'aa']);
    expect(other.get('zz')).toEqual(one.get('aa'));
    expect(other.get('aa')).toEqual(one.get('zz'));
  });
});

describe('calibration', () => {
  const bins = createBins([system(['front', 'cart'])]);

  test('divides by the 95 % quantile that the upper quartile stands for, at least that of a normal z, and tells unobserved from 0', () => {
    const collector = new PartScoreCollector(bins, 21);
    const key = bins.rateKeys.findIndex((rate) => rate.family === 'log-severity');
    for (let window = 0; window < 21; window++) {
      collector.add({ ...createObservation(), kind: 'rate', key, window, n: 1, z: window === 20 ? -40 : window });
    }
    const parts = collector.finish();
    const family = familyIndex('log-severity');
    const cart = bins.entities.indexOf('cart');
    expect(parts.scores[(3 * 2 + cart) * PART_COUNT + family]).toBe(3);
    expect(parts.scores[(3 * 2 + (1 - cart)) * PART_COUNT + family]).toBeNaN();
    const calibration = calibrate(
      parts,
      Uint8Array.from({ length: 21 }, (_, window) => (window < 20 ? 1 : 0)),
    );
    // Upper quartile of 0 … 19 is 14.25; z(.975) / z(.875) = 1.7038.
    const expected = (14.25 * 1.959964) / 1.150349;
    expect(calibration[family]).toBeCloseTo(expected, 12);
    expect(calibration[familyIndex('metric-cpu')]).toBe(1.959964);
    const scores = toFamilyScores(parts, 20, calibration);
    expect(scores[cart * FAMILY_COUNT + family]).toBeCloseTo(40 / expected, 5);
    expect(scores[(1 - cart) * FAMILY_COUNT + family]).toBe(0);
  });

  test('faults in a fifth of the reference hardly widen it', () => {
    const family = familyIndex('log-severity');
    const key = bins.rateKeys.findIndex((rate) => rate.family === 'log-severity');
    const nWindows = 200;
    const calibrationWith = (faulty: number): number => {
      const collector = new PartScoreCollector(bins, nWindows);
      for (let window = 0; window < nWindows; window++) {
        // Deviations spread evenly over [0, 6], or a fault far beyond them.
        const z = window % 10 < faulty ? 100 : (6 * window) / nWindows;
        collector.add({ ...createObservation(), kind: 'rate', key, window, n: 1, z });
      }
      return calibrate(collector.finish(), new Uint8Array(nWindows).fill(1))[family] ?? NaN;
    };
    expect(calibrationWith(2) / calibrationWith(0)).toBeLessThan(1.3);
    expect(calibrationWith(4)).toBeGreaterThan(100);
  });
});
