/** Slices with the embeddings PyTorch gave them: what every provider must reproduce before it is used. */
import type { SliceEmbeddings, SliceTokens } from '../../core/tokens/sliceTensors.js';
import { EngineError } from '../../protocol/engineError.js';
import { readModelFile, type EncoderManifest } from './manifest.js';

export interface SliceReference {
  readonly textTable: Float32Array;
  readonly slices: readonly SliceTokens[];
  readonly expected: SliceEmbeddings;
}

interface StoredSlice {
  readonly nEntities: number;
  readonly text: readonly number[];
  readonly family: readonly number[];
  readonly entity: readonly number[];
  readonly modality: readonly number[];
  readonly numbers: readonly number[];
  readonly edgeCaller: readonly number[];
  readonly edgeCallee: readonly number[];
  readonly edgeWeight: readonly number[];
  readonly familyScores: readonly number[];
  readonly sliceEmbedding: readonly number[];
  readonly modalityEmbeddings: readonly number[];
  readonly entityEmbeddings: readonly number[];
}

export function readSliceReference(manifest: EncoderManifest): SliceReference {
  const content = readModelFile(manifest.folder, manifest.slice.reference).toString('utf8');
  // The hash has been checked, so the content is what the export wrote.
  const stored = JSON.parse(content) as { readonly textTable: readonly number[]; readonly slices: readonly StoredSlice[] };
  return {
    textTable: Float32Array.from(stored.textTable),
    slices: stored.slices.map((slice) => ({
      nEntities: slice.nEntities,
      text: Int32Array.from(slice.text),
      family: Uint8Array.from(slice.family),
      entity: Uint16Array.from(slice.entity),
      modality: Uint8Array.from(slice.modality),
      numbers: Float32Array.from(slice.numbers),
      edgeCaller: Uint16Array.from(slice.edgeCaller),
      edgeCallee: Uint16Array.from(slice.edgeCallee),
      edgeWeight: Float32Array.from(slice.edgeWeight),
      familyScores: Float32Array.from(slice.familyScores),
    })),
    expected: {
      dim: manifest.slice.dim,
      slices: Float32Array.from(stored.slices.flatMap((slice) => slice.sliceEmbedding)),
      modalities: Float32Array.from(stored.slices.flatMap((slice) => slice.modalityEmbeddings)),
      entities: stored.slices.map((slice) => Float32Array.from(slice.entityEmbeddings)),
    },
  };
}

/** Largest absolute difference over all embeddings; NaN in either counts as infinite. @throws when lengths differ. */
export function findLargestDifference(found: SliceEmbeddings, expected: SliceEmbeddings): number {
  const pairs: [Float32Array, Float32Array][] = [
    [found.slices, expected.slices],
    [found.modalities, expected.modalities],
    ...expected.entities.map((rows, i): [Float32Array, Float32Array] => [found.entities[i] ?? new Float32Array(0), rows]),
  ];
  let largest = 0;
  for (const [a, b] of pairs) {
    if (a.length !== b.length) {
      throw new EngineError(
        'model',
        `the encoder gave ${a.length} values where the reference has ${b.length}; install RuntimeSlicer again`,
      );
    }
    for (let i = 0; i < a.length; i++) {
      const difference = Math.abs((a[i] ?? Number.NaN) - (b[i] ?? Number.NaN));
      largest = Math.max(largest, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
    }
  }
  return largest;
}
