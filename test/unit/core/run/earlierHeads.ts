import type { HeadWeights } from '../../../../src/core/heads/headWeights.js';

/** Detection as earlier versions stored it with a run. */
export function withoutDeviation({ detection: { features, weights, bias, threshold } }: HeadWeights): HeadWeights['detection'] {
  return { features, weights, bias, threshold };
}
