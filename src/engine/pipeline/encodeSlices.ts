/** Texts and tokens of a scan → embeddings, each distinct text encoded once and kept. */
import type { RunScan } from '../../core/run/scanRun.js';
import { TEXT_VECTOR_DIM, type SliceEmbeddings } from '../../core/tokens/sliceTensors.js';
import type { CallContext } from '../../protocol/engineRpc.js';
import type { PipelineDependencies } from './pipelineTypes.js';

export interface TextTable {
  /** [texts, 384] f32 row-major. */
  readonly vectors: Float32Array;
  readonly encoded: number;
}

export async function lookUpTexts(scan: RunScan, dependencies: PipelineDependencies, context: CallContext): Promise<TextTable> {
  const { textEncoder, textVectors } = dependencies;
  const vectors = new Float32Array(scan.texts.length * TEXT_VECTOR_DIM);
  const known = textVectors.find(scan.texts);
  const missing: number[] = [];
  known.forEach((vector, text) => {
    if (vector === undefined) {
      missing.push(text);
    } else {
      vectors.set(vector, text * TEXT_VECTOR_DIM);
    }
  });
  const texts = missing.map((text) => scan.texts[text] ?? '');
  const report = (done: number): void => {
    const fraction = texts.length === 0 ? 1 : done / texts.length;
    context.onProgress({ phase: 'text', fraction, detail: `${texts.length} new names and log templates`, records: 0 });
  };
  report(0);
  if (texts.length > 0) {
    const fresh = await textEncoder.encode(texts, context.signal, report);
    textVectors.put(texts, fresh);
    missing.forEach((text, row) => {
      vectors.set(fresh.subarray(row * TEXT_VECTOR_DIM, (row + 1) * TEXT_VECTOR_DIM), text * TEXT_VECTOR_DIM);
    });
  }
  return { vectors, encoded: texts.length };
}

export async function encodeSlices(
  scan: RunScan,
  table: Float32Array,
  { sliceEncoder }: PipelineDependencies,
  context: CallContext,
): Promise<SliceEmbeddings> {
  const total = scan.tokens.length;
  const report = (done: number): void => {
    const fraction = total === 0 ? 1 : done / total;
    context.onProgress({ phase: 'encode', fraction, detail: `${total} slices on ${sliceEncoder.provider}`, records: 0 });
  };
  report(0);
  return sliceEncoder.encode(table, scan.tokens, context.signal, report);
}
