import { expect, test } from 'vitest';
import { coveredLength, joinAbnormal, matchIncidents, pairIncidents } from '../../../../src/core/evaluation/incidents.js';

const ranges = (...pairs: readonly (readonly [number, number])[]) => pairs.map(([from, to]) => ({ from, to }));

test('abnormal slices that touch or overlap are one incident, a normal slice apart they are two', () => {
  const slices = ranges([0, 4], [2, 6], [4, 8], [6, 10], [8, 12], [12, 16]);
  expect(joinAbnormal(slices, [true, true, false, false, true, true])).toEqual(ranges([0, 6], [8, 16]));
  expect(joinAbnormal(slices, [])).toEqual([]);
});

test('an incident over two faults finds both and counts once; one beside them is a false alarm', () => {
  const faults = ranges([0, 5], [6, 9], [20, 25]);
  expect(matchIncidents(ranges([3, 7], [9, 12]), faults, 0)).toEqual({
    incidentsOfFault: [1, 0, 0],
    isFound: [true, true, false],
    falseAlarms: 1,
  });
});

test('an incident that lies in faults for less than half finds nothing, unless they may reach further', () => {
  const faults = ranges([10, 20]);
  expect(matchIncidents(ranges([0, 100]), faults, 5)).toEqual({ incidentsOfFault: [0], isFound: [false], falseAlarms: 1 });
  expect(matchIncidents(ranges([0, 18]), faults, 0).falseAlarms).toBe(1);
  expect(matchIncidents(ranges([0, 18]), faults, 2)).toEqual({ incidentsOfFault: [1], isFound: [true], falseAlarms: 0 });
});

test('covered length counts overlaps once and leaves the holes out', () => {
  expect(coveredLength(ranges([0, 10], [5, 15], [20, 30]), ranges([8, 12], [10, 22], [40, 50]))).toBe(8 + 8);
  expect(coveredLength([], ranges([0, 1]))).toBe(0);
});

test('an incident that joins faults is the incident of one of them', () => {
  const faults = ranges([10, 20], [25, 45], [60, 70]);
  expect(pairIncidents(ranges([8, 46]), faults)).toEqual([false, true, false]);
  expect(pairIncidents(ranges([8, 22], [24, 46], [26, 30], [70, 80]), faults)).toEqual([true, true, false]);
  expect(pairIncidents([], faults)).toEqual([false, false, false]);
});
