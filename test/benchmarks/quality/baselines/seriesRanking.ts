/**
 * Root cause from plain series, without labels: N-Sigma, the robust scorer of BARO (Pham et al., FSE 2024), and rankings by internal
 * and external properties merged, after PRISM. "Normal" is everything outside the range in question, as for our own reference.
 */
import { quantileSorted } from '../../../../src/core/math/robust.js';
import type { EntitySeries, Side } from './entitySeries.js';

/** How far `value` is from the values outside; `normal` is ascending and not empty. */
export type Deviation = (normal: Float64Array) => (value: number) => number;

/** A scale of 0 counts as 1, as in the scalers of scikit-learn that the published methods use. */
const orOne = (scale: number): number => (scale > 0 ? scale : 1);

export const nSigma: Deviation = (normal) => {
  const mean = meanOf(normal);
  const scale = orOne(standardDeviation(normal));
  return (value) => Math.abs(value - mean) / scale;
};

export const robustScore: Deviation = (normal) => {
  const middle = quantileSorted(normal, 0.5);
  const range = quantileSorted(normal, 0.75) - quantileSorted(normal, 0.25);
  const scale = range > 0 ? range : orOne(NORMAL_RANGE * standardDeviation(normal));
  return (value) => Math.abs(value - middle) / scale;
};

/**
 * Interquartile range of a normal distribution in standard deviations. Where more than half of the values are equal it stands in for the range, which
 * is kinder to the method than the published scale of 1: AC@1 .50 instead of .42 on OnlineBoutique.
 */
const NORMAL_RANGE = 1.35;

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function standardDeviation(values: Float64Array): number {
  const mean = meanOf(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

/** @returns [E] largest deviation of any value in `[fromBin, toBin)` over the series of each entity; 0 where there is none */
export function scoreEntities(
  series: readonly EntitySeries[],
  nEntities: number,
  fromBin: number,
  toBin: number,
  deviation: Deviation,
  side?: Side,
): Float64Array {
  const scores = new Float64Array(nEntities);
  for (const one of series) {
    if (side !== undefined && one.side !== side) {
      continue;
    }
    const inside: number[] = [];
    const outside: number[] = [];
    one.at.forEach((at, i) => {
      (at >= fromBin && at < toBin ? inside : outside).push(one.values[i] ?? 0);
    });
    if (inside.length === 0 || outside.length === 0) {
      continue;
    }
    const measure = deviation(Float64Array.from(outside).sort());
    for (const value of inside) {
      scores[one.entity] = Math.max(scores[one.entity] ?? 0, measure(value));
    }
  }
  return scores;
}

/**
 * As `scoreEntities`, the strongest entity of every window; normal is the whole series, of which a window is a small part.
 * @param starts ascending @returns [starts.length]
 */
export function scoreWindows(series: readonly EntitySeries[], starts: Uint32Array, lengthBins: number, deviation: Deviation): number[] {
  const scores = new Array<number>(starts.length).fill(0);
  for (const one of series) {
    const measure = deviation(one.values.slice().sort());
    let first = 0;
    one.at.forEach((at, i) => {
      while (first < starts.length && (starts[first] ?? 0) + lengthBins <= at) {
        first++;
      }
      const score = measure(one.values[i] ?? 0);
      for (let window = first; window < starts.length && (starts[window] ?? 0) <= at; window++) {
        scores[window] = Math.max(scores[window] ?? 0, score);
      }
    });
  }
  return scores;
}

/** @returns [E] minus the sum of the ranks by internal and by external deviation */
export function mergeSides(internal: Float64Array, external: Float64Array): Float64Array {
  const [a, b] = [toRanks(internal), toRanks(external)];
  return a.map((rank, entity) => -(rank + (b[entity] ?? 0)));
}

/** 1 = largest; ties share their mean rank. */
function toRanks(scores: Float64Array): Float64Array {
  return scores.map((own) => {
    const above = scores.reduce((sum, other) => sum + (other > own ? 1 : 0), 0);
    const equal = scores.reduce((sum, other) => sum + (other === own ? 1 : 0), 0);
    return 1 + above + (equal - 1) / 2;
  });
}
