import { expect, test } from 'vitest';
import { findSliceRuns } from '../../../../src/core/run/incidentSlices.js';

interface Options {
  readonly alone?: readonly number[];
  readonly starts?: readonly number[];
  readonly threshold?: number;
}

/** Slices of six bins that overlap by half, or where `starts` says. */
function find(anomaly: readonly number[], options: Options = {}): (readonly [number, number])[] {
  const { alone = anomaly, starts = anomaly.map((_, slice) => slice * 3), threshold = 0.7 } = options;
  const windows = { starts: Uint32Array.from(starts), lengthBins: 6 };
  return findSliceRuns(windows, { anomaly, alone }, threshold).map(({ first, last }) => [first, last]);
}

test('an incident has a slice over the threshold', () => {
  expect(find([0, 0.8, 0, 0, 0.65, 0.69, 0])).toEqual([[1, 1]]);
});

test('an incident begins and ends where slices are a little abnormal', () => {
  expect(find([0.1, 0.52, 0.9, 0.54, 0.49, 0.9, 0.9])).toEqual([
    [1, 3],
    [5, 6],
  ]);
});

test('an incident goes on only where slices touch', () => {
  expect(find([0.8, 0.8], { starts: [0, 6] })).toEqual([[0, 1]]);
  expect(find([0.9, 0.9], { starts: [0, 7] })).toEqual([
    [0, 0],
    [1, 1],
  ]);
  expect(find([0.6, 0.9], { starts: [0, 7] })).toEqual([[1, 1]]);
});

test('another incident begins where a slice is abnormal by itself again', () => {
  const anomaly = [0.8, 0.9, 0.8, 0.8, 0.9];
  expect(find(anomaly, { alone: [0.7, 0.9, 0.3, 0.2, 0.9] })).toEqual([
    [0, 3],
    [4, 4],
  ]);
  // What comes before the first of them belongs to it.
  expect(find(anomaly, { alone: [0.3, 0.2, 0.9, 0.9, 0.4] })).toEqual([[0, 4]]);
});

test('the threshold holds where it is below or above what incidents ask for', () => {
  expect(find([0.45, 0.42, 0], { threshold: 0.4 })).toEqual([[0, 1]]);
  expect(find([0.9, 0.9, 0, 0.9], { threshold: 0.95 })).toEqual([]);
  expect(find([])).toEqual([]);
});
