import { describe, expect, it } from 'vitest';
import type { RecordChunk } from '../../../../src/core/records.js';
import { decodeChunk, encodeChunk } from '../../../../src/engine/store/chunkCodec.js';
import { compress, decompress } from '../../../../src/engine/store/compression.js';
import { createChunk } from './storeBuilders.js';

/** A row as another version of the codec would have headed it. */
function withLayout(row: Uint8Array, layout: number): Uint8Array {
  const bytes = Buffer.from(decompress(row));
  const length = bytes.readUInt32LE(0);
  const header = JSON.parse(bytes.subarray(4, 4 + length).toString('utf8')) as object;
  const changed = Buffer.from(JSON.stringify({ ...header, layout }), 'utf8');
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32LE(changed.length);
  return compress(Buffer.concat([prefix, changed, bytes.subarray(4 + length)]));
}

function withPoints(points: Partial<RecordChunk['points']>, n: number): RecordChunk {
  const base = createChunk(n);
  return { ...base, points: { ...base.points, ...points } };
}

describe('encodeChunk and decodeChunk', () => {
  it.each([0, 1, 2, 1000])('give back %i records of each kind exactly', (n) => {
    const chunk = createChunk(n);
    expect(decodeChunk(encodeChunk(chunk))).toEqual(chunk);
  });

  it('keep values at the limits of their types', () => {
    const chunk = withPoints(
      {
        timeNs: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n, 0n, -1n),
        series: Uint32Array.of(0, 0xffffffff, 1, 0),
        value: Float64Array.of(-0, Number.MAX_VALUE, Number.MIN_VALUE, -1e-300),
        offset: Float64Array.of(Number.MAX_SAFE_INTEGER, 0, 2 ** 52, 3),
        line: Uint32Array.of(0xffffffff, 0, 5, 4),
      },
      4,
    );
    const decoded = decodeChunk(encodeChunk(chunk));
    expect(decoded.points).toEqual(chunk.points);
    expect(Object.is(decoded.points.value[0], -0)).toBe(true);
  });

  it.each([
    ['-0', Float64Array.of(-0, 1)],
    ['a fraction', Float64Array.of(0.5, 1)],
    ['NaN', Float64Array.of(Number.NaN, 1)],
    ['more than 31 bits apart', Float64Array.of(0, 2 ** 31)],
  ])('keep offsets that do not suit difference coding: %s', (_name, offset) => {
    const decoded = decodeChunk(encodeChunk(withPoints({ offset }, 2)));
    expect([...decoded.points.offset].map((value) => Object.is(value, -0))).toEqual([...offset].map((value) => Object.is(value, -0)));
    expect(decoded.points.offset).toEqual(offset);
  });

  it('take columns that are views of a larger buffer', () => {
    const backing = new Float64Array([9, 9, 1, 2, 9]);
    const decoded = decodeChunk(encodeChunk(withPoints({ value: backing.subarray(2, 4) }, 2)));
    expect(decoded.points.value).toEqual(Float64Array.of(1, 2));
    expect(decoded.points.value.buffer.byteLength).toBe(16);
  });

  it('keep strings of every kind', () => {
    const newStrings = ['', '\0', '\ud800 alone', '😀', '__proto__', 'line\nend', '"quoted\\"'];
    const chunk = { ...createChunk(1), newStrings };
    expect(decodeChunk(encodeChunk(chunk)).newStrings).toEqual(newStrings);
  });

  it('make growing columns much smaller than they are in memory', () => {
    const n = 10_000;
    const offset = Float64Array.from({ length: n }, (_, i) => i * 100);
    const line = Uint32Array.from({ length: n }, (_, i) => i);
    const timeNs = BigInt64Array.from({ length: n }, (_, i) => BigInt(i) * 1_000_000_000n);
    const empty = createChunk(0);
    const chunk = { ...empty, points: { timeNs, offset, line, series: new Uint32Array(n), value: new Float64Array(n) } };
    expect(encodeChunk(chunk).length).toBeLessThan(n);
  });

  it('refuse columns of different lengths', () => {
    expect(() => encodeChunk(withPoints({ line: new Uint32Array(3) }, 2))).toThrow('column line has 3 values, the first of its kind 2');
  });

  it('cost less for callees that no span names', () => {
    const chunk = createChunk(10_000);
    const unnamed = { ...chunk, spans: { ...chunk.spans, peer: new Uint32Array(10_000) } };
    expect(decodeChunk(encodeChunk(unnamed)).spans.peer).toEqual(new Uint32Array(10_000));
    expect(encodeChunk(chunk).length - encodeChunk(unnamed).length).toBeGreaterThan(1_000);
  });

  it('refuse a row of the layout before spans and series named their callees', () => {
    const row = encodeChunk(createChunk(3));
    expect(decodeChunk(withLayout(row, 3))).toEqual(createChunk(3));
    for (const layout of [1, 2]) {
      expect(() => decodeChunk(withLayout(row, layout))).toThrow(`chunk has layout ${layout}, this version reads 3`);
    }
  });

  it.each([
    ['empty', new Uint8Array()],
    ['of unknown packing', Uint8Array.of(77, 1, 2, 3)],
    ['noise', Uint8Array.of(2, 1, 2, 3, 4, 5, 6, 7, 8)],
    ['cut short', encodeChunk(createChunk(100)).subarray(0, 200)],
  ])('refuse a row that is %s', (_name, row) => {
    expect(() => decodeChunk(row)).toThrow();
  });
});
