import { describe, expect, test } from 'vitest';
import { auroc } from '../../../../src/core/evaluation/ranking.js';
import { mergeSides, nSigma, robustScore, scoreEntities, scoreWindows } from '../../../benchmarks/quality/baselines/seriesRanking.js';
import { countWins } from '../../../benchmarks/quality/measures/detectionTally.js';
import { NORMAL_SLICE } from '../../../benchmarks/quality/cases/readCase.js';
import { bestAdjustedF1 } from '../../../benchmarks/quality/measures/serviceMetrics.js';
import { MEASURES, parseOptions } from '../../../benchmarks/quality/options.js';
import { toMarkdown } from '../../../benchmarks/quality/table.js';

describe('plain series', () => {
  const series = [
    { entity: 0, side: 'internal', at: Float64Array.of(1, 2, 3, 4, 5, 6), values: Float64Array.of(0, 1, 2, 3, 4, 8) },
    { entity: 1, side: 'external', at: Float64Array.of(1, 2, 6), values: Float64Array.of(7, 7, 7) },
  ] as const;

  test('N-Sigma and the robust scorer of known values; a scale of 0 counts as 1', () => {
    expect(nSigma(Float64Array.of(0, 2))(4)).toBe(3);
    expect(robustScore(Float64Array.of(0, 1, 2, 3, 4))(8)).toBe(3);
    expect(robustScore(Float64Array.of(7, 7))(9)).toBe(2);
  });

  test('the largest deviation inside the range, against what lies outside', () => {
    expect(Array.from(scoreEntities(series, 3, 6, 8, robustScore))).toEqual([3, 0, 0]);
    expect(Array.from(scoreEntities(series, 3, 6, 8, robustScore, 'external'))).toEqual([0, 0, 0]);
  });

  test('windows share the strongest value that they hold', () => {
    const [first, second] = scoreWindows(series.slice(0, 1), Uint32Array.of(0, 5), 3, robustScore);
    // Median 2.5, quartiles 1.25 and 3.75.
    expect(first).toBeCloseTo(2.5 / 2.5, 12);
    expect(second).toBeCloseTo(5.5 / 2.5, 12);
  });

  test('rankings by both sides are merged by the sum of ranks', () => {
    expect(Array.from(mergeSides(Float64Array.of(3, 2, 1), Float64Array.of(1, 3, 2)))).toEqual([-4, -3, -5]);
  });
});

test('wins over normal slices add up to the area under the ROC curve', () => {
  const normals = [1, 2, 2, 3];
  expect(countWins(2, normals)).toEqual({ pairs: 4, wins: 2 });
  const positives = [0, 2, 2.5, 3, 9];
  const wins = positives.reduce((sum, score) => sum + countWins(score, normals).wins, 0);
  const labels = [...positives.map(() => true), ...normals.map(() => false)];
  expect(wins / (positives.length * normals.length)).toBeCloseTo(auroc([...positives, ...normals], labels) ?? NaN, 12);
});

describe('command line', () => {
  test('values follow after a space or an equals sign', () => {
    const options = parseOptions(['--only', 'root-cause,cost', '--systems=3', '--details', '--encoder', 'plain=some/folder']);
    expect([...options.measures]).toEqual(['root-cause', 'cost']);
    expect([options.systems, options.details, options.encoders[1]?.name]).toEqual([3, true, 'plain']);
    expect([...parseOptions([]).measures]).toEqual([...MEASURES]);
  });

  test('what is not known is refused', () => {
    expect(() => parseOptions(['--only', 'speed'])).toThrow('--only speed is unknown');
    expect(() => parseOptions(['--fast', '1'])).toThrow('--fast is unknown');
    expect(() => parseOptions(['--systems', 'few'])).toThrow('few is no count');
  });
});

test('tables hold estimates with their interval and a dash for what is not defined', () => {
  const estimate = { value: 0.75, low: 0.5, high: 1, n: 4 };
  const undefinedOne = { value: NaN, low: NaN, high: NaN, n: 0 };
  const text = toMarkdown({ title: 'T', columns: ['a', 'b', 'c'], rows: [['x', estimate, undefinedOne]] });
  expect(text.split('\n')).toEqual([
    '### T',
    '',
    '| a   | b               | c   |',
    '|-----|-----------------|-----|',
    '| x   | .75 [.50, 1.00] | –   |',
    '',
  ]);
});

describe('point-adjusted F1', () => {
  const NONE = NORMAL_SLICE;

  test('counts an anomaly whole when any slice of it is over the threshold', () => {
    // Two anomalies of two slices each; of each one slice stands out.
    const anomalies = [NONE, NONE, 0, 0, NONE, NONE, 1, 1, NONE, NONE];
    expect(bestAdjustedF1({ scores: [0, 0, 9, 0, 0, 0, 0, 8, 0, 0], anomalies })).toBe(1);
  });

  test('is lowered by slices that are called abnormal and are not', () => {
    const anomalies = [NONE, NONE, 0, 0, ...Array.from({ length: 8 }, () => NONE)];
    // Whoever finds the anomaly calls three slices of usual time abnormal: 2 · 2 / (2 + 3 + 2).
    expect(bestAdjustedF1({ scores: [9, 8, 5, 0, 7, 0, 0, 0, 0, 0, 0, 0], anomalies })).toBeCloseTo(4 / 7, 12);
  });

  test('is not a number where there is no anomaly', () => {
    expect(bestAdjustedF1({ scores: [1, 2], anomalies: [NONE, NONE] })).toBeNaN();
  });
});
