/**
 * The one small head that every feature set is given: multinomial logistic regression, L2-regularised, full batch, deterministic.
 * Dimension letters: N rows, D inputs, C classes.
 */

export interface LinearHead {
  readonly classes: readonly string[];
  /** [C] softmax probabilities of one row of D inputs. */
  probabilities(row: ArrayLike<number>): Float64Array;
}

export interface HeadOptions {
  /** Rows of each class weigh as much together as those of any other. */
  readonly isBalanced?: boolean;
  readonly maxIterations?: number;
}

/** Strength of L2 relative to the mean loss is this over N: "C = 1" of scikit-learn. */
const L2 = 1;
/** Largest entry of the gradient at which training stops. */
const TOLERANCE = 1e-3;
const POWER_ITERATIONS = 12;
/** The power iteration approaches the largest eigenvalue from below. */
const SAFETY = 1.2;

/** Inputs are standardised by the rows' own mean and deviation; a constant input counts for nothing. @param rows N of D numbers, N >= 1 */
export function trainHead(rows: readonly ArrayLike<number>[], labels: readonly string[], options: HeadOptions = {}): LinearHead {
  const classes = [...new Set(labels)].sort();
  const n = rows.length;
  const dim = rows[0]?.length ?? 0;
  if (n === 0 || labels.length !== n) {
    throw new Error(`a head needs rows and as many labels: ${n} rows, ${labels.length} labels`);
  }
  const { mean, scale } = standardise(rows, dim);
  // Column 0 is the constant 1 of the bias.
  const width = dim + 1;
  const x = new Float64Array(n * width);
  rows.forEach((row, i) => {
    x[i * width] = 1;
    for (let d = 0; d < dim; d++) {
      x[i * width + d + 1] = ((row[d] ?? 0) - (mean[d] ?? 0)) * (scale[d] ?? 0);
    }
  });
  const target = Int32Array.from(labels, (label) => classes.indexOf(label));
  const weight = rowWeights(target, classes.length, options.isBalanced === true);
  const weights = minimise(x, target, weight, width, classes.length, options.maxIterations ?? 200);
  return {
    classes,
    probabilities: (row) => {
      const logits = new Float64Array(classes.length);
      for (let c = 0; c < classes.length; c++) {
        let sum = weights[c * width] ?? 0;
        for (let d = 0; d < dim; d++) {
          sum += (weights[c * width + d + 1] ?? 0) * ((row[d] ?? 0) - (mean[d] ?? 0)) * (scale[d] ?? 0);
        }
        logits[c] = sum;
      }
      softmax(logits);
      return logits;
    },
  };
}

function standardise(rows: readonly ArrayLike<number>[], dim: number): { mean: Float64Array; scale: Float64Array } {
  const mean = new Float64Array(dim);
  const scale = new Float64Array(dim);
  for (const row of rows) {
    for (let d = 0; d < dim; d++) {
      mean[d] = (mean[d] ?? 0) + (row[d] ?? 0) / rows.length;
    }
  }
  for (const row of rows) {
    for (let d = 0; d < dim; d++) {
      scale[d] = (scale[d] ?? 0) + ((row[d] ?? 0) - (mean[d] ?? 0)) ** 2 / rows.length;
    }
  }
  return { mean, scale: scale.map((variance) => (variance > 1e-12 ? 1 / Math.sqrt(variance) : 0)) };
}

/** [N] weights that sum to 1. */
function rowWeights(target: Int32Array, nClasses: number, isBalanced: boolean): Float64Array {
  const counts = new Float64Array(nClasses);
  for (const c of target) {
    counts[c] = (counts[c] ?? 0) + 1;
  }
  return Float64Array.from(target, (c) => (isBalanced ? 1 / (nClasses * (counts[c] ?? 1)) : 1 / target.length));
}

/** Nesterov's accelerated gradient with a step from the largest curvature. @returns [C, D + 1] */
function minimise(x: Float64Array, target: Int32Array, weight: Float64Array, width: number, nClasses: number, limit: number): Float64Array {
  const l2 = L2 / target.length;
  // The Hessian of the softmax is at most 1/2 per class.
  const step = 1 / (0.5 * SAFETY * largestEigenvalue(x, weight, width) + l2);
  let current = new Float64Array(nClasses * width);
  let ahead = current;
  let momentum = 1;
  for (let iteration = 0; iteration < limit; iteration++) {
    const gradient = gradientAt(ahead, x, target, weight, width, nClasses, l2);
    const next = new Float64Array(current.length);
    let largest = 0;
    for (let i = 0; i < next.length; i++) {
      next[i] = (ahead[i] ?? 0) - step * (gradient[i] ?? 0);
      largest = Math.max(largest, Math.abs(gradient[i] ?? 0));
    }
    const nextMomentum = (1 + Math.sqrt(1 + 4 * momentum * momentum)) / 2;
    const carry = (momentum - 1) / nextMomentum;
    const before = current;
    ahead = next.map((value, i) => value + carry * (value - (before[i] ?? 0)));
    current = next;
    momentum = nextMomentum;
    if (largest < TOLERANCE) {
      break;
    }
  }
  return current;
}

function gradientAt(
  weights: Float64Array,
  x: Float64Array,
  target: Int32Array,
  weight: Float64Array,
  width: number,
  nClasses: number,
  l2: number,
): Float64Array {
  const gradient = new Float64Array(weights.length);
  const p = new Float64Array(nClasses);
  for (let i = 0; i < target.length; i++) {
    const row = i * width;
    for (let c = 0; c < nClasses; c++) {
      let sum = 0;
      for (let d = 0; d < width; d++) {
        sum += (weights[c * width + d] ?? 0) * (x[row + d] ?? 0);
      }
      p[c] = sum;
    }
    softmax(p);
    for (let c = 0; c < nClasses; c++) {
      const error = (weight[i] ?? 0) * ((p[c] ?? 0) - (target[i] === c ? 1 : 0));
      for (let d = 0; d < width; d++) {
        gradient[c * width + d] = (gradient[c * width + d] ?? 0) + error * (x[row + d] ?? 0);
      }
    }
  }
  for (let c = 0; c < nClasses; c++) {
    for (let d = 1; d < width; d++) {
      gradient[c * width + d] = (gradient[c * width + d] ?? 0) + l2 * (weights[c * width + d] ?? 0);
    }
  }
  return gradient;
}

/** Of the weighted second moments of the rows. */
function largestEigenvalue(x: Float64Array, weight: Float64Array, width: number): number {
  let vector = Float64Array.from({ length: width }, (_, d) => 1 + Math.cos(d * 1.3) / 2);
  let value = 1;
  for (let iteration = 0; iteration < POWER_ITERATIONS; iteration++) {
    const norm = Math.sqrt(vector.reduce((sum, entry) => sum + entry * entry, 0));
    const unit = vector.map((entry) => entry / norm);
    const next = new Float64Array(width);
    for (let i = 0; i < weight.length; i++) {
      let product = 0;
      for (let d = 0; d < width; d++) {
        product += (x[i * width + d] ?? 0) * (unit[d] ?? 0);
      }
      for (let d = 0; d < width; d++) {
        next[d] = (next[d] ?? 0) + (weight[i] ?? 0) * product * (x[i * width + d] ?? 0);
      }
    }
    value = Math.sqrt(next.reduce((sum, entry) => sum + entry * entry, 0));
    vector = next;
  }
  // The constant column alone gives 1.
  return Math.max(1, value);
}

function softmax(values: Float64Array): void {
  const largest = values.reduce((most, value) => Math.max(most, value), -Infinity);
  let sum = 0;
  values.forEach((value, i) => {
    const power = Math.exp(value - largest);
    values[i] = power;
    sum += power;
  });
  values.forEach((value, i) => {
    // The largest contributes 1, so the sum is at least 1.
    values[i] = value / sum;
  });
}
