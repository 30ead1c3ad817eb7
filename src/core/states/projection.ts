/** Two-dimensional map of slices: the first two principal components, scaled to about [-1, 1]. */

const ITERATIONS = 60;
/** Rows are about unit vectors of f32: what varies less than this along an axis is rounding, and would fill the map if it were scaled up. */
const NOISE = 1e-6;

/**
 * @param vectors S rows of equal length @returns [S, 2] row-major; zeros for fewer than two distinct rows, and in the second column
 * where the rows lie on one line. Deterministic: the power iteration starts from fixed vectors.
 */
export function projectToMap(vectors: readonly Float32Array[]): Float64Array {
  const n = vectors.length;
  const dim = vectors[0]?.length ?? 0;
  const mean = new Float64Array(dim);
  for (const vector of vectors) {
    for (let d = 0; d < dim; d++) {
      mean[d] = (mean[d] ?? 0) + (vector[d] ?? 0) / n;
    }
  }
  const first = principalAxis(vectors, mean, undefined);
  const second = principalAxis(vectors, mean, first);
  const out = new Float64Array(n * 2);
  [first, second].forEach((axis, column) => {
    let largest = 0;
    vectors.forEach((vector, row) => {
      const value = centredDot(vector, mean, axis);
      out[row * 2 + column] = value;
      largest = Math.max(largest, Math.abs(value));
    });
    if (largest > NOISE) {
      for (let row = 0; row < n; row++) {
        out[row * 2 + column] = (out[row * 2 + column] ?? 0) / largest;
      }
    } else {
      for (let row = 0; row < n; row++) {
        out[row * 2 + column] = 0;
      }
    }
  });
  return out;
}

function principalAxis(vectors: readonly Float32Array[], mean: Float64Array, orthogonalTo: Float64Array | undefined): Float64Array {
  const dim = mean.length;
  let axis = Float64Array.from({ length: dim }, (_, d) => Math.cos(d * 1.7 + (orthogonalTo === undefined ? 0.3 : 1.1)));
  normalise(axis, orthogonalTo);
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    const next = new Float64Array(dim);
    for (const vector of vectors) {
      const weight = centredDot(vector, mean, axis);
      for (let d = 0; d < dim; d++) {
        next[d] = (next[d] ?? 0) + weight * ((vector[d] ?? 0) - (mean[d] ?? 0));
      }
    }
    if (!normalise(next, orthogonalTo)) {
      break;
    }
    axis = next;
  }
  return axis;
}

function centredDot(vector: Float32Array, mean: Float64Array, axis: Float64Array): number {
  let sum = 0;
  for (let d = 0; d < axis.length; d++) {
    sum += ((vector[d] ?? 0) - (mean[d] ?? 0)) * (axis[d] ?? 0);
  }
  return sum;
}

/** Scales to length 1 after removing the part along `orthogonalTo`; false when nothing is left. */
function normalise(axis: Float64Array, orthogonalTo: Float64Array | undefined): boolean {
  if (orthogonalTo !== undefined) {
    const along = axis.reduce((sum, value, d) => sum + value * (orthogonalTo[d] ?? 0), 0);
    for (let d = 0; d < axis.length; d++) {
      axis[d] = (axis[d] ?? 0) - along * (orthogonalTo[d] ?? 0);
    }
  }
  const norm = Math.sqrt(axis.reduce((sum, value) => sum + value * value, 0));
  if (norm < 1e-12) {
    return false;
  }
  for (let d = 0; d < axis.length; d++) {
    axis[d] = (axis[d] ?? 0) / norm;
  }
  return true;
}
