/** 32-bit to 16-bit floats (IEEE 754 binary16), for tensors on disk. By hand: `Float16Array` needs a newer Node than VS Code brings. */

const one = new Float32Array(1);
const bits = new Uint32Array(one.buffer);
/** Adding and subtracting it rounds a float to steps of 2^-24, the smallest half float. */
const SUBNORMAL_STEP = 0.5;
const SMALLEST_NORMAL = 2 ** -14;
const LARGEST = 65_504;

/**
 * @param values any shape; rounded to the nearest half float, ties to even: 3 significant digits
 * @returns the bit patterns. Beyond ±65,504 (also ±Infinity) becomes ±65,504; NaN stays NaN.
 */
export function toHalfFloats(values: Float32Array): Uint16Array {
  return Uint16Array.from(values, toHalfBits);
}

function toHalfBits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.min(Math.abs(value), LARGEST);
  if (Number.isNaN(size)) {
    return 0x7e00;
  }
  if (size < SMALLEST_NORMAL) {
    one[0] = size + SUBNORMAL_STEP;
    return sign | ((bits[0] ?? 0) & 0x7ff);
  }
  one[0] = size;
  const word = bits[0] ?? 0;
  // Exponent bias 127 → 15; 13 of the 23 fraction bits go, rounded to even. A carry moves into the exponent, as it should.
  const rounded = word + 0xfff + ((word >>> 13) & 1);
  return sign | Math.min((rounded >>> 13) - ((127 - 15) << 10), 0x7bff);
}
