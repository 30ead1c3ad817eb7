/** What a run is made from, as one hash: equal keys mean that an earlier run's results still hold. */
import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { EngineError } from '../protocol/engineError.js';
import type { EmbedParams } from '../protocol/views.js';
import { readFileIdentity } from './ingest/files/fileIdentity.js';
import { walkPaths, type WalkedFile } from './ingest/files/walkPaths.js';
import type { Installation } from './installation.js';

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

/**
 * Covers every file below the paths as it is now. Throws an `EngineError` (`no-input`) when none can be opened; single files
 * that cannot be are reported by the run.
 */
export async function createInputKey(params: EmbedParams, installation: Installation, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const { paths, ...settings } = params;
  hash.update(JSON.stringify(Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1))));
  hash.update(`\0${installation.version}\0${installation.build}\0${await fingerprintEncoder(installation.encoderFolder)}\0`);
  const files = await walkPaths(paths, () => {
    signal.throwIfAborted();
  });
  const [first] = files;
  if (first === undefined) {
    throw new EngineError('no-input', `no files below ${paths.join(', ')}; name log, trace or metric files`);
  }
  if (files.every(({ refusal }) => refusal !== undefined)) {
    throw new EngineError('no-input', `${first.path}: ${first.refusal ?? ''}; check the path`);
  }
  for (const file of files) {
    signal.throwIfAborted();
    hash.update(await identify(file));
  }
  return hash.digest('hex');
}

async function identify(file: WalkedFile): Promise<string> {
  if (file.refusal !== undefined) {
    return `${file.path}\0${file.refusal}\0`;
  }
  try {
    const { path: name, sizeBytes, mtimeMs, contentHash } = await readFileIdentity(file);
    return `${name}\0${sizeBytes}\0${mtimeMs}\0${contentHash}\0`;
  } catch {
    // The run's report of this file says why.
    return `${file.path}\0unreadable\0`;
  }
}
