import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseSafetensors, toSafetensors, writeSafetensors } from '../../../src/engine/safetensors.js';
import { createTemporaryFolder } from './temporaryFolder.js';

const tensors = {
  matrix: { shape: [2, 3], data: Float32Array.of(1, -2.5, 3, 0, 1e-30, 6) },
  scalar: { shape: [], data: Float32Array.of(7) },
  empty: { shape: [0, 4], data: new Float32Array(0) },
};
const metadata = { note: 'für alle', json: '{"a":1}' };

/** A file with this head and so many bytes of data. */
function createFile(head: unknown, dataBytes: number): Buffer {
  const json = Buffer.from(typeof head === 'string' ? head : JSON.stringify(head));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(dataBytes)]);
}

describe('safetensors', () => {
  it('hold what was put in, with the data 8-byte aligned', () => {
    const bytes = toSafetensors(tensors, metadata);
    const parsed = parseSafetensors(bytes);
    expect(Object.fromEntries(parsed.tensors)).toEqual(tensors);
    expect(parsed.metadata).toEqual(metadata);
    expect(Number(bytes.readBigUInt64LE(0)) % 8).toBe(0);
  });

  it('are the same as a file, which leaves no other one behind', () => {
    const folder = createTemporaryFolder();
    writeSafetensors(path.join(folder, 'a.safetensors'), tensors, metadata);
    expect(fs.readFileSync(path.join(folder, 'a.safetensors'))).toEqual(toSafetensors(tensors, metadata));
    expect(fs.readdirSync(folder)).toEqual(['a.safetensors']);
  });

  it('are read from any place in memory', () => {
    const bytes = toSafetensors(tensors, metadata);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(parseSafetensors(shifted.subarray(3)).tensors.get('matrix')).toEqual(tensors.matrix);
  });

  it('may have no tensors and no metadata', () => {
    expect(parseSafetensors(createFile({}, 0))).toEqual({ tensors: new Map(), metadata: {} });
  });

  it('are not made of a shape that does not fit', () => {
    expect(() => toSafetensors({ a: { shape: [2, 2], data: new Float32Array(3) } }, {})).toThrow('tensor a has shape [2, 2] and 3 values');
  });

  it('that are cut off anywhere are refused', () => {
    const bytes = toSafetensors(tensors, metadata);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => parseSafetensors(bytes.subarray(0, length))).toThrow();
    }
  });

  it.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(0), 'not a safetensors file, or cut off: 0 bytes'],
    ['a text', Buffer.from('start,end,type,entity\n'), 'not a safetensors file'],
    ['a head that is no JSON', createFile('{', 0), 'JSON'],
    ['a head that is no object', createFile('null', 0), ''],
    ['a tensor that is no object', createFile({ a: null }, 0), ''],
    ['another type', createFile({ a: { dtype: 'F16', shape: [2], data_offsets: [0, 4] } }, 4), 'tensor a: F16 [2] at bytes 0 to 4'],
    ['too little data', createFile({ a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } }, 4), 'does not fit the file'],
    ['offsets that do not fit the shape', createFile({ a: { dtype: 'F32', shape: [2], data_offsets: [0, 4] } }, 8), 'does not fit'],
    ['offsets in the head', createFile({ a: { dtype: 'F32', shape: [1], data_offsets: [-4, 0] } }, 8), 'does not fit'],
    ['offsets that are missing', createFile({ a: { dtype: 'F32', shape: [1] } }, 8), ''],
    ['a shape that is none', createFile({ a: { dtype: 'F32', shape: 'x', data_offsets: [0, 4] } }, 8), ''],
  ])('with %s are refused', (_name, bytes, problem) => {
    expect(() => parseSafetensors(bytes)).toThrow(problem);
  });
});
