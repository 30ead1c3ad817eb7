import { EngineError } from '../protocol/engineError.js';
import type { SimilarView, SliceView, StateView } from '../protocol/views.js';

const DEFAULT_LIMIT = 10;

/**
 * Slices that ended before the given one began, most similar first: overlapping ones resemble it because they share records.
 * @param embeddings [slices.length, dim] f32 row-major, L2-normalised rows
 */
export function findSimilar(
  { slice: id, limit = DEFAULT_LIMIT }: { readonly slice: string; readonly limit?: number },
  slices: readonly SliceView[],
  { dim, rows }: { readonly dim: number; readonly rows: Float32Array },
  states: readonly StateView[],
): SimilarView[] {
  const index = slices.findIndex((slice) => slice.id === id);
  const asked = slices[index];
  if (asked === undefined) {
    throw new EngineError('bad-argument', `the run has no slice ${id}; list them with their ids first`);
  }
  const names = new Map(states.map((state) => [state.id, state.name]));
  const query = rows.subarray(index * dim, (index + 1) * dim);
  return slices
    .map((slice, i) => ({ slice, similarity: dot(query, rows.subarray(i * dim, (i + 1) * dim)) }))
    .filter(({ slice }) => BigInt(slice.endNs) <= BigInt(asked.startNs))
    .sort((a, b) => b.similarity - a.similarity)
    .slice(0, limit)
    .map(({ slice, similarity }) => ({ slice, similarity, stateName: names.get(slice.state) ?? slice.state, labels: [] }));
}

/** Cosine of normalised vectors, kept within [-1, 1] against rounding. */
function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  a.forEach((value, i) => {
    sum += value * (b[i] ?? 0);
  });
  return Math.min(1, Math.max(-1, sum));
}
