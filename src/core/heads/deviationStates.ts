/**
 * Runtime states that pretraining knows: an unsupervised partition of how slices differ from what is usual in their run (`subtractUsual`).
 * The default heads have weights of their own in each (State-Aware Task-Oriented Tuning, arXiv 2603.21495). Partitioned as they are, the
 * embeddings of recorded systems are like none that pretraining saw (share of no state .87, simulated ones .10); as they differ from
 * what is usual, they are like those (.06 to .13). models/pretraining/states.py makes the partition. Letters: K states, D embedding.
 */
export interface DeviationStates {
  /** [K, D] */
  readonly centres: readonly (readonly number[])[];
  /** Squared distance over which the membership of a state falls by a factor e. */
  readonly width: number;
  /** Squared distance from its centre at which a slice is as much of no state as of that one. */
  readonly reach: number;
}

/** [K + 1] shares of a slice in each state and, last, in none of them; sum 1. @param deviation [D] of `subtractUsual` */
export function shareOfStates({ centres, width, reach }: DeviationStates, deviation: Float32Array): Float64Array {
  const distances = [...centres.map((centre) => squaredDistance(centre, deviation)), reach];
  const nearest = distances.reduce((least, distance) => Math.min(least, distance), Infinity);
  const shares = Float64Array.from(distances, (distance) => Math.exp((nearest - distance) / width));
  const sum = shares.reduce((total, share) => total + share, 0);
  return shares.map((share) => share / sum);
}

function squaredDistance(centre: readonly number[], row: Float32Array): number {
  return centre.reduce((sum, value, d) => sum + (value - (row[d] ?? 0)) ** 2, 0);
}
