/** Texts → vectors, by all-MiniLM-L6-v2 as int8 ONNX on the CPU. */
import { createHash } from 'node:crypto';
import { TEXT_VECTOR_DIM } from '../../core/tokens/sliceTensors.js';
import { EngineError } from '../../protocol/engineError.js';
import { findInstallation } from '../installation.js';
import type { TextEncoder } from './encoders.js';
import { readManifest, readModelFile, type EncoderManifest } from './manifest.js';
import { openSession, type ModelSession } from './onnxRuntime.js';
import { createTokenizer } from './textTokenizer.js';

/** Bounds of one run: about 60 ms of two cores, so that cancellation is seen soon. */
const MAX_TEXTS = 32;
const MAX_PLACES = 1024;

/**
 * Loads the model and checks one reference text. Texts longer than the manifest's `maxTokens` word pieces are cut: the first pieces
 * stay, the closing piece follows them, the rest does not count.
 * @param folder default: the folder of the installation
 * @throws EngineError `model` when a file is missing, damaged, or computes something else on this machine.
 */
export async function createTextEncoder(folder?: string): Promise<TextEncoder> {
  const manifest = readManifest(folder ?? findInstallation().encoderFolder);
  const { text } = manifest;
  const toIds = createTokenizer(manifest);
  const session = await openSession(readModelFile(manifest.folder, text), 'cpu');
  await checkReference(session, manifest, toIds);
  return {
    fingerprint: createHash('sha256').update(text.sha256).update(text.tokenizerSha256).digest('hex'),
    encode: (texts, signal, onProgress) => encodeTexts(session, texts.map(toIds), signal, onProgress),
  };
}

/** @param rows word-piece ids of each text, never empty: the tokenizer opens and closes every text */
async function encodeTexts(
  session: ModelSession,
  rows: readonly (readonly number[])[],
  signal: AbortSignal,
  onProgress?: (done: number) => void,
): Promise<Float32Array> {
  signal.throwIfAborted();
  const result = new Float32Array(rows.length * TEXT_VECTOR_DIM);
  let done = 0;
  for (const batch of planTextBatches(rows.map((ids) => ids.length))) {
    signal.throwIfAborted();
    const length = Math.max(...batch.map((index) => rows[index]?.length ?? 0));
    const ids = new BigInt64Array(batch.length * length);
    const mask = new BigInt64Array(batch.length * length);
    batch.forEach((index, b) => {
      rows[index]?.forEach((id, place) => {
        ids[b * length + place] = BigInt(id);
        mask[b * length + place] = 1n;
      });
    });
    const dims = [batch.length, length];
    const { embedding } = await session.run({ input_ids: { data: ids, dims }, attention_mask: { data: mask, dims } }, ['embedding']);
    batch.forEach((index, b) => {
      result.set(embedding.subarray(b * TEXT_VECTOR_DIM, (b + 1) * TEXT_VECTOR_DIM), index * TEXT_VECTOR_DIM);
    });
    done += batch.length;
    onProgress?.(done);
    // Lets a cancel message in: the run above blocked this thread.
    await new Promise((resolve) => setImmediate(resolve));
  }
  signal.throwIfAborted();
  return result;
}

/** Indices grouped by like length, so that little is padding; every index once. @param lengths word pieces of each text */
export function planTextBatches(lengths: readonly number[]): number[][] {
  const order = lengths.map((_, index) => index).sort((a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0) || a - b);
  const batches: number[][] = [];
  let batch: number[] = [];
  for (const index of order) {
    // Sorted by length, so this text is the longest of the batch so far.
    const places = (batch.length + 1) * (lengths[index] ?? 0);
    if (batch.length > 0 && (batch.length >= MAX_TEXTS || places > MAX_PLACES)) {
      batches.push(batch);
      batch = [];
    }
    batch.push(index);
  }
  return batch.length === 0 ? batches : [...batches, batch];
}

async function checkReference(session: ModelSession, manifest: EncoderManifest, toIds: (text: string) => number[]): Promise<void> {
  const { reference } = manifest.text;
  const stored = JSON.parse(readModelFile(manifest.folder, reference).toString('utf8')) as TextReference;
  const [text = '', expected = []] = [stored.texts[0], stored.vectors[0]];
  const found = await encodeTexts(session, [toIds(text)], new AbortController().signal);
  const cosine = expected.reduce((sum, value, i) => sum + value * (found[i] ?? 0), 0);
  if (!(cosine >= reference.minCosine)) {
    throw new EngineError(
      'model',
      `the text encoder gives a cosine of ${cosine.toFixed(3)} to its reference on this machine, expected at least ${reference.minCosine}; please report this processor`,
    );
  }
}

/** text-encoder.reference.json: texts, their word-piece ids, and the vectors of the fp32 PyTorch module. */
export interface TextReference {
  readonly texts: readonly string[];
  readonly ids: readonly (readonly number[])[];
  readonly vectors: readonly (readonly number[])[];
}
