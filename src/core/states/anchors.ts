/** Assigning slices to states that are known from earlier runs, one by one. */
import { getOrAdd } from '../math/getOrAdd.js';
import { dot, meanUnit } from './stateVectors.js';

/** A known abnormal state as slices are assigned to it, without looking at the other slices. */
export interface Anchor {
  /** [E × FAMILY_COUNT] */
  readonly vector: Float32Array;
  /** Cosine below which a slice does not fit. */
  readonly limit: number;
  /** Takes the slices that fit before any others are grouped; the rest only where a slice is alone, or there are too many to group. */
  readonly isFirst: boolean;
}

/** Each slice to the most similar anchor that it fits, those with `isFirst` before the others. O(slices × anchors). */
export function assignToAnchors(
  slices: readonly number[],
  partOf: (slice: number) => Float32Array,
  anchors: readonly (Anchor | undefined)[],
): { readonly assigned: ReadonlyMap<number, readonly number[]>; readonly rest: readonly number[] } {
  const assigned = new Map<number, number[]>();
  const rest: number[] = [];
  const candidates = anchors.flatMap((anchor, place) =>
    anchor === undefined
      ? []
      : [{ place, limit: anchor.limit, unit: meanUnit([anchor.vector], anchor.vector.length), lead: anchor.isFirst ? 2 : 0 }],
  );
  for (const slice of slices) {
    const part = partOf(slice);
    let best = -1;
    let most = -Infinity;
    for (const { place, limit, unit, lead } of candidates) {
      const similarity = dot(part, unit);
      // Similarities lie in [-1, 1]: those that come first are above all others.
      if (similarity >= limit && similarity + lead > most) {
        most = similarity + lead;
        best = place;
      }
    }
    if (best < 0) {
      rest.push(slice);
    } else {
      getOrAdd(assigned, best, () => [] as number[]).push(slice);
    }
  }
  return { assigned, rest };
}
