/** What a run is made from, as one hash: equal keys mean that an earlier run's results still hold. */
import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { EngineError } from '../protocol/engineError.js';
import type { EmbedParams } from '../protocol/views.js';
import type { Installation } from './installation.js';

const HASHED_BYTES = 64 * 1024;

/** Names the encoder files as they are: manifest content, and size and time of the weights, without reading or loading those. */
export async function fingerprintEncoder(folder: string): Promise<string> {
  const hash = createHash('sha256');
  let names: string[];
  try {
    names = (await fs.readdir(folder)).sort();
  } catch (error) {
    throw new EngineError('model', `the encoder folder ${folder} cannot be read; install RuntimeSlicer again`, { cause: error });
  }
  for (const name of names) {
    const file = path.join(folder, name);
    const stat = await fs.stat(file);
    hash.update(`${name}\0${stat.size}\0`);
    hash.update(name.endsWith('.json') && stat.size < 2 ** 20 ? await fs.readFile(file) : String(stat.mtimeMs));
  }
  return hash.digest('hex');
}

/** Throws an `EngineError` (`no-input`) for a path that does not exist or cannot be read. */
export async function createInputKey(params: EmbedParams, installation: Installation, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const { paths, ...settings } = params;
  hash.update(JSON.stringify(Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1))));
  hash.update(`\0${installation.version}\0${installation.build}\0${await fingerprintEncoder(installation.encoderFolder)}\0`);
  for (const file of await listFiles(paths, signal)) {
    hash.update(await identify(file, signal));
  }
  return hash.digest('hex');
}

/** Every file below the paths, each once, sorted. */
async function listFiles(paths: readonly string[], signal: AbortSignal): Promise<string[]> {
  const files = new Set<string>();
  for (const given of paths) {
    signal.throwIfAborted();
    const root = path.resolve(given);
    if ((await statInput(root)).isDirectory()) {
      for (const entry of await fs.readdir(root, { withFileTypes: true, recursive: true })) {
        if (!entry.isDirectory()) {
          files.add(path.join(entry.parentPath, entry.name));
        }
      }
    } else {
      files.add(root);
    }
  }
  return [...files].sort();
}

async function statInput(file: string) {
  try {
    return await fs.stat(file);
  } catch (error) {
    throw new EngineError('no-input', `${file} does not exist or cannot be read; check the path and its permissions`, { cause: error });
  }
}

/** Path, size, time and a hash of the first and last 64 KiB; a file that cannot be read is named as such, its reading reports why. */
async function identify(file: string, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted();
  try {
    const handle = await fs.open(file);
    try {
      const { size, mtimeMs } = await handle.stat();
      const hash = createHash('sha256');
      const buffer = Buffer.alloc(HASHED_BYTES);
      for (const position of size > HASHED_BYTES ? [0, size - HASHED_BYTES] : [0]) {
        const { bytesRead } = await handle.read(buffer, 0, HASHED_BYTES, position);
        hash.update(buffer.subarray(0, bytesRead));
      }
      return `${file}\0${size}\0${mtimeMs}\0${hash.digest('hex')}\0`;
    } finally {
      await handle.close();
    }
  } catch {
    return `${file}\0unreadable\0`;
  }
}
