import { expect, test } from 'vitest';
import { toHalfFloats } from '../../../../src/engine/pipeline/halfFloats.js';

function bits(...values: number[]): number[] {
  return Array.from(toHalfFloats(Float32Array.from(values)));
}

test('exact values keep their bit patterns', () => {
  expect(bits(0, -0, 1, -2, 0.5, 65_504, 2 ** -14, 2 ** -24)).toEqual([0, 0x8000, 0x3c00, 0xc000, 0x3800, 0x7bff, 0x0400, 0x0001]);
});

test('others are rounded to the nearest, ties to even, also into the next power of two', () => {
  const step = 2 ** -10;
  expect(bits(1 + step * 0.5, 1 + step * 1.5, 1 + step * 0.51, 2 - step * 0.25)).toEqual([0x3c00, 0x3c02, 0x3c01, 0x4000]);
  expect(bits(2 ** -24 * 1.5, 2 ** -26)).toEqual([2, 0]);
});

test('what is too large becomes the largest, NaN stays NaN', () => {
  expect(bits(1e9, -Infinity, 65_519, Number.NaN)).toEqual([0x7bff, 0xfbff, 0x7bff, 0x7e00]);
});
