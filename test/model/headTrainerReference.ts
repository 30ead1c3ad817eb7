/** What the head trainer computes, in plain f64 loops: the formulas of models/pretraining/head_step.py, gradients by differences. */
import type { TrainingOptions, TrainingSet } from '../../src/core/heads/headTraining.js';
import { Random } from '../../src/core/math/random.js';

interface Weights {
  readonly base: number[];
  readonly mix: number[];
  readonly basis: number[];
}

const NAMES = ['base', 'mix', 'basis'] as const;
/** Of central differences: their error is about its square. */
const DIFFERENCE = 1e-5;

export function trainPlainly(set: TrainingSet, options: TrainingOptions): Weights & { readonly losses: number[] } {
  const { learningRate, rank, seed } = options;
  const random = new Random(seed, 'head basis');
  const weights: Weights = {
    base: [...set.anchor],
    mix: new Array<number>(set.states * rank).fill(0),
    basis: Array.from({ length: rank * set.rows * set.features }, () => random.normal() * 0.02),
  };
  const rest = { base: set.anchor, mix: [], basis: [] };
  const pulls = { base: options.pull, mix: options.statePull, basis: options.statePull };
  const first = { base: [] as number[], mix: [] as number[], basis: [] as number[] };
  const second = { base: [] as number[], mix: [] as number[], basis: [] as number[] };
  const losses: number[] = [];
  for (let step = 1; step <= options.steps; step++) {
    losses.push(loss(set, weights, rank));
    const gradients = NAMES.map((name) => ({ name, gradient: differentiate(set, weights, name, rank) }));
    for (const { name, gradient } of gradients) {
      gradient.forEach((slope, i) => {
        const value = weights[name][i] ?? 0;
        const g = slope + pulls[name] * (value - (rest[name][i] ?? 0));
        const m = 0.9 * (first[name][i] ?? 0) + 0.1 * g;
        const v = 0.999 * (second[name][i] ?? 0) + 0.001 * g * g;
        [first[name][i], second[name][i]] = [m, v];
        const direction = m / (1 - 0.9 ** step) / (Math.sqrt(v / (1 - 0.999 ** step)) + 1e-8);
        weights[name][i] = value - learningRate * direction;
      });
    }
  }
  return { ...weights, losses };
}

function differentiate(set: TrainingSet, weights: Weights, name: (typeof NAMES)[number], rank: number): number[] {
  const moved = (i: number, by: number): number =>
    loss(set, { ...weights, [name]: weights[name].map((value, j) => (j === i ? value + by : value)) }, rank);
  // Where nothing depends on a weight its gradient is exactly 0, and Adam must not scale up rounding.
  return weights[name].map((_, i) => {
    const difference = moved(i, DIFFERENCE) - moved(i, -DIFFERENCE);
    return Math.abs(difference) < 1e-14 ? 0 : difference / (2 * DIFFERENCE);
  });
}

/** Weighted mean cross-entropy. */
function loss(set: TrainingSet, { base, mix, basis }: Weights, rank: number): number {
  const { candidates, features, rows, states } = set;
  let [sum, total] = [0, 0];
  for (let n = 0; n < set.examples; n++) {
    const share = Array.from({ length: rank }, (_, r) => {
      let value = 0;
      for (let s = 0; s < states; s++) value += (set.membership[n * states + s] ?? 0) * (mix[s * rank + r] ?? 0);
      return value;
    });
    const logits = Array.from({ length: candidates }, (_, c) => {
      let logit = set.offset[n * candidates + c] ?? 0;
      for (let p = 0; p < rows; p++) {
        for (let f = 0; f < features; f++) {
          const at = p * features + f;
          const weight = share.reduce((w, part, r) => w + part * (basis[r * rows * features + at] ?? 0), base[at] ?? 0);
          logit += (set.tie[c * rows + p] ?? 0) * weight * (set.x[(n * candidates + c) * features + f] ?? 0);
        }
      }
      return logit;
    });
    const largest = Math.max(...logits);
    const logSum = largest + Math.log(logits.reduce((all, logit) => all + Math.exp(logit - largest), 0));
    const weight = set.weight[n] ?? 0;
    sum += weight * (logSum - (logits[set.target[n] ?? 0] ?? 0));
    total += weight;
  }
  return sum / total;
}
