import { expect, test } from 'vitest';
import { findSliceRuns } from '../../../../src/core/run/incidentSlices.js';

/** Slices of six bins that overlap by half, or where `starts` says. */
function find(anomaly: readonly number[], starts = anomaly.map((_, slice) => slice * 3), threshold = 0.7): (readonly [number, number])[] {
  return findSliceRuns({ starts: Uint32Array.from(starts), lengthBins: 6 }, anomaly, threshold).map(({ first, last }) => [first, last]);
}

test('a slice alone has to be more certain than slices that bear each other out', () => {
  expect(find([0, 0.8, 0, 0, 0.75, 0.65, 0])).toEqual([[4, 5]]);
  expect(find([0, 0.86, 0])).toEqual([[1, 1]]);
  expect(find([0, 0.68, 0.69, 0])).toEqual([]);
});

test('an incident begins and ends where slices are a little abnormal', () => {
  expect(find([0.1, 0.52, 0.9, 0.54, 0.49, 0.9, 0.9])).toEqual([
    [1, 3],
    [5, 6],
  ]);
});

test('slices bear each other out only where they touch', () => {
  expect(find([0.8, 0.8], [0, 6])).toEqual([[0, 1]]);
  expect(find([0.8, 0.8], [0, 7])).toEqual([]);
  expect(find([0.9, 0.9], [0, 7])).toEqual([
    [0, 0],
    [1, 1],
  ]);
});

test('the threshold holds where it is below or above what incidents ask for', () => {
  expect(find([0.45, 0.42, 0], undefined, 0.4)).toEqual([[0, 1]]);
  expect(find([0.9, 0.9, 0, 0.9], undefined, 0.95)).toEqual([]);
  expect(find([])).toEqual([]);
});
