/** Slices and states as vectors, and how alike they are. */

/** Weight of the embedding beside the contributions in the space of abnormal states. */
const EMBEDDING_WEIGHT = 0.3;

/** Log-compressed contributions per (entity, family) as a vector of length 1, then the embedding at a lower weight. */
export function toAbnormalVector(contributions: Float64Array, embedding: Float32Array): Float32Array {
  const { length } = contributions;
  const vector = new Float32Array(length + embedding.length);
  vector.set(contributions.map(Math.log1p));
  const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  for (let i = 0; i < length && norm > 0; i++) {
    vector[i] = (vector[i] ?? 0) / norm;
  }
  for (let d = 0; d < embedding.length; d++) {
    vector[length + d] = EMBEDDING_WEIGHT * (embedding[d] ?? 0);
  }
  return vector;
}

/** Cosine similarity; 0 when either is all zeros. */
export function cosine(a: Float32Array, b: Float32Array): number {
  let product = 0;
  let squaresA = 0;
  let squaresB = 0;
  for (let d = 0; d < a.length; d++) {
    const x = a[d] ?? 0;
    const y = b[d] ?? 0;
    product += x * y;
    squaresA += x * x;
    squaresB += y * y;
  }
  const norm = Math.sqrt(squaresA * squaresB);
  return norm > 0 ? product / norm : 0;
}

export function dot(a: Float32Array, b: Float32Array): number {
  let product = 0;
  for (let d = 0; d < a.length; d++) {
    product += (a[d] ?? 0) * (b[d] ?? 0);
  }
  return product;
}

/** Mean of the vectors as one of length 1; all zeros where they cancel out. @param dim of each */
export function meanUnit(vectors: readonly Float32Array[], dim: number): Float32Array {
  const mean = new Float64Array(dim);
  for (const vector of vectors) {
    for (let d = 0; d < dim; d++) {
      mean[d] = (mean[d] ?? 0) + (vector[d] ?? 0);
    }
  }
  const norm = Math.sqrt(mean.reduce((sum, value) => sum + value * value, 0));
  return Float32Array.from(mean, (value) => (norm > 0 ? value / norm : 0));
}
