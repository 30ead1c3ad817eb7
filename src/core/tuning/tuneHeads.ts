/**
 * Tunes heads on labelled incidents and says, by incidents left out in turn, what that is worth beside the default heads and a trivial
 * answer. The default heads saw none of these labels, so they are scored as they are.
 */
import { bootstrap } from '../evaluation/bootstrap.js';
import { macroF1 } from '../evaluation/classification.js';
import { auroc, strictRank } from '../evaluation/ranking.js';
import type { CancelSignal, TrainedWeights, TrainHead, TrainingSet } from '../heads/headTraining.js';
import { rootCauseProbabilities, type HeadWeights } from '../heads/headWeights.js';
import { toMembership, type StateSpace } from '../heads/stateSpace.js';
import {
  detectTuned,
  rescoreCauses,
  toTypeHints,
  typeProbabilitiesTuned,
  type ConditionedWeights,
  type TunedHeads,
  type TunedTypes,
  UNKNOWN_TYPE,
} from '../heads/tunedHeads.js';
import { Random } from '../math/random.js';
import { NORMAL, type LabelledIncident } from './examples.js';
import { toCauseSet, toConditioned, toDetectionSet, toPrototypes, toTunedTypes, toTypeSet } from './trainableHeads.js';

export type HeadName = 'detection' | 'failure-type' | 'root-cause';

export interface Interval {
  readonly score: number;
  /** 95 % by bootstrap over incidents. */
  readonly low: number;
  readonly high: number;
}

export interface HeadScores {
  readonly head: HeadName;
  readonly measure: 'AUROC' | 'macro-F1' | 'AC@1';
  readonly incidents: number;
  readonly tuned: Interval;
  readonly current: Interval;
  readonly baseline: Interval & { readonly name: string };
  readonly lossCurve: readonly number[];
  /** What was said of left-out incidents: its probability, and whether it was so. */
  readonly heldOut: readonly { readonly p: number; readonly isSo: boolean }[];
}

export interface TuningResult {
  readonly tuned: Pick<TunedHeads, 'states' | 'detection' | 'failureType' | 'rootCause'>;
  readonly scores: readonly HeadScores[];
  readonly skipped: readonly { readonly head: HeadName; readonly reason: string }[];
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

/**
 * Chosen by `quality --only tuning --development` on 7 simulated systems and the recorded days. What a state adds is held small: for types,
 * less pull made few-shot scores worse (OnlineBoutique, 3 labels: .79 to .71), and a prior of types by state worse still (.65); the root
 * cause gains by it (simulated .59 to .61).
 */
export const RECIPES: Readonly<Record<HeadName, Recipe>> = {
  detection: { steps: 150, learningRate: 0.02, pull: 1, statePull: 0.1, rank: 1 },
  'failure-type': { steps: 150, learningRate: 0.05, pull: 0.01, statePull: 0.1, rank: 2 },
  'root-cause': { steps: 150, learningRate: 0.02, pull: 0.001, statePull: 0.1, rank: 1 },
};

export interface Recipe {
  readonly steps: number;
  readonly learningRate: number;
  /** Of the default weights, and of what a state adds towards nothing: see `TrainingOptions`. */
  readonly pull: number;
  readonly statePull: number;
  readonly rank: number;
}

/** Fewer incidents than this say nothing when one is left out. */
const MIN_INCIDENTS = 4;
/** With more occasions than this, groups of them are left out together. */
const MAX_FOLDS = 20;
/** Of labels that are counted once where their ranges overlap. */
const APART = ', apart from each other';
/** Scales of the type head's logits that are tried on held-out incidents. */
const SCALES = [0.35, 0.5, 0.7, 1, 1.4, 2];

export async function tuneHeads(incidents: readonly LabelledIncident[], options: TuningOptions): Promise<TuningResult> {
  const tuners = { detection: tuneDetection, 'failure-type': tuneTypes, 'root-cause': tuneCauses };
  const scores: HeadScores[] = [];
  const skipped: { head: HeadName; reason: string }[] = [];
  const found: { detection: ConditionedWeights | null; failureType: TunedTypes | null; rootCause: ConditionedWeights | null } = {
    detection: null,
    failureType: null,
    rootCause: null,
  };
  for (const head of options.heads) {
    const outcome = await tuners[head](incidents, options);
    if ('reason' in outcome) {
      skipped.push({ head, reason: outcome.reason });
    } else {
      scores.push(outcome.scores);
      Object.assign(found, outcome.weights);
    }
  }
  return { tuned: { states: options.space, ...found }, scores, skipped };
}

type Outcome = { readonly scores: HeadScores; readonly weights: Partial<TunedHeads> } | { readonly reason: string };

async function tuneDetection(all: readonly LabelledIncident[], options: TuningOptions): Promise<Outcome> {
  const normal = countOccasions(all.filter(({ type }) => type === NORMAL));
  const failing = countOccasions(all.filter(({ type }) => type !== NORMAL));
  if (normal < 2 || failing < 2) {
    return {
      reason: `Detection needs at least 2 ranges labelled normal and 2 labelled as failures${APART}; there are ${normal} and ${failing}.`,
    };
  }
  const { space, defaults } = options;
  const predicted = await leaveOut(
    'detection',
    all,
    options,
    (training) => toDetectionSet(training, space, defaults),
    (weights, incident) =>
      incident.slices.map(({ detection, contributions }) =>
        detectTuned(weights, detection, toMembership(space, incident.entities, contributions)),
      ),
  );
  const area = (values: (incident: LabelledIncident, i: number) => readonly number[]): Interval =>
    toInterval(all.length, (units) => {
      const scored = units.flatMap((unit) => {
        const incident = all[unit];
        return incident === undefined ? [] : values(incident, unit).map((value) => ({ value, failing: incident.type !== NORMAL }));
      });
      return (
        auroc(
          scored.map(({ value }) => value),
          scored.map(({ failing }) => failing),
        ) ?? NaN
      );
    });
  const final = await trainFinal('detection', toDetectionSet(all, space, defaults), foldsOf(all), options);
  return {
    weights: { detection: final.weights },
    scores: {
      head: 'detection',
      measure: 'AUROC',
      incidents: all.length,
      tuned: area((_, i) => predicted[i] ?? []),
      current: area((incident) => incident.slices.map(({ anomaly }) => anomaly)),
      baseline: { name: 'the same for every slice', ...area((incident) => incident.slices.map(() => 0)) },
      lossCurve: final.losses,
      heldOut: all.flatMap(({ type }, i) => (predicted[i] ?? []).map((p) => ({ p, isSo: type !== NORMAL }))),
    },
  };
}

async function tuneTypes(all: readonly LabelledIncident[], options: TuningOptions): Promise<Outcome> {
  // Whoever labels a failure `unknown` says that it is of no type, which is what the head says of whatever is like none.
  const failing = all.filter(({ type }) => type !== NORMAL && type !== UNKNOWN_TYPE);
  const types = [...new Set(failing.map(({ type }) => type))].sort();
  // A type with one label is unknown to the head that was trained without it: it is learned, and cannot be scored.
  const known = new Set(types.filter((type) => countOccasions(failing.filter((incident) => incident.type === type)) > 1));
  const scored = failing.filter(({ type }) => known.has(type));
  if (known.size < 2) {
    return { reason: `Failure types need at least 2 types with 2 labelled ranges each${APART}; there are ${describe(failing)}.` };
  }
  const { space, defaults } = options;
  const set = (training: readonly LabelledIncident[]): TrainingSet =>
    toTypeSet(training, space, defaults, types, toPrototypes(training, types));
  const logits = await leaveOut('failure-type', failing, options, set, (weights, incident, training) => {
    const head = toTunedTypes(training, types, toPrototypes(training, types), weights, 1);
    return SCALES.map((scale) => meanProbabilities(rescale(head, scale), incident, options));
  });
  const scale = SCALES[leastLoss(failing, types, known, logits)] ?? 1;
  const place = SCALES.indexOf(scale);
  const predictions = new Map(failing.map((incident, i) => [incident, bestOf(logits[i]?.[place] ?? new Float64Array(0), types)]));
  const predict = (incident: LabelledIncident): Best => predictions.get(incident) ?? { type: '', p: 0 };
  const f1 = (toType: (incident: LabelledIncident) => string): Interval =>
    toInterval(scored.length, (units) => {
      const picked = units.flatMap((unit) => scored[unit] ?? []);
      return macroF1(
        picked.map(toType),
        picked.map(({ type }) => type),
      );
    });
  const final = await trainFinal('failure-type', set(failing), foldsOf(failing), options);
  const most = types.reduce((best, type) => (countOf(failing, type) > countOf(failing, best) ? type : best), types[0] ?? '');
  return {
    weights: { failureType: toTunedTypes(failing, types, toPrototypes(failing, types), final.weights, scale) },
    scores: {
      head: 'failure-type',
      measure: 'macro-F1',
      incidents: scored.length,
      tuned: f1((incident) => predict(incident).type),
      current: f1(({ defaultType }) => defaultType),
      baseline: { name: `always ${most}`, ...f1(() => most) },
      lossCurve: final.losses,
      heldOut: scored.map((incident) => ({ p: predict(incident).p, isSo: predict(incident).type === incident.type })),
    },
  };
}

async function tuneCauses(all: readonly LabelledIncident[], options: TuningOptions): Promise<Outcome> {
  const named = all.filter(({ cause, type }) => cause !== null && type !== NORMAL);
  const occasions = countOccasions(named);
  if (occasions < MIN_INCIDENTS) {
    return {
      reason: `Root causes need at least ${MIN_INCIDENTS} ranges labelled with a service that is in the run${APART}; there are ${occasions}.`,
    };
  }
  const { space, defaults } = options;
  const answers = await leaveOut(
    'root-cause',
    named,
    options,
    (training) => toCauseSet(training, space, defaults),
    (weights, { cause, entities }) => {
      if (cause === null) {
        return { rank: Infinity, p: 0 };
      }
      const membership = toMembership(space, entities, cause.contributions);
      const scores = rescoreCauses(weights, cause.scores, cause.rows, membership, defaults.rootCause.sharpness);
      return { rank: strictRank(scores, cause.target), p: Math.max(0, ...rootCauseProbabilities(defaults, scores)) };
    },
  );
  const first = (rank: (incident: LabelledIncident, i: number) => number): Interval => {
    const isFirst = named.map((incident, i) => rank(incident, i) <= 1);
    return toInterval(named.length, (units) => units.filter((unit) => isFirst[unit] === true).length / units.length);
  };
  const final = await trainFinal('root-cause', toCauseSet(named, space, defaults), foldsOf(named), options);
  return {
    weights: { rootCause: final.weights },
    scores: {
      head: 'root-cause',
      measure: 'AC@1',
      incidents: named.length,
      tuned: first((_, i) => answers[i]?.rank ?? Infinity),
      current: first(({ cause }) => (cause === null ? Infinity : strictRank(cause.scores, cause.target))),
      baseline: {
        name: 'the service labelled most often',
        ...first((incident) => strictRank(countLabelled(named, incident), incident.cause?.target ?? -1)),
      },
      lossCurve: final.losses,
      heldOut: answers.map(({ rank, p }) => ({ p, isSo: rank <= 1 })),
    },
  };
}

/** [E] how often each service of the incident's run is the labelled one of the other incidents. */
function countLabelled(incidents: readonly LabelledIncident[], incident: LabelledIncident): Float64Array {
  return Float64Array.from(
    incident.entities,
    (entity) => incidents.filter((other) => other !== incident && other.entity === entity).length,
  );
}

/** What heads that never saw an incident say of it, in the order of the incidents. */
async function leaveOut<T>(
  head: HeadName,
  incidents: readonly LabelledIncident[],
  options: TuningOptions,
  toSet: (training: readonly LabelledIncident[]) => TrainingSet,
  answer: (weights: ConditionedWeights, incident: LabelledIncident, training: readonly LabelledIncident[]) => T,
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
    incidents.forEach((incident, i) => {
      if (foldOf.get(i) === fold) {
        answers[i] = answer(weights, incident, training);
      }
    });
    options.onProgress(head, (fold + 1) / (folds + 1));
  }
  return answers;
}

/** Places of the incidents of each occasion. */
function toOccasions(incidents: readonly LabelledIncident[]): number[][] {
  return [...Map.groupBy(incidents.keys(), (i) => incidents[i]?.occasion ?? -1 - i).values()];
}

function countOccasions(incidents: readonly LabelledIncident[]): number {
  return toOccasions(incidents).length;
}

function foldsOf(incidents: readonly LabelledIncident[]): number {
  return Math.min(countOccasions(incidents), MAX_FOLDS);
}

/** @param folds that were trained before */
async function trainFinal(
  head: HeadName,
  set: TrainingSet,
  folds: number,
  { train, seed, signal, onProgress }: TuningOptions,
): Promise<{ readonly weights: ConditionedWeights; readonly losses: readonly number[] }> {
  const recipe = RECIPES[head];
  const trained: TrainedWeights = await train(set, {
    ...recipe,
    seed,
    signal,
    onStep: (step, loss) => {
      onProgress(head, (folds + step / recipe.steps) / (folds + 1), loss);
    },
  });
  return { weights: toConditioned(set, recipe.rank, trained), losses: trained.losses };
}

function rescale(head: TunedTypes, scale: number): TunedTypes {
  const { weights } = head;
  return { ...head, weights: { ...weights, base: weights.base.map((w) => w * scale), basis: weights.basis.map((w) => w * scale) } };
}

/** [K + 1] mean over the slices of an incident. */
function meanProbabilities(
  head: TunedTypes,
  { slices, entities }: LabelledIncident,
  { space, defaults }: Pick<TuningOptions, 'space' | 'defaults'>,
): Float64Array {
  const mean = new Float64Array(head.types.length + 1);
  for (const { type, defaultTypes, contributions } of slices) {
    const hints = toTypeHints(head.types, defaults, defaultTypes);
    typeProbabilitiesTuned(head, type, hints, toMembership(space, entities, contributions)).forEach((p, k) => {
      mean[k] = (mean[k] ?? 0) + p / slices.length;
    });
  }
  return mean;
}

/** Place of the scale with the least log loss over incidents of types that training knew. @param probabilities [N] of [scales] of [K + 1] */
function leastLoss(
  incidents: readonly LabelledIncident[],
  types: readonly string[],
  scored: ReadonlySet<string>,
  probabilities: readonly (readonly Float64Array[])[],
): number {
  const losses = SCALES.map((_, place) =>
    incidents.reduce((sum, { type }, i) => {
      const p = probabilities[i]?.[place] ?? new Float64Array(0);
      const known = 1 - (p[types.length] ?? 0);
      return scored.has(type) ? sum - Math.log(Math.max(1e-6, (p[types.indexOf(type)] ?? 0) / Math.max(1e-6, known))) : sum;
    }, 0),
  );
  return losses.indexOf(Math.min(...losses));
}

interface Best {
  /** '' for none of the labelled types. */
  readonly type: string;
  readonly p: number;
}

function bestOf(probabilities: Float64Array, types: readonly string[]): Best {
  const p = probabilities.reduce((most, value) => Math.max(most, value), 0);
  return { type: types[probabilities.indexOf(p)] ?? '', p };
}

function toInterval(n: number, statistic: (units: readonly number[]) => number): Interval {
  const { value, low, high } = bootstrap(n, statistic);
  return { score: value, low, high };
}

function countOf(incidents: readonly LabelledIncident[], type: string): number {
  return incidents.filter((incident) => incident.type === type).length;
}

/** `3 of exception, 1 of return`, or `none`. */
function describe(incidents: readonly LabelledIncident[]): string {
  const types = [...new Set(incidents.map(({ type }) => type))].sort();
  return types.length === 0 ? 'none' : types.map((type) => `${countOf(incidents, type)} of ${type}`).join(', ');
}
