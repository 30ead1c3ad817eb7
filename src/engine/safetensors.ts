/** The safetensors format: u64 length of a JSON head, the head, then the tensors, little endian (github.com/huggingface/safetensors). */
import fs from 'node:fs';

/** `Uint16Array` holds the bits of half floats. */
type TensorArray = Float32Array | Uint16Array | Int32Array | Uint8Array | BigInt64Array;

export interface Tensor {
  readonly shape: readonly number[];
  readonly data: TensorArray;
}

type Tensors = Readonly<Record<string, Tensor>>;
type Metadata = Readonly<Record<string, string>>;

/** @param metadata strings only, as the format demands */
export function writeSafetensors(file: string, tensors: Tensors, metadata: Metadata): void {
  const head = toHead(tensors, metadata);
  // Under a name of its own first: a file that exists is whole.
  const unfinished = `${file}.${process.pid}.part`;
  const descriptor = fs.openSync(unfinished, 'w');
  try {
    fs.writeSync(descriptor, head);
    for (const { data } of Object.values(tensors)) {
      fs.writeFileSync(descriptor, toBytes(data));
    }
  } finally {
    fs.closeSync(descriptor);
  }
  fs.renameSync(unfinished, file);
}

/** The same as one buffer, for small ones. */
export function toSafetensors(tensors: Tensors, metadata: Metadata): Buffer {
  return Buffer.concat([toHead(tensors, metadata), ...Object.values(tensors).map(({ data }) => toBytes(data))]);
}

/** A head longer than this is damage: safetensors' own limit. */
const LONGEST_HEAD = 100_000_000;

/**
 * Tensors of type F32 only.
 * @throws Error that names what is wrong with the bytes
 */
export function parseSafetensors(bytes: Uint8Array): {
  readonly tensors: ReadonlyMap<string, Tensor & { data: Float32Array }>;
  readonly metadata: Metadata;
} {
  const buffer = Buffer.from(bytes);
  const length = buffer.length < 8 ? Infinity : Number(buffer.readBigUInt64LE(0));
  if (length > LONGEST_HEAD || 8 + length > buffer.length) {
    throw new Error(`not a safetensors file, or cut off: ${buffer.length} bytes`);
  }
  const { __metadata__: metadata = {}, ...entries } = JSON.parse(buffer.toString('utf8', 8, 8 + length)) as Record<string, unknown> & {
    readonly __metadata__?: Metadata;
  };
  const tensors = new Map<string, Tensor & { data: Float32Array }>();
  for (const [name, entry] of Object.entries(entries)) {
    const { dtype, shape, data_offsets: offsets } = entry as { dtype: string; shape: number[]; data_offsets: [number, number] };
    const [from, to] = [8 + length + offsets[0], 8 + length + offsets[1]];
    const count = shape.reduce((product, size) => product * size, 1);
    if (dtype !== 'F32' || to - from !== count * 4 || from < 8 + length || to > buffer.length) {
      throw new Error(`tensor ${name}: ${dtype} [${shape.join(', ')}] at bytes ${offsets.join(' to ')} does not fit the file`);
    }
    tensors.set(name, { shape, data: new Float32Array(Uint8Array.from(buffer.subarray(from, to)).buffer) });
  }
  return { tensors, metadata };
}

function toHead(tensors: Tensors, metadata: Metadata): Buffer {
  const head: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    const expected = shape.reduce((product, size) => product * size, 1);
    if (expected !== data.length) {
      throw new Error(`tensor ${name} has shape [${shape.join(', ')}] and ${data.length} values`);
    }
    head[name] = { dtype: typeName(data), shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const json = Buffer.from(JSON.stringify(head));
  // The head is padded with spaces so that the tensors start 8-byte aligned.
  const padded = Buffer.concat([json, Buffer.alloc((8 - (json.length % 8)) % 8, ' ')]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([length, padded]);
}

function toBytes(data: TensorArray): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

function typeName(data: TensorArray): string {
  if (data instanceof Float32Array) {
    return 'F32';
  }
  if (data instanceof Uint16Array) {
    return 'F16';
  }
  if (data instanceof Int32Array) {
    return 'I32';
  }
  return data instanceof Uint8Array ? 'U8' : 'I64';
}
