/**
 * Failure types as a head tells them that was tuned on labelled failures. Letters: K labelled types, D types that only the default head knows,
 * T types of the default head, F features, S states.
 */
import { adaptRows, type Adapter } from '../adaptation/adapter.js';
import { dot, scaled, weightsIn, type ConditionedWeights } from './conditionedWeights.js';
import { TYPE_FEATURES } from './headFeatures.js';
import type { HeadWeights } from './headWeights.js';

export interface TunedTypes {
  /** [K] as they were labelled. */
  readonly types: readonly string[];
  /** P = K; of `toTypeInputs`. */
  readonly weights: ConditionedWeights;
  /** [K, F - 1] unit vectors: mean of the labelled examples. */
  readonly prototypes: Float32Array;
  /** A failure less similar (cosine) to every prototype than this is more likely of no known type than not. */
  readonly novelBelow: number;
  /** Of labelled and unlabelled types. */
  readonly profiles: TypeProfiles;
  readonly unlabelled: UnlabelledTypes;
  /** How far the default head is followed in place of this one where pretraining knows the state, 0 to 1: as it proved right of labelled failures. */
  readonly trust: number;
  /** What both say together is raised to this power, above 0, so that probabilities are honest. */
  readonly sharpness: number;
}

/** What the default head takes failures of each type for: T types of its own. */
export interface TypeProfiles {
  /** [T] */
  readonly takenFor: readonly string[];
  /** [types, T] rows sum to 1. */
  readonly rows: Float32Array;
}

/**
 * Types that the default head knows and nobody labelled. They stay possible answers where a slice is in a state that pretraining knows, by
 * what the default head says there; elsewhere they count as little as the slice has of such states. Macro-F1 of services without a label
 * (`quality.ts --only tuning --long-systems 48`), 31 held-out simulated systems, TrainTicket, OnlineBoutique: with no state known .28, .92, .62;
 * with every state known .73, .75, .62; so .72, .92, .62. Other figures of this file are of the slices that a label covers, each alike.
 */
export interface UnlabelledTypes {
  /** [D] */
  readonly types: readonly string[];
  /** [D] logit in a known state, where the default head says of the type what a guess would. */
  readonly logits: Float32Array;
  /** Weight of what it says. */
  readonly hintWeight: number;
}

export const UNKNOWN_TYPE = 'unknown';
/** How fast a failure becomes unknown around `novelBelow`, in cosine. */
const NOVELTY_WIDTH = 0.04;
/**
 * Length of the embedding beside the features of length 1 in what the type head reads. Macro-F1 with 1, 3 and 5 labels per type, then of services
 * without a label, 24 simulated development systems, TrainTicket, OnlineBoutique: .7 gives .89, .94, .94, .84, then .83, .95, .97, .97, then
 * .53, .73, .91, .55; 1 gives .90, .93, .92, .82, .79, .95, .97, .97, .57, .76, .93, .63; 1.4 .90, .93, .89, .83, .73, .94, .97, .97, .59, .78, .93,
 * .63. All within the intervals of each other; the mean of all is the largest with 1.
 */
const EMBEDDING_SHARE = 1;
/** A default head that is sure is no surer than this, as a logit. */
const MOST_HINT = 3;
const LEAST_FAMILIARITY = 1e-6;

/** What the type head reads of a slice: the features as a direction, then the embedding as one. [TYPE_FEATURES + D], length 1. */
export function toTypeRow(features: Float64Array, embedding: Float32Array): Float32Array {
  const row = new Float32Array(TYPE_FEATURES.length + embedding.length);
  row.set(scaled(features, 1));
  row.set(scaled(embedding, EMBEDDING_SHARE), TYPE_FEATURES.length);
  return Float32Array.from(scaled(row, 1));
}

/** The row as `toTypeRow` makes it of the adapted embedding. @param row of `toTypeRow` */
export function adaptTypeRow(adapter: Adapter | undefined, row: Float32Array): Float32Array {
  const embedding = row.subarray(TYPE_FEATURES.length);
  const length = Math.hypot(...embedding);
  if (adapter === undefined || length === 0) {
    return row;
  }
  const adapted = adaptRows(adapter, Float32Array.from(scaled(embedding, 1)));
  return Float32Array.of(...row.subarray(0, TYPE_FEATURES.length), ...scaled(adapted, length));
}

/** What the type head tells apart beside `unknown`: [K + D] the labelled types, then those that only the default head knows. */
export function answersOf({ types, unlabelled }: Pick<TunedTypes, 'types' | 'unlabelled'>): readonly string[] {
  return [...types, ...unlabelled.types];
}

/**
 * For each profile, how likely a failure of its type is taken for what the default head takes this one for.
 * @param probabilities [T] of the default head's types
 */
export function takenForEach({ takenFor, rows }: TypeProfiles, { failureType }: HeadWeights, probabilities: Float64Array): Float64Array {
  const row = Float32Array.from(takenFor, (type) => probabilities[failureType.types.indexOf(type)] ?? 0);
  return Float64Array.from({ length: rows.length / Math.max(1, row.length) }, (_, k) => dot(rows, k, row));
}

/** What the default head says of types: log of what is likely of each over a guess. @param taken of `takenForEach` */
export function toTypeHints(taken: Float64Array, { takenFor }: Pick<TypeProfiles, 'takenFor'>): Float32Array {
  return Float32Array.from(taken, (share) => Math.max(-MOST_HINT, Math.min(MOST_HINT, Math.log(Math.max(1e-9, share * takenFor.length)))));
}

/**
 * [K] of [F]: what the type head reads of a slice for each labelled type: the row, and last what the default head says of the type, as far as
 * pretraining knows the slice's state. Elsewhere it is too often sure and wrong. Macro-F1 with 1, 3 and 5 labels per type, then of
 * services without a label (`quality.ts --only tuning`): TrainTicket .72, .85, .92, .86 where it was heard everywhere, so .83, .95, .97, .97;
 * OnlineBoutique .49, .76, .91, .58, so .53, .73, .91, .55 (with an `EMBEDDING_SHARE` of .7).
 * @param hints of `toTypeHints`, those of the labelled types first
 */
export function toTypeInputs(row: Float32Array, hints: Float32Array, familiarity: number, types: number): Float32Array[] {
  return Array.from({ length: types }, (_, k) => Float32Array.of(...row, familiarity * (hints[k] ?? 0)));
}

/** What the type head reads of a failing slice. */
export interface TypedSlice {
  /** Of `toTypeRow` or `adaptTypeRow`. */
  readonly row: Float32Array;
  /** Probabilities of the default head's types. */
  readonly byDefault: Float64Array;
  /** Share in states that pretraining knows, 0 to 1. */
  readonly familiarity: number;
  /** [S] */
  readonly membership: Float32Array;
}

/**
 * [K + D + 1] probabilities of `answersOf`, and of none of them at the end; sum 1. Two experts: what was learned from the labels, and the
 * default head, which is followed the further, the more the slice is in states that pretraining knows.
 */
export function typeProbabilitiesTuned(head: TunedTypes, defaults: HeadWeights, slice: TypedSlice): Float64Array {
  const taken = takenForEach(head.profiles, defaults, slice.byDefault);
  const followed = followDefault(taken, slice.familiarity);
  const share = head.trust * sumOf(followed);
  const mixed = typesByLabels(head, taken, slice).map((p, answer) => (1 - share) * p + head.trust * (followed[answer] ?? 0));
  // Over the largest, so that no power of all of them is 0.
  const largest = mixed.reduce((most, p) => Math.max(most, p), 0);
  const powered = mixed.map((p) => (p / largest) ** head.sharpness);
  const sum = sumOf(powered);
  const named = powered.map((p) => p / sum);
  // What is like no labelled failure is none of them; of what nobody labelled that says nothing.
  const novelty = noveltyOf(head, slice.row);
  const labelled = sumOf(named.subarray(0, head.types.length));
  return Float64Array.of(...named.map((p, answer) => (answer < head.types.length ? (1 - novelty) * p : p)), novelty * labelled);
}

/** What the default head says, as far as it may be followed: sum 1 in a state that pretraining knows, 0 elsewhere and where it says nothing. @param taken of `takenForEach` */
export function followDefault(taken: Float64Array, familiarity: number): Float64Array {
  const sum = sumOf(taken);
  return taken.map((share) => (sum > 0 ? (familiarity * share) / sum : 0));
}

/** [K + D] sum 1. @param taken of `takenForEach` */
function typesByLabels(head: TunedTypes, taken: Float64Array, slice: TypedSlice): Float64Array {
  const weights = weightsIn(head.weights, slice.membership);
  const hints = toTypeHints(taken, head.profiles);
  const { logits, hintWeight } = head.unlabelled;
  const known = Math.log(Math.max(LEAST_FAMILIARITY, slice.familiarity));
  const answers = Float64Array.of(
    ...toTypeInputs(slice.row, hints, slice.familiarity, head.types.length).map((input, k) => dot(weights, k, input)),
    ...Array.from(logits, (logit, d) => logit + known + hintWeight * (hints[head.types.length + d] ?? 0)),
  );
  const largest = answers.reduce((most, logit) => Math.max(most, logit), -Infinity);
  const exponentials = answers.map((logit) => Math.exp(logit - largest));
  const sum = sumOf(exponentials);
  return exponentials.map((value) => value / sum);
}

/** Probability that a failure is of no labelled type. */
export function noveltyOf({ prototypes, types, novelBelow }: TunedTypes, row: Float32Array): number {
  const nearest = types.reduce((most, _, k) => Math.max(most, dot(prototypes, k, row)), -1);
  return 1 / (1 + Math.exp((nearest - novelBelow) / NOVELTY_WIDTH));
}

function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}
