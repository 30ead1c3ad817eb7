/** A bucket of a histogram: how many observations were no larger than its bound. */
export interface CumulativeBucket {
  readonly bound: number;
  readonly count: number;
}

/**
 * Linear within the bucket that holds the quantile, as Prometheus' `histogram_quantile`: the first begins at 0 where its bound is positive, and
 * what lies above all finite bounds counts as the largest of them.
 * @param finite ascending by bound @param total of all observations
 * @returns undefined where nothing was observed, or no bucket is finite
 */
export function histogramQuantile(quantile: number, finite: readonly CumulativeBucket[], total: number): number | undefined {
  const rank = quantile * total;
  if (!(rank > 0)) {
    return undefined;
  }
  const holds = finite.findIndex(({ count }) => count >= rank);
  const upper = finite[holds];
  if (upper === undefined) {
    return finite.at(-1)?.bound;
  }
  const lower = finite[holds - 1] ?? { bound: Math.min(0, upper.bound), count: 0 };
  return lower.bound + ((upper.bound - lower.bound) * (rank - lower.count)) / (upper.count - lower.count);
}
