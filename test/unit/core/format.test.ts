import { expect, test } from 'vitest';
import { formatDuration, formatNumber, formatProbability } from '../../../src/core/format.js';
import { findInstant, floorTo, toEpochMs, toIso } from '../../../src/core/time.js';

test.each([
  [0, '0'],
  [0.4239, '0.424'],
  [0.001234, '0.0012'],
  [17.26, '17.3'],
  [999, '999'],
  [-12_400.4, '-12\u202f400'],
  [1_234_567, '1\u202f234\u202f567'],
  [NaN, 'unknown'],
])('number %d reads %s', (value, text) => {
  expect(formatNumber(value)).toBe(text);
});

test.each([
  [0.4, '0 ns'],
  [1500, '1.5 µs'],
  [2.5e6, '2.5 ms'],
  [119e9, '119 s'],
  [120e9, '2 min'],
  [7200e9, '2 h'],
])('%d ns reads %s', (ns, text) => {
  expect(formatDuration(ns)).toBe(text);
});

test('probabilities are never a false 0 or 1', () => {
  expect([0, 0.009, 0.01, 0.5, 0.99, 0.991, 1].map(formatProbability)).toEqual([
    '< 0.01',
    '< 0.01',
    '0.01',
    '0.50',
    '0.99',
    '> 0.99',
    '> 0.99',
  ]);
});

test('instants are exact to the nanosecond and refuse days that do not exist', () => {
  expect(findInstant('2026-03-10T13:00:00.123456789Z')).toBe(1_773_147_600_123_456_789n);
  expect(findInstant('2026-03-10 21:00:00,5 +0800')).toBe(1_773_147_600_500_000_000n);
  expect(findInstant('2026-02-30')).toBeUndefined();
  expect(findInstant('2026-13-01')).toBeUndefined();
  expect(findInstant('1773147600123456789')).toBe(1_773_147_600_123_456_789n);
  expect(findInstant('noon')).toBeUndefined();
});

test('instants before 1970 floor downwards and print', () => {
  expect(floorTo(-1n, 5n)).toBe(-5n);
  expect(floorTo(-5n, 5n)).toBe(-5n);
  expect(toIso(-1n)).toBe('1969-12-31T23:59:59.999999999Z');
  expect(toIso(1_773_147_600_500_000_000n)).toBe('2026-03-10T13:00:00.500Z');
  expect(toEpochMs(-1_500_000n)).toBe(-1.5);
});
