/**
 * A small change of the slice encoder's output for one system: x becomes the unit vector along x + x down up + bias. Learned from slices
 * without labels (URCL, arXiv 2603.21495); the encoder itself stays as it is, and so do the embeddings in the store, which makes it
 * reversible. Letters: N rows, D embedding, R rank.
 */

export interface Adapter {
  readonly dim: number;
  readonly rank: number;
  /** [D, R] */
  readonly down: Float32Array;
  /** [R, D] */
  readonly up: Float32Array;
  /** [D] */
  readonly bias: Float32Array;
}

/** @param rows [N, D] unit vectors; rows of zeros, of what is not there, stay so @returns the same array where there is no adapter */
export function adaptRows(adapter: Adapter | undefined, rows: Float32Array): Float32Array {
  if (adapter === undefined) {
    return rows;
  }
  const { dim, rank, down, up, bias } = adapter;
  const adapted = new Float32Array(rows.length);
  const inner = new Float64Array(rank);
  for (let from = 0; from < rows.length; from += dim) {
    const row = rows.subarray(from, from + dim);
    if (row.every((value) => value === 0)) {
      continue;
    }
    for (let r = 0; r < rank; r++) {
      inner[r] = row.reduce((sum, value, d) => sum + value * (down[d * rank + r] ?? 0), 0);
    }
    const moved = Float64Array.from(row, (value, d) =>
      inner.reduce((sum, share, r) => sum + share * (up[r * dim + d] ?? 0), value + (bias[d] ?? 0)),
    );
    const length = Math.max(1e-6, Math.sqrt(moved.reduce((sum, value) => sum + value * value, 0)));
    moved.forEach((value, d) => {
      adapted[from + d] = value / length;
    });
  }
  return adapted;
}
