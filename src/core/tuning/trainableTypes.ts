/**
 * The type head as a training problem, and the head that training makes of it.
 * Letters: F features, K labelled types, D types that only the default head knows.
 */
import { meanOf } from '../evaluation/bootstrap.js';
import type { TrainingSet } from '../heads/headTraining.js';
import type { HeadWeights } from '../heads/headWeights.js';
import { toMembership, type StateSpace } from '../heads/stateSpace.js';
import type { ConditionedWeights } from '../heads/conditionedWeights.js';
import { takenForEach, toTypeHints, toTypeInputs, type TunedTypes, type TypeProfiles, type UnlabelledTypes } from '../heads/tunedTypes.js';
import { quantile } from '../math/robust.js';
import type { LabelledIncident } from './examples.js';
import { countBy, toSet } from './trainableHeads.js';

/** Sharpness of cosines to prototypes as logits, before calibration. */
const TYPE_SCALE = 12;
/** Weight of what the default head says of a type that it knows, where training starts. */
const HINT_WEIGHT = 1;
/** Share of labelled failures that may count as unknown. */
const NOVEL_SHARE = 0.05;
/**
 * How much less similar (cosine) to the prototype of its type a failure is that had no part in it, where one label makes the prototype; with n
 * labels an nth of that. Macro-F1 with one label per type, then with every other label, simulated development systems, TrainTicket,
 * OnlineBoutique, all without profiles: .1 whatever the number of labels .64, .69, .35, then .83, .80, .34; this .87, .76, .55, then .86, .80, .42.
 */
const UNSEEN_LOSS = 0.4;
/**
 * A failure has to be this much less similar (cosine) to its type than hardly any is, to be as likely of none. Macro-F1 with every other label
 * and calibration error over all labels, data as above: without .84, .92, .40 with .11, .16, .16; this .84, .97, .40 with .09, .16, .09.
 */
const NOVELTY_MARGIN = 0.1;

/**
 * Failures that a profile starts from: of what the type is called, or of anything, where the default head does not know it. Macro-F1 with one
 * label per type, then with every other label, simulated development systems, TrainTicket, OnlineBoutique: profiles of names alone .87, .76,
 * .55, then .86, .80, .42; with 1 failure .86, .80, .52, then .82, .92, .35; with 3 .87, .82, .54, then .85, .92, .40.
 */
const PROFILE_PRIOR = 3;

export function toTypeSet(
  incidents: readonly LabelledIncident[],
  space: StateSpace,
  heads: HeadWeights,
  types: readonly string[],
  prototypes: Float32Array,
): TrainingSet {
  const counts = countBy(incidents, ({ type }) => type);
  const features = prototypes.length / Math.max(1, types.length) + 1;
  const anchor = new Float32Array(types.length * features);
  types.forEach((_, k) => {
    anchor.set(
      prototypes.subarray(k * (features - 1), (k + 1) * (features - 1)).map((value) => value * TYPE_SCALE),
      k * features,
    );
    anchor[(k + 1) * features - 1] = HINT_WEIGHT;
  });
  const profiles = toProfiles(incidents, types, heads);
  const examples = incidents.flatMap((incident) =>
    incident.slices.map(({ type, defaultTypes, familiarity, contributions }) => {
      const hints = toTypeHints(takenForEach(profiles, heads, defaultTypes), profiles);
      return {
        x: toTypeInputs(type, hints, familiarity, types.length),
        target: types.indexOf(incident.type),
        weight: 1 / (incident.slices.length * (counts.get(incident.type) ?? 1)),
        membership: toMembership(space, incident.entities, contributions),
      };
    }),
  );
  return toSet(examples, types.length, features, 'each', anchor, space.names.length);
}

/** [K, F] mean direction of the examples of each type. */
export function toPrototypes(incidents: readonly LabelledIncident[], types: readonly string[]): Float32Array {
  const features = incidents[0]?.slices[0]?.type.length ?? 0;
  const prototypes = new Float32Array(types.length * features);
  for (const incident of incidents) {
    const row = types.indexOf(incident.type) * features;
    for (const { type } of incident.slices) {
      type.forEach((value, f) => {
        prototypes[row + f] = (prototypes[row + f] ?? 0) + value / incident.slices.length;
      });
    }
  }
  types.forEach((_, k) => {
    const row = prototypes.subarray(k * features, (k + 1) * features);
    const norm = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    row.forEach((value, f) => {
      row[f] = norm > 0 ? value / norm : 0;
    });
  });
  return prototypes;
}

/** The head by the labels alone. @param types labelled ones */
export function toTunedTypes(
  incidents: readonly LabelledIncident[],
  types: readonly string[],
  prototypes: Float32Array,
  weights: ConditionedWeights,
  defaults: HeadWeights,
): TunedTypes {
  const counts = countBy(incidents, ({ type }) => type);
  /** How much each slice would be of its own type, had it no part in that: by `rows` [K, width], of which the first numbers count. */
  const ofOwn = (rows: Float32Array, width: number, sharpness: number): number[] =>
    incidents.flatMap(({ type, slices }) =>
      slices.map(({ type: row }) => {
        const from = types.indexOf(type) * width;
        const own = row.reduce((sum, value, f) => sum + value * (rows[from + f] ?? 0), 0);
        return own - (sharpness * UNSEEN_LOSS) / (counts.get(type) ?? 1);
      }),
    );
  const features = weights.features - 1;
  return {
    types,
    weights,
    prototypes,
    novelBelow: quantile(ofOwn(prototypes, features, 1), NOVEL_SHARE) - NOVELTY_MARGIN,
    profiles: toProfiles(incidents, [...types, ...findUnlabelled(types, defaults)], defaults),
    unlabelled: toUnlabelled(incidents, types, quantile(ofOwn(weights.base, weights.features, TYPE_SCALE), NOVEL_SHARE), defaults),
    trust: 0,
    sharpness: 1,
  };
}

/**
 * A type that nobody labelled is as likely as that a failure fits the labelled ones as badly as hardly any does, and the less so the more
 * labelled failures the default head takes for it: those have another name here.
 * @param leastOwn logit that hardly any failure has less of for its own type
 */
function toUnlabelled(
  incidents: readonly LabelledIncident[],
  types: readonly string[],
  leastOwn: number,
  defaults: HeadWeights,
): UnlabelledTypes {
  const unlabelled = findUnlabelled(types, defaults);
  const logits = unlabelled.map((type) => {
    const place = defaults.failureType.types.indexOf(type);
    const taken = incidents.map(({ slices }) =>
      meanOf(slices.map(({ defaultTypes, familiarity }) => familiarity * (defaultTypes[place] ?? 0))),
    );
    return leastOwn - Math.log1p(taken.reduce((sum, share) => sum + share, 0));
  });
  return { types: unlabelled, logits: Float32Array.from(logits), hintWeight: HINT_WEIGHT };
}

/** [D] types of the default head that nobody labelled. */
export function findUnlabelled(types: readonly string[], { failureType }: HeadWeights): readonly string[] {
  return failureType.types.filter((type) => !types.includes(type));
}

/**
 * What the default head took the labelled failures of each type for, and before that for what they are called. So it speaks for types that it
 * knows by another name too.
 */
function toProfiles(incidents: readonly LabelledIncident[], types: readonly string[], { failureType }: HeadWeights): TypeProfiles {
  const takenFor = failureType.types;
  const rows = types.flatMap((type) => {
    const own = incidents.filter((incident) => incident.type === type);
    return takenFor.map((known, place) => {
      const before = takenFor.includes(type) ? Number(known === type) : 1 / takenFor.length;
      const taken = own.reduce((sum, { slices }) => sum + meanOf(slices.map(({ defaultTypes }) => defaultTypes[place] ?? 0)), 0);
      return (PROFILE_PRIOR * before + taken) / (PROFILE_PRIOR + own.length);
    });
  });
  return { takenFor, rows: Float32Array.from(rows) };
}
