import fs from 'node:fs';
import { TextDecoder } from 'node:util';
import { constants, createGunzip } from 'node:zlib';
import type { CancelFlag } from '../cancelFlag.js';
import { IngestRefusal } from '../ingestRefusal.js';

const BLOCK_BYTES = 1024 * 1024;
/** A gzip file may grow by this factor at most, once it is past `FREE_OUTPUT_BYTES`: protects against decompression bombs. */
const MAX_GZIP_RATIO = 1_000;
const FREE_OUTPUT_BYTES = 64 * 1024 * 1024;

/**
 * The decompressed bytes of a file as UTF-8 text without a byte order mark. UTF-16 is transcoded, so offsets of such a file
 * count bytes of its UTF-8 form.
 * @param onRead called with the number of bytes read from disk so far
 */
export async function* readDecodedBytes(path: string, cancel: CancelFlag, onRead: (storedBytes: number) => void): AsyncGenerator<Buffer> {
  yield* toUtf8(readDecompressed(path, cancel, onRead));
}

async function* readDecompressed(path: string, cancel: CancelFlag, onRead: (storedBytes: number) => void): AsyncGenerator<Buffer> {
  const handle = await fs.promises.open(path, 'r');
  try {
    const stored = readStored(handle, cancel, onRead);
    const first = await stored.next();
    if (first.done === true) {
      return;
    }
    const all = prepend(first.value, stored);
    yield* isGzip(first.value) ? gunzip(all, path) : all;
  } finally {
    await handle.close();
  }
}

function isGzip(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

async function* readStored(
  handle: fs.promises.FileHandle,
  cancel: CancelFlag,
  onRead: (storedBytes: number) => void,
): AsyncGenerator<Buffer> {
  let total = 0;
  for (;;) {
    cancel.throwIfCancelled();
    const block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
    const { bytesRead } = await handle.read(block, 0, BLOCK_BYTES, null);
    if (bytesRead === 0) {
      return;
    }
    total += bytesRead;
    onRead(total);
    yield bytesRead === BLOCK_BYTES ? block : block.subarray(0, bytesRead);
  }
}

async function* prepend(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}

/** Concatenated members are read as one stream; what a truncated file still holds is delivered before it is refused. */
async function* gunzip(stored: AsyncIterable<Buffer>, path: string): AsyncGenerator<Buffer> {
  const stream = createGunzip({ chunkSize: BLOCK_BYTES, finishFlush: constants.Z_SYNC_FLUSH });
  let input = 0;
  let output = 0;
  const pump = (async () => {
    for await (const block of stored) {
      input += block.length;
      if (!stream.write(block)) {
        await new Promise<void>((resolve) => {
          const settle = (): void => {
            stream.off('drain', settle);
            stream.off('close', settle);
            resolve();
          };
          stream.on('drain', settle);
          stream.on('close', settle);
        });
      }
      if (stream.destroyed) {
        return;
      }
    }
    stream.end();
  })();
  pump.catch((error: unknown) => stream.destroy(error instanceof Error ? error : new Error(String(error))));
  try {
    for await (const block of stream as AsyncIterable<Buffer>) {
      output += block.length;
      if (output > FREE_OUTPUT_BYTES && output > input * MAX_GZIP_RATIO) {
        throw new IngestRefusal(
          `${path} grows more than ${MAX_GZIP_RATIO} times when decompressed; decompress it yourself if it is meant to`,
        );
      }
      yield block;
    }
    await pump;
  } catch (error) {
    if (isZlibError(error)) {
      throw new IngestRefusal(`gzip data is damaged after ${output} decompressed bytes (${error.code}); compress the file again`);
    }
    throw error;
  } finally {
    stream.destroy();
  }
}

function isZlibError(error: unknown): error is Error & { code: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('Z_');
}

async function* toUtf8(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let decoder: TextDecoder | undefined;
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const block of source) {
    if (head === undefined) {
      yield decoder === undefined ? block : Buffer.from(decoder.decode(block, { stream: true }), 'utf8');
      continue;
    }
    head = head.length === 0 ? block : Buffer.concat([head, block]);
    if (head.length >= 3) {
      decoder = findUtf16Decoder(head);
      yield decodeHead(head, decoder);
      head = undefined;
    }
  }
  if (head !== undefined && head.length > 0) {
    yield head;
  } else if (decoder !== undefined) {
    yield Buffer.from(decoder.decode(), 'utf8');
  }
}

function decodeHead(head: Buffer, decoder: TextDecoder | undefined): Buffer {
  if (decoder !== undefined) {
    return Buffer.from(decoder.decode(head, { stream: true }), 'utf8');
  }
  return head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? head.subarray(3) : head;
}

function findUtf16Decoder(head: Buffer): TextDecoder | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) {
    return new TextDecoder('utf-16le');
  }
  if (head[0] === 0xfe && head[1] === 0xff) {
    return new TextDecoder('utf-16be');
  }
  return undefined;
}
