/** Compression of what the store keeps: zstd where Node has it (22.15 and later), deflate before. The first byte says which. */
import zlib from 'node:zlib';

const DEFLATE = 1;
const ZSTD = 2;
/** Fastest levels: rows are written while the user waits, and are mostly numbers. */
const LEVEL = 1;

/** Node 22.14 lacks zstd, which the type declarations of Node 24 do not know. */
const hasZstd = 'zstdCompressSync' in zlib;

export function compress(bytes: Uint8Array): Uint8Array {
  const packed = hasZstd
    ? zlib.zstdCompressSync(bytes, { params: { [zlib.constants.ZSTD_c_compressionLevel]: LEVEL } })
    : zlib.deflateRawSync(bytes, { level: LEVEL });
  const row = new Uint8Array(1 + packed.length);
  row[0] = hasZstd ? ZSTD : DEFLATE;
  row.set(packed, 1);
  return row;
}

/** Throws when the row is damaged or was packed by a method that this Node lacks. */
export function decompress(row: Uint8Array): Uint8Array {
  const packed = row.subarray(1);
  const packing = row[0] ?? 0;
  switch (packing) {
    case DEFLATE:
      return zlib.inflateRawSync(packed);
    case ZSTD:
      if (!hasZstd) {
        throw new Error('row is packed with zstd, which needs Node 22.15 or later');
      }
      return zlib.zstdDecompressSync(packed);
    default:
      throw new Error(`row has unknown packing ${packing}`);
  }
}
