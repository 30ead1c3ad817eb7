/** Slices of one or more runs as an adapter learns from them. Letters: N slices, B slices of a batch, M = 3 modalities, D embedding. */
import { MODALITIES } from '../records.js';
import { Random } from '../math/random.js';
import type { SliceEmbeddings } from '../tokens/sliceTensors.js';

export interface UnlabelledRun {
  readonly embeddings: Pick<SliceEmbeddings, 'dim' | 'slices' | 'modalities'>;
  /** [S] seconds from any origin of the run, ascending. */
  readonly startS: Float64Array;
  readonly lengthS: number;
}

/** In the order of time, run after run. */
export interface UnlabelledSlices {
  readonly count: number;
  readonly dim: number;
  /** [N, D] */
  readonly slices: Float32Array;
  /** [N, M, D], zero rows where a modality is missing. */
  readonly modalities: Float32Array;
  /** [N, M] 1 or 0. */
  readonly present: Float32Array;
  /** [N] */
  readonly run: Int32Array;
  readonly startS: Float64Array;
  readonly lengthS: Float64Array;
}

/** What one step of training reads. */
export interface AdapterBatch {
  readonly size: number;
  readonly dim: number;
  readonly slices: Float32Array;
  readonly modalities: Float32Array;
  readonly present: Float32Array;
  /** [B, B] shared time of two slices over the shorter one's, 0 across runs. */
  readonly overlap: Float32Array;
}

/** Slices drawn for a batch; a neighbour of each comes with it, so that there are overlaps to be consistent over. */
const DRAWN_PER_BATCH = 64;

/** @param runs newest first @param most slices that are kept: the latest of each run, newest runs first */
export function joinRuns(runs: readonly UnlabelledRun[], most: number): UnlabelledSlices {
  const dim = runs[0]?.embeddings.dim ?? 0;
  const kept: { readonly of: UnlabelledRun; readonly first: number }[] = [];
  let count = 0;
  for (const of of runs) {
    const taken = Math.min(of.startS.length, most - count);
    if (taken > 0) {
      kept.push({ of, first: of.startS.length - taken });
      count += taken;
    }
  }
  const width = MODALITIES.length * dim;
  const modalities = concat(kept.map(({ of, first }) => of.embeddings.modalities.subarray(first * width)));
  return {
    count,
    dim,
    slices: concat(kept.map(({ of, first }) => of.embeddings.slices.subarray(first * dim))),
    modalities,
    present: Float32Array.from({ length: count * MODALITIES.length }, (_, i) =>
      modalities.subarray(i * dim, (i + 1) * dim).some((value) => value !== 0) ? 1 : 0,
    ),
    run: Int32Array.from(kept.flatMap(({ of, first }, run) => Array.from(of.startS.subarray(first), () => run))),
    startS: Float64Array.from(kept.flatMap(({ of, first }) => [...of.startS.subarray(first)])),
    lengthS: Float64Array.from(kept.flatMap(({ of, first }) => Array.from(of.startS.subarray(first), () => of.lengthS))),
  };
}

function concat(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let place = 0;
  for (const part of parts) {
    all.set(part, place);
    place += part.length;
  }
  return all;
}

/** Shared time of two slices over the shorter one's, in [0, 1]. */
export function overlapOf({ run, startS, lengthS }: UnlabelledSlices, a: number, b: number): number {
  const [startA = 0, startB = 0, lengthA = 0, lengthB = 0] = [startS[a], startS[b], lengthS[a], lengthS[b]];
  const shared = Math.min(startA + lengthA, startB + lengthB) - Math.max(startA, startB);
  const shorter = Math.min(lengthA, lengthB);
  return run[a] === run[b] && shared > 0 && shorter > 0 ? shared / shorter : 0;
}

/** How often each slice is drawn is equal; the order is that of the seed. @param chosen slices to learn from, ascending */
export function* drawBatches(all: UnlabelledSlices, chosen: readonly number[], epochs: number, seed: number): Generator<AdapterBatch> {
  const random = new Random(seed, 'adapter batches');
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = random.shuffle([...chosen.keys()]);
    for (let from = 0; from < order.length; from += DRAWN_PER_BATCH) {
      const places = order.slice(from, from + DRAWN_PER_BATCH).flatMap((place) => [place, place + (random.chance(0.5) ? 1 : -1)]);
      yield toBatch(
        all,
        [...new Set(places)].sort((a, b) => a - b).flatMap((place) => chosen[place] ?? []),
      );
    }
  }
}

export function countBatches(chosen: number, epochs: number): number {
  return epochs * Math.ceil(chosen / DRAWN_PER_BATCH);
}

function toBatch(all: UnlabelledSlices, indices: readonly number[]): AdapterBatch {
  const { dim } = all;
  const take = (values: Float32Array, width: number): Float32Array =>
    concat(indices.map((index) => values.subarray(index * width, (index + 1) * width)));
  return {
    size: indices.length,
    dim,
    slices: take(all.slices, dim),
    modalities: take(all.modalities, MODALITIES.length * dim),
    present: take(all.present, MODALITIES.length),
    overlap: Float32Array.from({ length: indices.length ** 2 }, (_, i) =>
      overlapOf(all, indices[Math.floor(i / indices.length)] ?? 0, indices[i % indices.length] ?? 0),
    ),
  };
}
