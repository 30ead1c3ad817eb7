/**
 * Bytes of a run model: a JSON head in which typed arrays and bigints are replaced by references, then the arrays, 8-byte aligned.
 * Layout: magic `RSM1`, u32 length of the head, head, padding, arrays. Little endian, as every supported platform is.
 */
type TypedArray = Float64Array | Float32Array | Uint32Array | Int32Array | Uint16Array | Uint8Array;

const CONSTRUCTORS = {
  f64: Float64Array,
  f32: Float32Array,
  u32: Uint32Array,
  i32: Int32Array,
  u16: Uint16Array,
  u8: Uint8Array,
} as const;
type ArrayType = keyof typeof CONSTRUCTORS;

const MAGIC = 0x314d5352;
const ALIGNMENT = 8;

interface ArrayReference {
  readonly $array: ArrayType;
  readonly offset: number;
  readonly length: number;
}

/** @param value plain data with typed arrays and bigints in it; functions and class instances are not kept */
export function encodeModel(value: unknown, encodeText: (text: string) => Uint8Array): Uint8Array {
  const arrays: TypedArray[] = [];
  let offset = 0;
  const head = encodeText(
    JSON.stringify(value, (_, item: unknown) => {
      if (typeof item === 'bigint') {
        return { $bigint: item.toString() };
      }
      const type = typeOf(item);
      if (type === undefined) {
        return item;
      }
      const array = item as TypedArray;
      const reference: ArrayReference = { $array: type, offset, length: array.length };
      arrays.push(array);
      offset += Math.ceil(array.byteLength / ALIGNMENT) * ALIGNMENT;
      return reference;
    }),
  );
  const dataStart = Math.ceil((8 + head.length) / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(dataStart + offset);
  new Uint32Array(bytes.buffer, 0, 2).set([MAGIC, head.length]);
  bytes.set(head, 8);
  let place = dataStart;
  for (const array of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), place);
    place += Math.ceil(array.byteLength / ALIGNMENT) * ALIGNMENT;
  }
  return bytes;
}

/** @throws Error when the bytes are not a model of this version or are cut off */
export function decodeModel(input: Uint8Array, decodeText: (bytes: Uint8Array) => string): unknown {
  // Arrays are views into this copy, which starts at an aligned address.
  const bytes = Uint8Array.from(input);
  if (bytes.length < 8) {
    throw new Error(`run model of ${bytes.length} bytes is cut off`);
  }
  const [magic = 0, headLength = 0] = new Uint32Array(bytes.buffer, bytes.byteOffset, 2);
  if (magic !== MAGIC) {
    throw new Error(`run model starts with ${magic.toString(16)}, expected ${MAGIC.toString(16)}`);
  }
  const dataStart = Math.ceil((8 + headLength) / ALIGNMENT) * ALIGNMENT;
  const head = decodeText(bytes.subarray(8, 8 + headLength));
  return JSON.parse(head, (_, item: unknown) => {
    if (typeof item !== 'object' || item === null) {
      return item;
    }
    if ('$bigint' in item) {
      return BigInt(item.$bigint as string);
    }
    if ('$array' in item) {
      const { $array, offset, length } = item as ArrayReference;
      const end = dataStart + offset + length * CONSTRUCTORS[$array].BYTES_PER_ELEMENT;
      if (end > bytes.length) {
        throw new Error(`run model is cut off: an array ends at byte ${end}, there are ${bytes.length}`);
      }
      return new CONSTRUCTORS[$array](bytes.buffer, bytes.byteOffset + dataStart + offset, length);
    }
    return item;
  });
}

function typeOf(item: unknown): ArrayType | undefined {
  if (!ArrayBuffer.isView(item)) {
    return undefined;
  }
  for (const [type, constructor] of Object.entries(CONSTRUCTORS)) {
    if (item instanceof constructor) {
      return type as ArrayType;
    }
  }
  throw new Error('run models hold f64, f32, u32, i32, u16 and u8 arrays only');
}
