/** The encoders under test, with embeddings kept by the content of what was encoded. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { RunScan } from '../../../src/core/run/scanRun.js';
import { TEXT_VECTOR_DIM, type SliceEmbeddings } from '../../../src/core/tokens/sliceTensors.js';
import type { SliceEncoder, TextEncoder } from '../../../src/engine/inference/encoders.js';
import { createSliceEncoder } from '../../../src/engine/inference/sliceEncoder.js';
import { createTextEncoder } from '../../../src/engine/inference/textEncoder.js';
import { encodeSlices, lookUpTexts } from '../../../src/engine/pipeline/encodeSlices.js';
import type { PipelineDependencies } from '../../../src/engine/pipeline/pipelineTypes.js';
import { openStore } from '../../../src/engine/store/openStore.js';
import { QUIET_CONTEXT } from './cases/readCase.js';
import { removeStale } from './staleCache.js';

const CACHE = path.resolve(import.meta.dirname, '../../../.cache');
const EMBEDDINGS = path.join(CACHE, 'embeddings');
const MODALITY_COUNT = 3;

export interface NamedEncoder {
  readonly name: string;
  readonly folder: string;
  readonly sliceEncoder: SliceEncoder;
}

export interface Workbench {
  readonly encoders: readonly NamedEncoder[];
  readonly textEncoder: TextEncoder;
  /** Of the first encoder. */
  readonly dependencies: PipelineDependencies;
  encode(scan: RunScan, encoder: NamedEncoder): Promise<SliceEmbeddings>;
  /** @returns [texts.length] vectors of the untuned text encoder */
  encodeTexts(texts: readonly string[]): Promise<Float32Array[]>;
  close(): Promise<void>;
}

/** @param folders by name; the first is the one that ships */
export async function openWorkbench(folders: readonly { readonly name: string; readonly folder: string }[]): Promise<Workbench> {
  removeStale(EMBEDDINGS);
  const store = openStore({ file: path.join(CACHE, 'recordings.db') });
  const textEncoder = await createTextEncoder();
  const encoders: NamedEncoder[] = [];
  for (const { name, folder } of folders) {
    encoders.push({ name, folder, sliceEncoder: await createSliceEncoder({ choice: 'cpu', folder }) });
  }
  const [first] = encoders;
  if (first === undefined) {
    throw new Error('no encoder named');
  }
  const dependencies: PipelineDependencies = {
    textEncoder,
    sliceEncoder: first.sliceEncoder,
    textVectors: store.openTextVectors(textEncoder.fingerprint),
    parsedFiles: store.parsedFiles,
    tunedHeads: null,
  };
  return {
    encoders,
    textEncoder,
    dependencies,
    async encode(scan, encoder) {
      const file = path.join(EMBEDDINGS, `${fingerprint(scan, encoder, textEncoder)}.f32`);
      const known = readEmbeddings(file, scan, encoder.sliceEncoder.dim);
      if (known !== undefined) {
        return known;
      }
      const { vectors } = await lookUpTexts(scan, dependencies, QUIET_CONTEXT);
      const embeddings = await encodeSlices(scan, vectors, { ...dependencies, sliceEncoder: encoder.sliceEncoder }, QUIET_CONTEXT);
      writeEmbeddings(file, embeddings);
      return embeddings;
    },
    async encodeTexts(texts) {
      const dim = TEXT_VECTOR_DIM;
      const { vectors } = await lookUpTexts({ texts } as RunScan, dependencies, QUIET_CONTEXT);
      return texts.map((_, i) => vectors.subarray(i * dim, (i + 1) * dim));
    },
    async close() {
      for (const { sliceEncoder } of encoders) {
        await sliceEncoder.dispose();
      }
      store.close();
    },
  };
}

function fingerprint(scan: RunScan, { sliceEncoder }: NamedEncoder, textEncoder: TextEncoder): string {
  const hash = createHash('sha256').update(sliceEncoder.fingerprint).update(textEncoder.fingerprint).update(scan.texts.join('\0'));
  for (const { nEntities, text, family, entity, modality, numbers, edgeCaller, edgeCallee, edgeWeight, familyScores } of scan.tokens) {
    hash.update(String(nEntities));
    for (const column of [text, family, entity, modality, numbers, edgeCaller, edgeCallee, edgeWeight, familyScores]) {
      hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
    }
  }
  return hash.digest('hex').slice(0, 32);
}

function writeEmbeddings(file: string, { slices, modalities, entities }: SliceEmbeddings): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const parts = [slices, modalities, ...entities].map((part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
  fs.writeFileSync(`${file}.part`, Buffer.concat(parts));
  fs.renameSync(`${file}.part`, file);
}

function readEmbeddings(file: string, scan: RunScan, dim: number): SliceEmbeddings | undefined {
  if (!fs.existsSync(file)) {
    return undefined;
  }
  const bytes = fs.readFileSync(file);
  // What is used stays.
  fs.utimesSync(file, new Date(), new Date());
  const all = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  let place = 0;
  const take = (length: number): Float32Array => all.subarray(place, (place += length));
  const n = scan.tokens.length;
  return {
    dim,
    slices: take(n * dim),
    modalities: take(n * MODALITY_COUNT * dim),
    entities: scan.tokens.map(({ nEntities }) => take(nEntities * dim)),
  };
}
