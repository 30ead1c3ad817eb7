import { createHash } from 'node:crypto';
import fs from 'node:fs';
import type { FileIdentity } from '../ingestTypes.js';
import type { WalkedFile } from './walkPaths.js';

export const HASHED_BYTES = 64 * 1024;

/** Identity of a file as stored: sha256 over its size, its first and its last 64 KiB. */
export async function readFileIdentity(file: WalkedFile): Promise<FileIdentity> {
  const hash = createHash('sha256').update(`${file.sizeBytes}\n`);
  const handle = await fs.promises.open(file.path, 'r');
  try {
    const block = Buffer.allocUnsafe(HASHED_BYTES);
    const head = await handle.read(block, 0, HASHED_BYTES, 0);
    hash.update(block.subarray(0, head.bytesRead));
    const tail = await handle.read(block, 0, HASHED_BYTES, Math.max(0, file.sizeBytes - HASHED_BYTES));
    hash.update(block.subarray(0, tail.bytesRead));
  } finally {
    await handle.close();
  }
  return { path: file.path, sizeBytes: file.sizeBytes, mtimeMs: file.mtimeMs, contentHash: hash.digest('hex') };
}
