/**
 * How slices differ, by their embeddings, from what is usual in their own run. What usual time looks like differs between systems more than
 * failures differ from it; read this way, detection on embeddings holds on systems that it was not trained on. models/pretraining/deviation.py
 * makes the same numbers for training. Letters: S slices, D embedding.
 */
import { median } from '../math/robust.js';

/**
 * [S, D] each embedding less the median of those that usual is learned from: of the whole run where no usual time was chosen. The median of
 * those slices alone that hold the same modalities finds less: on the recorded days, which hold traces around their faults only, it is that
 * of failures.
 * @param isReference [S] 1 for slices that usual is learned from
 */
export function subtractUsual(slices: Float32Array, dim: number, isReference: Uint8Array): Float32Array {
  const rows = Array.from(isReference.keys()).filter((slice) => isReference[slice] === 1);
  const usual = Float64Array.from({ length: dim }, (_, d) => median(Float64Array.from(rows, (row) => slices[row * dim + d] ?? 0)));
  return slices.map((value, i) => value - (usual[i % dim] ?? 0));
}
