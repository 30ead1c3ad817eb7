/** Robust statistics over plain arrays. All ignore nothing: callers leave out what is missing, and NaN must not come in. */

/** Linear-interpolation quantile (type 7) of an ascending array; 0 when empty. @param q in [0, 1] */
export function quantileSorted(sorted: ArrayLike<number>, q: number): number {
  if (sorted.length === 0) {
    return 0;
  }
  const position = (sorted.length - 1) * q;
  const lower = Math.floor(position);
  const low = sorted[lower] ?? 0;
  const high = sorted[Math.min(lower + 1, sorted.length - 1)] ?? low;
  return low + (high - low) * (position - lower);
}

/** Quantile of an unordered array, which is left as it is; 0 when empty. */
export function quantile(values: ArrayLike<number>, q: number): number {
  return quantileSorted(Float64Array.from(values).sort(), q);
}

export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5);
}

export interface LocationScale {
  readonly median: number;
  /** 1.4826 · MAD + `sdShare` · sd + `floor`: never zero when `floor` > 0. */
  readonly scale: number;
}

/** Robust location and scale; location 0, scale `floor` when empty. */
export function locationScale(values: ArrayLike<number>, sdShare: number, floor: number): LocationScale {
  const sorted = Float64Array.from(values).sort();
  const center = quantileSorted(sorted, 0.5);
  let sum = 0;
  let squares = 0;
  const deviations = new Float64Array(sorted.length);
  for (let i = 0; i < sorted.length; i++) {
    const difference = (sorted[i] ?? 0) - center;
    deviations[i] = Math.abs(difference);
    sum += difference;
    squares += difference * difference;
  }
  const n = Math.max(1, sorted.length);
  const sd = Math.sqrt(Math.max(0, squares / n - (sum / n) ** 2));
  return { median: center, scale: 1.4826 * quantileSorted(deviations.sort(), 0.5) + sdShare * sd + floor };
}

/** Kullback–Leibler divergence of Bernoulli(p) from Bernoulli(p0), nats. @param p0 strictly inside (0, 1) */
export function bernoulliDivergence(p: number, p0: number): number {
  const first = p > 0 ? p * Math.log(p / p0) : 0;
  const second = p < 1 ? (1 - p) * Math.log((1 - p) / (1 - p0)) : 0;
  return Math.max(0, first + second);
}
