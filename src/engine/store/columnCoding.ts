/**
 * Reversible rearrangements that make typed-array columns compress well: bytes of equal significance side by side, and
 * differences instead of values where a column mostly grows. n = length of the column.
 */

/** `raw`: as is. `shuffle`: byte planes. `delta`: differences, wrapping, then byte planes. `steps`: f64 base, then n i32 differences in byte planes. */
export type ColumnCoding = 'raw' | 'shuffle' | 'delta' | 'steps';

export type Column = Float64Array | BigInt64Array | Uint32Array | Uint8Array;
export type ColumnType = 'f64' | 'i64' | 'u32' | 'u8';

export const COLUMN_BYTES: Readonly<Record<ColumnType, number>> = { f64: 8, i64: 8, u32: 4, u8: 1 };

const MAX_STEP = 0x7fffffff;

function toBytes(column: ArrayBufferView): Uint8Array {
  return new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
}

/** A Buffer's own `slice` would be a view of the larger buffer. */
function copy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}

/** Byte j of value i goes to place j·n + i. */
function shuffle(bytes: Uint8Array, width: number): Uint8Array {
  const n = bytes.length / width;
  const planes = new Uint8Array(bytes.length);
  for (let j = 0; j < width; j++) {
    const plane = j * n;
    for (let i = 0, at = j; i < n; i++, at += width) {
      planes[plane + i] = bytes[at] ?? 0;
    }
  }
  return planes;
}

function unshuffle(planes: Uint8Array, width: number): Uint8Array<ArrayBuffer> {
  const n = planes.length / width;
  const bytes = new Uint8Array(planes.length);
  for (let j = 0; j < width; j++) {
    const plane = j * n;
    for (let i = 0, at = j; i < n; i++, at += width) {
      bytes[at] = planes[plane + i] ?? 0;
    }
  }
  return bytes;
}

/** Differences fit `steps` when every value is a safe integer (but not -0) and neighbours are within 31 bits. */
function fitsSteps(column: Float64Array): boolean {
  let previous = column[0] ?? 0;
  for (const value of column) {
    if (!Number.isSafeInteger(value) || Object.is(value, -0) || Math.abs(value - previous) > MAX_STEP) {
      return false;
    }
    previous = value;
  }
  return true;
}

/** What suits a column; `growing` columns (times, offsets, lines) are stored as differences when that is exact. */
export function chooseCoding(column: Column, type: ColumnType, growing: boolean): ColumnCoding {
  if (type === 'u8' || column.length === 0) {
    return 'raw';
  }
  if (!growing) {
    return 'shuffle';
  }
  if (column instanceof Float64Array) {
    return fitsSteps(column) ? 'steps' : 'shuffle';
  }
  return 'delta';
}

export function encodeColumn(column: Column, coding: ColumnCoding): Uint8Array {
  switch (coding) {
    case 'raw':
      return toBytes(column);
    case 'shuffle':
      return shuffle(toBytes(column), column.BYTES_PER_ELEMENT);
    case 'delta':
      return shuffle(toBytes(toDifferences(column)), column.BYTES_PER_ELEMENT);
    case 'steps':
      return encodeSteps(column);
  }
}

function toDifferences(column: Column): Column {
  if (column instanceof BigInt64Array) {
    const differences = new BigInt64Array(column.length);
    let previous = 0n;
    column.forEach((value, i) => {
      differences[i] = value - previous;
      previous = value;
    });
    return differences;
  }
  if (column instanceof Uint32Array) {
    const differences = new Uint32Array(column.length);
    let previous = 0;
    column.forEach((value, i) => {
      differences[i] = value - previous;
      previous = value;
    });
    return differences;
  }
  throw new Error(`delta coding is for i64 and u32 columns, got ${column.constructor.name}`);
}

function encodeSteps(column: Column): Uint8Array {
  if (!(column instanceof Float64Array)) {
    throw new Error(`steps coding is for f64 columns, got ${column.constructor.name}`);
  }
  const base = column[0] ?? 0;
  const steps = new Int32Array(column.length);
  let previous = base;
  column.forEach((value, i) => {
    steps[i] = value - previous;
    previous = value;
  });
  const bytes = new Uint8Array(8 + steps.byteLength);
  bytes.set(toBytes(new Float64Array([base])));
  bytes.set(shuffle(toBytes(steps), 4), 8);
  return bytes;
}

/** Bytes that `encodeColumn` makes of `length` values. */
export function encodedBytes(type: ColumnType, coding: ColumnCoding, length: number): number {
  return coding === 'steps' ? 8 + 4 * length : COLUMN_BYTES[type] * length;
}

/** Undoes `encodeColumn`; the result owns its buffer, exactly sized. */
export function decodeColumn(bytes: Uint8Array, type: ColumnType, coding: ColumnCoding): Column {
  if (coding === 'steps') {
    const [base = 0] = new Float64Array(copy(bytes.subarray(0, 8)).buffer);
    const steps = new Int32Array(unshuffle(bytes.subarray(8), 4).buffer);
    const column = new Float64Array(steps.length);
    let value = base;
    steps.forEach((step, i) => {
      value += step;
      column[i] = value;
    });
    return column;
  }
  const plain = coding === 'raw' ? copy(bytes) : unshuffle(bytes, COLUMN_BYTES[type]);
  const column = toColumn(plain.buffer, type);
  if (coding === 'delta') {
    addUp(column);
  }
  return column;
}

function toColumn(buffer: ArrayBuffer, type: ColumnType): Column {
  switch (type) {
    case 'f64':
      return new Float64Array(buffer);
    case 'i64':
      return new BigInt64Array(buffer);
    case 'u32':
      return new Uint32Array(buffer);
    case 'u8':
      return new Uint8Array(buffer);
  }
}

function addUp(column: Column): void {
  if (column instanceof BigInt64Array) {
    let value = 0n;
    column.forEach((difference, i) => {
      value = BigInt.asIntN(64, value + difference);
      column[i] = value;
    });
  } else if (column instanceof Uint32Array) {
    let value = 0;
    column.forEach((difference, i) => {
      value = (value + difference) >>> 0;
      column[i] = value;
    });
  }
}
