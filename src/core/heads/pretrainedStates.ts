/**
 * Runtime states that pretraining knows: an unsupervised partition of slice embeddings, on which the default heads depend (State-Aware
 * Task-Oriented Tuning, arXiv 2603.21495). What was learned from embeddings is followed where they are like those it was learned from;
 * elsewhere, as on recorded systems, heads rest on what holds on any system. models/pretraining/states.py makes the partition.
 * Letters: S slices of one run, K states, D embedding.
 */
export interface PretrainedStates {
  /** [K, D] */
  readonly centres: readonly (readonly number[])[];
  /** Squared distance over which the membership of a state falls by a factor e. */
  readonly width: number;
  /** Squared distance from its centre at which a slice is as much of no state as of that one. */
  readonly reach: number;
  /**
   * Mean share in states that nearly all systems of pretraining reach, above 0. Runs that an earlier version stored have none: each slice
   * speaks for itself.
   */
  readonly usualShare?: number;
}

/**
 * [S][K + 1] shares of slices in each state and, last, in none of them; sum 1. A slice of a system that is otherwise foreign is in a state
 * by chance: where the run's mean share m in states falls short of the usual one, u, all shares in states are multiplied by (m / u)².
 * @param embeddings [S, D] of one run
 */
export function sharesOfRun(states: PretrainedStates, embeddings: Float32Array, dim: number): Float64Array[] {
  const nStates = states.centres.length;
  const ofSlices = Array.from({ length: embeddings.length / dim }, (_, slice) =>
    shareOfStates(states, embeddings.subarray(slice * dim, (slice + 1) * dim)),
  );
  const mean = ofSlices.reduce((sum, shares) => sum + 1 - (shares[nStates] ?? 1), 0) / Math.max(1, ofSlices.length);
  const { usualShare } = states;
  if (usualShare === undefined || mean >= usualShare) {
    return ofSlices;
  }
  const known = (mean / usualShare) ** 2;
  return ofSlices.map((shares) => shares.map((share, k) => (k < nStates ? known * share : 1 - known * (1 - share))));
}

/** [K + 1] shares of a slice by itself. @param embedding [D] */
function shareOfStates({ centres, width, reach }: PretrainedStates, embedding: Float32Array): Float64Array {
  const distances = [...centres.map((centre) => squaredDistance(centre, embedding)), reach];
  const nearest = distances.reduce((least, distance) => Math.min(least, distance), Infinity);
  const shares = Float64Array.from(distances, (distance) => Math.exp((nearest - distance) / width));
  const sum = shares.reduce((total, share) => total + share, 0);
  return shares.map((share) => share / sum);
}

function squaredDistance(centre: readonly number[], row: Float32Array): number {
  return centre.reduce((sum, value, d) => sum + (value - (row[d] ?? 0)) ** 2, 0);
}
