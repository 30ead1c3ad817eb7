/** Looks over the installation: versions, model files, execution providers, store. Reports problems instead of failing. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { DoctorReport, ProviderAttempt, ProviderChoice } from '../protocol/views.js';
import type { Installation } from './installation.js';
import type { EngineModules } from './modules.js';
import type { Store } from './store/openStore.js';
import { toEngineError } from './toEngineError.js';

export interface Examination {
  readonly installation: Installation;
  readonly store: Store;
  readonly modules: EngineModules;
  readonly signal: AbortSignal;
  /** Which execution provider to look at first. */
  readonly choice: ProviderChoice;
}

export async function examine({ installation, store, modules, signal, choice }: Examination): Promise<DoctorReport> {
  const problems: string[] = [];
  const encoder = await examineFiles(installation.encoderFolder, problems, signal);
  const providers = await examineProviders(modules, choice, problems, signal);
  const described = store.describe();
  if (described.integrity !== 'ok') {
    problems.push(
      `the store ${described.path} is damaged (${described.integrity}); move it away and embed again, or restore a backup beside it`,
    );
  }
  return {
    version: `${installation.version} (${installation.build})`,
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    onnxruntime: findOnnxRuntimeVersion(problems),
    sqlite: store.sqliteVersion,
    encoder: { ...encoder, parity: findParity(providers) },
    providers,
    store: described,
    problems,
  };
}

/** Compares every file that the manifest names with its sha256. */
async function examineFiles(folder: string, problems: string[], signal: AbortSignal): Promise<{ name: string; sha256Ok: boolean }> {
  const file = path.join(folder, 'manifest.json');
  let manifest: unknown;
  try {
    manifest = JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    problems.push(`${file} is missing or not JSON; install RuntimeSlicer again`);
    return { name: 'none', sha256Ok: false };
  }
  const entries = [...findHashedFiles(manifest)];
  let ok = entries.length > 0;
  for (const entry of entries) {
    const found = await hashFile(path.join(folder, entry.file), signal);
    if (found !== entry.sha256) {
      ok = false;
      problems.push(
        `model file ${entry.file} ${found === undefined ? 'is missing' : 'differs from the manifest'}; install RuntimeSlicer again`,
      );
    }
  }
  return { name: findNames(manifest).join(' + ') || 'unnamed', sha256Ok: ok };
}

/** Every `{file, sha256}` in the manifest, and `tokenizer` with `tokenizerSha256`. */
function* findHashedFiles(value: unknown): Generator<{ readonly file: string; readonly sha256: string }> {
  if (typeof value !== 'object' || value === null) {
    return;
  }
  const fields = new Map<string, unknown>(Object.entries(value));
  for (const [name, hash] of [
    ['file', 'sha256'],
    ['tokenizer', 'tokenizerSha256'],
  ] as const) {
    const [file, sha256] = [fields.get(name), fields.get(hash)];
    if (typeof file === 'string' && typeof sha256 === 'string') {
      yield { file, sha256 };
    }
  }
  for (const field of fields.values()) {
    yield* findHashedFiles(field);
  }
}

function findNames(manifest: unknown): string[] {
  const parts: unknown[] = typeof manifest === 'object' && manifest !== null ? Object.values(manifest) : [];
  return parts.flatMap((part) =>
    typeof part === 'object' && part !== null && 'name' in part && typeof part.name === 'string' ? [part.name] : [],
  );
}

async function hashFile(file: string, signal: AbortSignal): Promise<string | undefined> {
  if (!fs.existsSync(file)) {
    return undefined;
  }
  const hash = createHash('sha256');
  await pipeline(fs.createReadStream(file), hash, { signal });
  return hash.digest('hex');
}

async function examineProviders(
  modules: EngineModules,
  choice: ProviderChoice,
  problems: string[],
  signal: AbortSignal,
): Promise<ProviderAttempt[]> {
  const attempts: ProviderAttempt[] = [];
  try {
    const encoder = await modules.createSliceEncoder({
      choice,
      onAttempt: (attempt) => {
        attempts.push(attempt);
      },
    });
    await encoder.dispose();
    signal.throwIfAborted();
    return [...encoder.attempts];
  } catch (error) {
    signal.throwIfAborted();
    problems.push(`the slice encoder cannot be used: ${toEngineError(error).message}`);
    return attempts;
  }
}

/** Largest difference from the manifest's reference vector, as the warm-up check of the chosen provider worded it; null when none ran. */
function findParity(attempts: readonly ProviderAttempt[]): number | null {
  const reason = attempts.find((attempt) => attempt.chosen)?.reason ?? '';
  const parity = /parity ([\d.]+(?:e[-+]?\d+)?)/i.exec(reason)?.[1];
  return parity === undefined ? null : Number(parity);
}

function findOnnxRuntimeVersion(problems: string[]): string {
  try {
    const file = createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
    return (JSON.parse(fs.readFileSync(file, 'utf8')) as { version: string }).version;
  } catch {
    problems.push('ONNX Runtime is not installed for this platform; see the README for the supported ones');
    return 'missing';
  }
}
