/** How far from usual: the statistics behind every token and every finding. Sources: measured on real faults (CONTRIBUTING, "Statistics"). */
import { bernoulliDivergence } from '../math/robust.js';

/**
 * Control flow repeats exactly, so rates of log lines and calls often vary less than independent cases would (φ < 1), and a small
 * shift of them means much. Bounded, because few windows estimate φ badly. On 28 TrainTicket faults AC@1/3/5 went from
 * .68/.89/.93 (φ >= 1) to .71/.96/.96; on 20 OnlineBoutique faults nothing changed.
 */
const MIN_PHI = 0.3;
/**
 * φ is shrunk towards 1 by this many windows. A window tells about dispersion only as far as it expects events: of an event that never
 * happens nothing can be said, and its first occurrence must not pass for certain.
 */
const PRIOR_WINDOWS = 5;

export interface RateReference {
  /** Expected probability, strictly inside (0, 1). */
  readonly p0: number;
  /** Dispersion between reference windows relative to independent cases, >= MIN_PHI. */
  readonly phi: number;
}

/**
 * Expected rate from windows with (k, n), the share `trim` of windows with the lowest and the highest rate left out:
 * p0 = (K + 0.5) / (N + 1).
 * @param k,n equal length, n > 0 each
 */
export function estimateRate(k: readonly number[], n: readonly number[], trim: number): RateReference {
  const order = k.map((_, i) => i).sort((a, b) => (k[a] ?? 0) / (n[a] ?? 1) - (k[b] ?? 0) / (n[b] ?? 1));
  const cut = Math.floor(order.length * trim);
  const kept = order.slice(cut, order.length - cut);
  let sumK = 0;
  let sumN = 0;
  for (const i of kept) {
    sumK += k[i] ?? 0;
    sumN += n[i] ?? 0;
  }
  const p0 = (sumK + 0.5) / (sumN + 1);
  let dispersion = PRIOR_WINDOWS;
  let weight = PRIOR_WINDOWS;
  for (const i of kept) {
    const cases = n[i] ?? 0;
    // p0 is inside (0, 1), so the variance is positive.
    const variance = cases * p0 * (1 - p0);
    const informative = Math.min(1, variance);
    dispersion += (informative * ((k[i] ?? 0) - cases * p0) ** 2) / variance;
    weight += informative;
  }
  return { p0, phi: Math.max(MIN_PHI, dispersion / weight) };
}

/**
 * Signed deviation of k of n from the expected rate: ±√(2n·KL(p‖p0)/φ)·√|p − p0|. The last factor keeps a tiny but certain
 * shift of a frequent event below a complete change of a rare one. 0 when n is 0.
 */
export function rateDeviation(k: number, n: number, reference: RateReference): number {
  if (n <= 0) {
    return 0;
  }
  const p = Math.min(1, k / n);
  const z = Math.sqrt((2 * n * bernoulliDivergence(p, reference.p0)) / reference.phi) * Math.sqrt(Math.abs(p - reference.p0));
  return p >= reference.p0 ? z : -z;
}

/** Robust z of a mean of n observations, shrunk for few: √(n / (n + 3)). @param scale > 0 */
export function meanDeviation(mean: number, n: number, median: number, scale: number): number {
  return n <= 0 ? 0 : ((mean - median) / scale) * Math.sqrt(n / (n + 3));
}

/** Signed log1p: keeps zero, order and sign over any range of metric values. */
export function toSignedLog(value: number): number {
  return Math.sign(value) * Math.log1p(Math.abs(value));
}
