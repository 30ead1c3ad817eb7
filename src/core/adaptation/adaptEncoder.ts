/**
 * "Adapt to this system": a few epochs of URCL on an adapter, from slices without labels, and what that is worth on stretches of time that
 * were left out in turn.
 */
import { meanOf } from '../evaluation/bootstrap.js';
import { toInterval, type Interval } from '../evaluation/interval.js';
import type { CancelSignal } from '../cancelSignal.js';
import type { Adapter } from './adapter.js';
import type { TrainAdapter } from './adapterTraining.js';
import { matchSlices, type Match } from './matchProbability.js';
import { countBatches, drawBatches, overlapOf, type UnlabelledSlices } from './unlabelledSlices.js';

export interface AdaptationScores {
  /** Slices that were learned from. */
  readonly slices: number;
  /** Mean match probability on left-out time with the adapter, without it, and of a guess. */
  readonly tuned: Interval;
  readonly current: Interval;
  readonly baseline: Interval;
  readonly lossCurve: readonly number[];
}

export type Adaptation = { readonly adapter: Adapter; readonly scores: AdaptationScores } | { readonly reason: string };

export interface AdaptationOptions {
  readonly train: TrainAdapter;
  readonly seed: number;
  readonly signal: CancelSignal;
  /** @param loss of the final adapter, absent while those of left-out time are trained */
  readonly onProgress: (fraction: number, loss?: number) => void;
}

/**
 * Chosen on 12 simulated systems that nothing is reported of and on the two recorded days, by what left-out time says and by how often
 * the nearest other incident is of the same type: more temporal weight changes less, less of it loses recall@1 on recorded days.
 */
const RECIPE = { rank: 8, epochs: 10, learningRate: 1e-3, pull: 0.01, scale: 30, temporal: 2 };
const FOLDS = 4;
/** Fewer have nothing to say of time that was left out. */
const MIN_SLICES = 40;
/** Slices of the newest runs that are learned from: some seconds of training. */
export const MOST_SLICES = 2000;

export async function adaptEncoder(all: UnlabelledSlices, options: AdaptationOptions): Promise<Adaptation> {
  if (all.count < MIN_SLICES) {
    return { reason: `Adapting needs at least ${MIN_SLICES} slices; ${all.count} are embedded.` };
  }
  const slices = Array.from({ length: all.count }, (_, i) => i);
  const matches: { readonly adapted: Match; readonly plain: Match }[] = [];
  for (let fold = 0; fold < FOLDS; fold++) {
    const [from, to] = [fold, fold + 1].map((edge) => Math.round((edge * all.count) / FOLDS));
    const leftOut = slices.slice(from, to);
    const plain = matchSlices(all, leftOut, undefined, RECIPE.scale);
    if (plain.length > 0) {
      const { adapter } = await train(all, withoutOverlaps(all, slices, leftOut), options);
      const adapted = matchSlices(all, leftOut, adapter, RECIPE.scale);
      matches.push(...plain.flatMap((match, i) => (adapted[i] === undefined ? [] : [{ plain: match, adapted: adapted[i] }])));
    }
    options.onProgress((fold + 1) / (FOLDS + 1));
  }
  if (matches.length === 0) {
    return { reason: 'Adapting needs slices that hold two kinds of telemetry; each of the embedded ones holds one.' };
  }
  const final = await train(all, slices, options, (step, loss) => {
    options.onProgress((FOLDS + step / countBatches(all.count, RECIPE.epochs)) / (FOLDS + 1), loss);
  });
  const mean = (read: (match: (typeof matches)[number]) => number): Interval => {
    const values = matches.map(read);
    return toInterval(values.length, (units) => meanOf(units.map((unit) => values[unit] ?? NaN)));
  };
  return {
    adapter: final.adapter,
    scores: {
      slices: all.count,
      tuned: mean(({ adapted }) => adapted.probability),
      current: mean(({ plain }) => plain.probability),
      baseline: mean(({ plain }) => plain.chance),
      lossCurve: final.losses,
    },
  };
}

function train(
  all: UnlabelledSlices,
  chosen: readonly number[],
  { train: trainAdapter, seed, signal }: AdaptationOptions,
  onStep?: (step: number, loss: number) => void,
): ReturnType<TrainAdapter> {
  const batches = drawBatches(all, chosen, RECIPE.epochs, seed);
  return trainAdapter(batches, { dim: all.dim, ...RECIPE, seed, signal, ...(onStep === undefined ? {} : { onStep }) });
}

/** A slice that shares time with a left-out one would tell of it. */
function withoutOverlaps(all: UnlabelledSlices, slices: readonly number[], leftOut: readonly number[]): number[] {
  return slices.filter((slice) => leftOut.every((other) => overlapOf(all, slice, other) === 0));
}
