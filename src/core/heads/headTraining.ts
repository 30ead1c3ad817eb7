/**
 * Training of a small head as the engine's step graph does it: candidates with features, one of which is right. Failure types and detection
 * choose among fixed candidates with weights of their own, the root cause among the entities of a run, all with the same weights.
 * Letters: N examples, C candidates, F features, P rows of weights, S states, R rank.
 */
import type { CancelSignal } from '../cancelSignal.js';

/** Offset of a candidate that is not there. */
export const EXCLUDED = -1e4;

export interface TrainingSet {
  readonly examples: number;
  readonly candidates: number;
  readonly features: number;
  readonly rows: number;
  readonly states: number;
  /** [N, C, F] */
  readonly x: Float32Array;
  /** [N, C] added to the logits; `EXCLUDED` for a candidate that is not there. */
  readonly offset: Float32Array;
  /** [N] the right candidate. */
  readonly target: Int32Array;
  /** [N] >= 0, not all 0. */
  readonly weight: Float32Array;
  /** [N, S] membership in the states. */
  readonly membership: Float32Array;
  /** [C, P] which row of weights each candidate has. */
  readonly tie: Float32Array;
  /** [P, F] where training starts and what decay pulls towards. */
  readonly anchor: Float32Array;
}

export interface TrainingOptions {
  readonly steps: number;
  readonly learningRate: number;
  /** Half the squared distance of the base weights from the anchor, and of what states add from 0, counts this much beside the loss. */
  readonly pull: number;
  readonly statePull: number;
  readonly rank: number;
  readonly seed: number;
  /** Looked at before each step. */
  readonly signal: CancelSignal;
  /** @param step 1-based @param loss weighted mean cross-entropy before the step */
  readonly onStep?: (step: number, loss: number) => void;
}

export interface TrainedWeights {
  /** [P, F] */
  readonly base: Float32Array;
  /** [S, R] */
  readonly mix: Float32Array;
  /** [R, P, F] */
  readonly basis: Float32Array;
  readonly losses: readonly number[];
}

export type TrainHead = (set: TrainingSet, options: TrainingOptions) => Promise<TrainedWeights>;

/** Why nothing can be trained on this set, in words that name the array; undefined when it can. `states` may be 0. */
export function findMisfit(set: TrainingSet): string | undefined {
  const { examples, candidates, features, rows, states } = set;
  for (const [what, count, least] of [
    ['examples', examples, 1],
    ['candidates', candidates, 1],
    ['features', features, 1],
    ['rows of weights', rows, 1],
    ['states', states, 0],
  ] as const) {
    if (!Number.isInteger(count) || count < least) {
      return `${count} ${what}, expected at least ${least}`;
    }
  }
  for (const [name, { length }, expected] of [
    ['x', set.x, examples * candidates * features],
    ['offset', set.offset, examples * candidates],
    ['target', set.target, examples],
    ['weight', set.weight, examples],
    ['membership', set.membership, examples * states],
    ['tie', set.tie, candidates * rows],
    ['anchor', set.anchor, rows * features],
  ] as const) {
    if (length !== expected) {
      return `${name} has length ${length}, expected ${expected}`;
    }
  }
  for (const name of ['x', 'offset', 'weight', 'membership', 'tie', 'anchor'] as const) {
    const bad = set[name].findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      return `${name} holds ${set[name][bad] ?? 'nothing'} at ${bad}, expected a finite number`;
    }
  }
  if (set.weight.some((weight) => weight < 0) || set.weight.every((weight) => weight === 0)) {
    return 'weights are negative or all 0';
  }
  const bad = set.target.findIndex(
    (target, n) => target < 0 || target >= candidates || (set.offset[n * candidates + target] ?? EXCLUDED) <= EXCLUDED,
  );
  return bad < 0 ? undefined : `the right candidate of example ${bad}, ${set.target[bad] ?? 'none'} of ${candidates}, is not there`;
}
