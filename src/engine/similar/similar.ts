import { EngineError } from '../../protocol/engineError.js';
import type { LabelView, SimilarView, SliceView, StateView } from '../../protocol/views.js';

const DEFAULT_LIMIT = 10;

/**
 * Slices that ended before the given one began, most similar first: overlapping ones resemble it because they share records.
 * @param embeddings [slices.length, dim] f32 row-major, L2-normalised rows
 */
export function findSimilar(
  { slice: id, limit = DEFAULT_LIMIT, labelled = false }: { readonly slice: string; readonly limit?: number; readonly labelled?: boolean },
  slices: readonly SliceView[],
  { dim, rows }: { readonly dim: number; readonly rows: Float32Array },
  states: readonly StateView[],
  labels: readonly LabelView[],
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
    .map((found) => ({ ...found, labels: labels.filter((label) => isAbout(label, found.slice)).map(toWords) }))
    .filter((found) => !labelled || found.labels.length > 0)
    .sort((a, b) => b.similarity - a.similarity)
    .slice(0, limit)
    .map((found) => ({ ...found, stateName: names.get(found.slice.state) ?? found.slice.state }));
}

/** Whether a label speaks of a slice: both share more than half of the shorter one. */
function isAbout(label: LabelView, slice: SliceView): boolean {
  const [from, to] = [BigInt(label.startNs), BigInt(label.endNs)];
  const [start, end] = [BigInt(slice.startNs), BigInt(slice.endNs)];
  const sharedNs = (to < end ? to : end) - (from > start ? from : start);
  const shorterNs = to - from < end - start ? to - from : end - start;
  return sharedNs * 2n > shorterNs;
}

function toWords({ type, entity }: LabelView): string {
  return entity === null ? type : `${type} on ${entity}`;
}

/** Cosine of normalised vectors, kept within [-1, 1] against rounding. */
function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  a.forEach((value, i) => {
    sum += value * (b[i] ?? 0);
  });
  return Math.min(1, Math.max(-1, sum));
}
