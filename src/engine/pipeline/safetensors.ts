/** Writes the safetensors format: u64 length of a JSON head, the head, then the tensors (github.com/huggingface/safetensors). */
import fs from 'node:fs';

/** `Uint16Array` holds the bits of half floats. */
type TensorArray = Float32Array | Uint16Array | Int32Array | Uint8Array | BigInt64Array;

export interface Tensor {
  readonly shape: readonly number[];
  readonly data: TensorArray;
}

/** @param metadata strings only, as the format demands */
export function writeSafetensors(
  file: string,
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>>,
): void {
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
  // Under a name of its own first: a file that exists is whole.
  const unfinished = `${file}.${process.pid}.part`;
  const descriptor = fs.openSync(unfinished, 'w');
  try {
    fs.writeSync(descriptor, length);
    fs.writeSync(descriptor, padded);
    for (const { data } of Object.values(tensors)) {
      fs.writeFileSync(descriptor, Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    }
  } finally {
    fs.closeSync(descriptor);
  }
  fs.renameSync(unfinished, file);
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
