/** Vectors of texts, kept across runs: a text is encoded once per text encoder. */
import { createHash } from 'node:crypto';
import { TEXT_VECTOR_DIM } from '../../core/tokens/sliceTensors.js';
import type { TextVectorCache } from '../pipeline/pipelineTypes.js';
import type { Sqlite } from './sqlite.js';

/** 128 of the hash's bits: two texts out of a billion share a key with probability 1e-21. */
const KEY_BYTES = 16;
/** Rows per transaction (1.5 KB each). */
const BATCH_ROWS = 4096;

export function createTextVectors(database: Sqlite, fingerprint: string): TextVectorCache {
  const select = database.prepare<[Uint8Array], { vector: Uint8Array }>('SELECT vector FROM text_vectors WHERE key = ?');
  const insert = database.prepare<[Uint8Array, Uint8Array]>('INSERT OR IGNORE INTO text_vectors (key, vector) VALUES (?, ?)');
  const toKey = (text: string): Uint8Array =>
    createHash('sha256').update(fingerprint).update('\0').update(text).digest().subarray(0, KEY_BYTES);
  const insertRows = database.transaction((texts: readonly string[], vectors: Float32Array, from: number, to: number) => {
    for (let i = from; i < to; i++) {
      const vector = vectors.slice(i * TEXT_VECTOR_DIM, (i + 1) * TEXT_VECTOR_DIM);
      insert.run(toKey(texts[i] ?? ''), new Uint8Array(vector.buffer));
    }
  });

  return {
    find: (texts) => texts.map((text) => toFloats(select.get(toKey(text))?.vector)),
    put(texts, vectors) {
      if (vectors.length !== texts.length * TEXT_VECTOR_DIM) {
        throw new Error(`${texts.length} texts need ${texts.length * TEXT_VECTOR_DIM} numbers, got ${vectors.length}`);
      }
      for (let from = 0; from < texts.length; from += BATCH_ROWS) {
        insertRows.immediate(texts, vectors, from, Math.min(from + BATCH_ROWS, texts.length));
      }
    },
  };
}

function toFloats(bytes: Uint8Array | undefined): Float32Array | undefined {
  return bytes?.byteLength === TEXT_VECTOR_DIM * 4 ? new Float32Array(new Uint8Array(bytes).buffer) : undefined;
}
