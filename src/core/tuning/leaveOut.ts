/**
 * What tuning is worth: heads trained without some incidents, and what they say of those. Incidents of one occasion share slices and are left
 * out together.
 */
import { meanOf } from '../evaluation/bootstrap.js';
import type { Interval } from '../evaluation/interval.js';
import type { CancelSignal } from '../cancelSignal.js';
import type { TrainedWeights, TrainHead, TrainingSet } from '../heads/headTraining.js';
import type { HeadWeights } from '../heads/headWeights.js';
import type { StateSpace } from '../heads/stateSpace.js';
import type { ConditionedWeights } from '../heads/conditionedWeights.js';
import type { TunedHeads } from '../heads/tunedHeads.js';
import { Random } from '../math/random.js';
import type { LabelledIncident } from './examples.js';
import { toConditioned } from './trainableHeads.js';

export type HeadName = 'detection' | 'failure-type' | 'root-cause';

export interface HeadScores {
  readonly head: HeadName;
  readonly measure: 'AUROC' | 'macro-F1' | 'AC@1';
  readonly incidents: number;
  readonly tuned: Interval;
  readonly current: Interval;
  readonly baseline: Interval & { readonly name: string };
  readonly lossCurve: readonly number[];
  /** Whether the weights depend on the state: they do where what is so of left-out incidents is likelier by them. */
  readonly dependsOnState: boolean;
  /** How far the default head is followed where pretraining knows the state, 0 to 1; absent where the head does not follow it. */
  readonly defaultShare?: number;
  /** What was said of left-out incidents: its probability, and whether it was so. */
  readonly heldOut: readonly { readonly p: number; readonly isSo: boolean }[];
}

export interface TuningOptions {
  readonly heads: readonly HeadName[];
  readonly space: StateSpace;
  readonly defaults: HeadWeights;
  readonly train: TrainHead;
  readonly seed: number;
  readonly signal: CancelSignal;
  /** @param loss of the final head, absent while held-out ones are trained */
  readonly onProgress: (head: HeadName, fraction: number, loss?: number) => void;
}

/** What a head is judged with. */
export interface JudgingOptions extends Omit<TuningOptions, 'heads' | 'onProgress'> {
  /** @param fraction of the judging */
  readonly onProgress: (fraction: number) => void;
}

/** A head as left-out incidents judge it, or what it needs. */
export type Judgement = JudgedHead | { readonly reason: string };

export interface JudgedHead {
  readonly scores: Omit<HeadScores, 'lossCurve' | 'dependsOnState'>;
  /** Log loss of what was said of each left-out incident. */
  readonly losses: readonly number[];
  /** Trains the head on all incidents. */
  readonly finish: (progress: (fraction: number, loss: number) => void) => Promise<FinishedHead>;
}

export interface FinishedHead {
  readonly weights: Partial<Pick<TunedHeads, 'detection' | 'failureType' | 'rootCause'>>;
  readonly losses: readonly number[];
}

/** -log p, finite. */
export function logLoss(p: number): number {
  return -Math.log(Math.max(1e-6, p));
}

/**
 * Chosen by `quality --only tuning --development` on simulated systems and the recorded days. Weights of detection and causes stay near the default
 * ones: what labels say beyond them is in the embedding and in how often a service failed. Of incidents whose labels had no part in anything (17
 * development systems; 31 of the benchmark's own table in brackets): detection AUROC .79 to .85 (.75 to .81), root cause AC@1 .63 to .68 (.56 to
 * .72). What a state changes in the weights is held small, and left out where left-out incidents do not clearly gain by it: used wherever they
 * gain a hundredth of a nat, it adds .02 (-.01) to detection, beyond two standard errors 0 (0). Types hardly ever gain: a state says which service fails in which family,
 * which is not the type. Of 56 simulated systems with 3 labels per type, the head without states is right for .96 of failures whose state holds
 * labels of their type alone, which leaves nothing to gain (.975 with a prior of types by state), and for .69 of those whose state holds other
 * types alone, where such a prior harms (.61). Rows pooled with their state's or freed of its mean, slices of the state as further examples,
 * and states by modality whatever the service gained nothing that held on these systems and on both days.
 */
export const RECIPES: Readonly<Record<HeadName, Recipe>> = {
  detection: { steps: 150, learningRate: 0.02, pull: 1, statePull: 0.3, rank: 1 },
  'failure-type': { steps: 150, learningRate: 0.05, pull: 0.01, statePull: 0.1, rank: 2 },
  'root-cause': { steps: 150, learningRate: 0.02, pull: 1, statePull: 10, rank: 1 },
};

export interface Recipe {
  readonly steps: number;
  readonly learningRate: number;
  /** Of the default weights, and of what a state adds towards nothing: see `TrainingOptions`. */
  readonly pull: number;
  readonly statePull: number;
  readonly rank: number;
}

/** Scales of the logits that are tried on left-out incidents, so that probabilities are honest there. */
export const SCALES: readonly number[] = [0.25, 0.35, 0.5, 0.7, 1, 1.4, 2, 2.8, 4];

/** The scale with the least log loss; few answers that all were right are no reason to be sure. @param probabilities of what was so, by incident, at each of SCALES */
export function chooseScale(probabilities: readonly (readonly number[])[]): number {
  const losses = SCALES.map((scale, place) => probabilities.reduce((sum, p) => sum + logLoss(p[place] ?? 0), Math.log(scale) ** 2));
  return SCALES[losses.indexOf(Math.min(...losses))] ?? 1;
}

/** Less than this, in nats for each incident, is no reason to make a head depend on more. */
const LEAST_GAIN = 0.01;

/** Whether what is so of left-out incidents is likelier by the second. @param before,after log loss of each incident */
export function isLikelier(before: readonly number[], after: readonly number[]): boolean {
  return meanOf(before) - meanOf(after) > LEAST_GAIN;
}

/** Whether it is so much likelier that it is hardly chance: by more than twice the standard error of the gain. */
export function isSurelyLikelier(before: readonly number[], after: readonly number[]): boolean {
  const gains = before.map((loss, i) => loss - (after[i] ?? loss));
  const variance = meanOf(gains.map((gain) => (gain - meanOf(gains)) ** 2));
  return isLikelier(before, after) && meanOf(gains) ** 2 * (gains.length - 1) > 4 * variance;
}

/** With more occasions than this, groups of them are left out together. */
const MAX_FOLDS = 20;
/** Of labels that are counted once where their ranges overlap, in what a head needs. */
export const APART = ', apart from each other';

/**
 * What heads that never saw an incident say of it, in the order of the incidents.
 * @param toAnswer makes the head that is asked for each incident that had no part in its training
 */
export async function leaveOut<T>(
  head: HeadName,
  incidents: readonly LabelledIncident[],
  options: JudgingOptions,
  toSet: (training: readonly LabelledIncident[]) => TrainingSet,
  toAnswer: (weights: ConditionedWeights, training: readonly LabelledIncident[]) => (incident: LabelledIncident) => T,
): Promise<T[]> {
  const occasions = toOccasions(incidents);
  const folds = foldsOf(incidents);
  const order = new Random(options.seed, `folds ${head}`).shuffle([...occasions.keys()]);
  const foldOf = new Map(order.flatMap((occasion, i) => (occasions[occasion] ?? []).map((incident) => [incident, i % folds])));
  const answers: T[] = new Array<T>(incidents.length);
  for (let fold = 0; fold < folds; fold++) {
    options.signal.throwIfAborted();
    const training = incidents.filter((_, i) => foldOf.get(i) !== fold);
    const set = toSet(training);
    const weights = toConditioned(
      set,
      RECIPES[head].rank,
      await options.train(set, { ...RECIPES[head], seed: options.seed, signal: options.signal }),
    );
    const answer = toAnswer(weights, training);
    incidents.forEach((incident, i) => {
      if (foldOf.get(i) === fold) {
        answers[i] = answer(incident);
      }
    });
    options.onProgress((fold + 1) / folds);
  }
  return answers;
}

/** Places of the incidents of each occasion. */
function toOccasions(incidents: readonly LabelledIncident[]): number[][] {
  return [...Map.groupBy(incidents.keys(), (i) => incidents[i]?.occasion ?? -1 - i).values()];
}

export function countOccasions(incidents: readonly LabelledIncident[]): number {
  return toOccasions(incidents).length;
}

function foldsOf(incidents: readonly LabelledIncident[]): number {
  return Math.min(countOccasions(incidents), MAX_FOLDS);
}

export async function trainFinal(
  head: HeadName,
  set: TrainingSet,
  { train, seed, signal }: JudgingOptions,
  progress: (fraction: number, loss: number) => void,
): Promise<{ readonly weights: ConditionedWeights; readonly losses: readonly number[] }> {
  const recipe = RECIPES[head];
  const trained: TrainedWeights = await train(set, {
    ...recipe,
    seed,
    signal,
    onStep: (step, loss) => {
      progress(step / recipe.steps, loss);
    },
  });
  return { weights: toConditioned(set, recipe.rank, trained), losses: trained.losses };
}
