/**
 * Runtime states that pretraining knows: an unsupervised partition of slice embeddings, on which the default heads depend (State-Aware
 * Task-Oriented Tuning, arXiv 2603.21495). What was learned from embeddings is followed where they are like those it was learned from;
 * elsewhere, as on recorded systems, heads rest on what holds on any system. models/pretraining/states.py makes the partition.
 * Letters: K states, D embedding.
 */
export interface PretrainedStates {
  /** [K, D] */
  readonly centres: readonly (readonly number[])[];
  /** Squared distance over which the membership of a state falls by a factor e. */
  readonly width: number;
  /** Squared distance from its centre at which a slice is as much of no state as of that one. */
  readonly reach: number;
}

/** [K + 1] shares of a slice in each state and, last, in none of them; sum 1. @param embedding [D] of the slice */
export function shareOfStates({ centres, width, reach }: PretrainedStates, embedding: Float32Array): Float64Array {
  const distances = [...centres.map((centre) => squaredDistance(centre, embedding)), reach];
  const nearest = distances.reduce((least, distance) => Math.min(least, distance), Infinity);
  const shares = Float64Array.from(distances, (distance) => Math.exp((nearest - distance) / width));
  const sum = shares.reduce((total, share) => total + share, 0);
  return shares.map((share) => share / sum);
}

function squaredDistance(centre: readonly number[], row: Float32Array): number {
  return centre.reduce((sum, value, d) => sum + (value - (row[d] ?? 0)) ** 2, 0);
}
