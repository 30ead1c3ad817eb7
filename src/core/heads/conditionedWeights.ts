/**
 * Weights that depend on the state: base + Σ_s membership_s Σ_r mix[s, r] basis[r] (State-Aware Task-Oriented Tuning, arXiv 2603.21495, where
 * the form of the dependence is left open). Letters: P rows of weights, F features, S states, R rank.
 */
export interface ConditionedWeights {
  readonly rows: number;
  readonly features: number;
  readonly rank: number;
  /** [P, F] */
  readonly base: Float32Array;
  /** [S, R] */
  readonly mix: Float32Array;
  /** [R, P, F] */
  readonly basis: Float32Array;
}

/** [P, F] weights for a slice with this membership [S]. */
export function weightsIn({ base, mix, basis, rank }: ConditionedWeights, membership: Float32Array): Float64Array {
  const weights = Float64Array.from(base);
  for (let r = 0; r < rank; r++) {
    const share = membership.reduce((sum, value, state) => sum + value * (mix[state * rank + r] ?? 0), 0);
    for (let i = 0; i < weights.length && share !== 0; i++) {
      weights[i] = (weights[i] ?? 0) + share * (basis[r * weights.length + i] ?? 0);
    }
  }
  return weights;
}

/** Row `index` of a matrix as wide as `row`, times `row`. */
export function dot(matrix: Float64Array | Float32Array, index: number, row: Float32Array): number {
  let sum = 0;
  for (let f = 0; f < row.length; f++) {
    sum += (matrix[index * row.length + f] ?? 0) * (row[f] ?? 0);
  }
  return sum;
}

export function scaled(values: Float64Array | Float32Array, length: number): Float64Array {
  const copy = Float64Array.from(values);
  const norm = Math.sqrt(copy.reduce((sum, value) => sum + value * value, 0));
  return copy.map((value) => (norm > 0 ? (value * length) / norm : 0));
}
