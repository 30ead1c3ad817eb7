/**
 * How surely the slice of a moment is recognised in another kind of telemetry: the probability that it gets, by the cosines of modality
 * embeddings, among slices of other moments. A share of right first answers (recall@1) would say the same more coarsely.
 */
import { MODALITIES } from '../records.js';
import { adaptRows, type Adapter } from './adapter.js';
import { overlapOf, type UnlabelledSlices } from './unlabelledSlices.js';

export interface Match {
  readonly probability: number;
  /** Of a guess among the same slices. */
  readonly chance: number;
}

const PAIRS = MODALITIES.flatMap((_, a) => MODALITIES.flatMap((__, b) => (b > a ? [[a, b] as const] : [])));

/**
 * One for each slice and pair of modalities that it holds, both ways; only slices that share no time are compared.
 * @param chosen ascending @param scale of cosines as logits
 */
export function matchSlices(all: UnlabelledSlices, chosen: readonly number[], adapter: Adapter | undefined, scale: number): Match[] {
  return PAIRS.flatMap(([a, b]) => {
    const slices = apart(
      all,
      chosen.filter((slice) => isPresent(all, slice, a) && isPresent(all, slice, b)),
    );
    if (slices.length < 2) {
      return [];
    }
    const [inA, inB] = [vectorsOf(all, slices, a, adapter), vectorsOf(all, slices, b, adapter)];
    return slices.map((_, own) => ({
      probability: (probabilityOf(inA, inB, own, all.dim, scale) + probabilityOf(inB, inA, own, all.dim, scale)) / 2,
      chance: 1 / slices.length,
    }));
  });
}

function isPresent({ present }: UnlabelledSlices, slice: number, modality: number): boolean {
  return present[slice * MODALITIES.length + modality] === 1;
}

/** The first, and each that shares no time with the one taken before it. */
function apart(all: UnlabelledSlices, slices: readonly number[]): number[] {
  const taken: number[] = [];
  for (const slice of slices) {
    const last = taken.at(-1);
    if (last === undefined || overlapOf(all, last, slice) === 0) {
      taken.push(slice);
    }
  }
  return taken;
}

function vectorsOf(
  { modalities, dim }: UnlabelledSlices,
  slices: readonly number[],
  modality: number,
  adapter: Adapter | undefined,
): Float32Array {
  const rows = new Float32Array(slices.length * dim);
  slices.forEach((slice, i) => {
    const from = (slice * MODALITIES.length + modality) * dim;
    rows.set(modalities.subarray(from, from + dim), i * dim);
  });
  return adaptRows(adapter, rows);
}

/** Softmax over the targets of the query's cosines, at its own. Both [n, D] unit rows. */
function probabilityOf(queries: Float32Array, targets: Float32Array, own: number, dim: number, scale: number): number {
  const query = queries.subarray(own * dim, (own + 1) * dim);
  const logits = Float64Array.from({ length: targets.length / dim }, (_, i) => {
    let sum = 0;
    for (let d = 0; d < dim; d++) {
      sum += (query[d] ?? 0) * (targets[i * dim + d] ?? 0);
    }
    return sum * scale;
  });
  const largest = logits.reduce((most, logit) => Math.max(most, logit), -Infinity);
  return Math.exp((logits[own] ?? 0) - largest) / logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0);
}
