/** Failure types, tuned on labelled failures. Letters: K labelled types, D types that only the default head knows. */
import { toInterval, type Interval } from '../evaluation/interval.js';
import { macroF1 } from '../evaluation/classification.js';
import type { TrainingSet } from '../heads/headTraining.js';
import { toMembership } from '../heads/stateSpace.js';
import { answersOf, typeProbabilitiesTuned, UNKNOWN_TYPE, type TunedTypes } from '../heads/tunedHeads.js';
import { NORMAL, type LabelledIncident } from './examples.js';
import {
  APART,
  chooseScale,
  countOccasions,
  leaveOut,
  logLoss,
  SCALES,
  trainFinal,
  type JudgingOptions,
  type Judgement,
} from './leaveOut.js';
import { findUnlabelled, sharpenTypes, toPrototypes, toTunedTypes, toTypeSet } from './trainableTypes.js';

export async function judgeTypes(all: readonly LabelledIncident[], options: JudgingOptions): Promise<Judgement> {
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
  const answers = [...types, ...findUnlabelled(types, defaults)];
  const set = (training: readonly LabelledIncident[]): TrainingSet =>
    toTypeSet(training, space, defaults, types, toPrototypes(training, types));
  const answered = await leaveOut('failure-type', failing, options, set, (weights, training) => {
    const head = toTunedTypes(training, types, toPrototypes(training, types), weights, defaults);
    const heads = SCALES.map((scale) => sharpenTypes(head, scale));
    return (incident) => heads.map((each) => typesOfIncident(each, incident, options));
  });
  const ofTruth = failing.flatMap(({ type }, i) =>
    known.has(type) ? [(answered[i] ?? []).map((p) => amongKnown(p, types.indexOf(type)))] : [],
  );
  const scale = chooseScale(ofTruth);
  const place = SCALES.indexOf(scale);
  const predictions = new Map(failing.map((incident, i) => [incident, bestOf(answered[i]?.[place] ?? new Float64Array(0), answers)]));
  const predict = (incident: LabelledIncident): Best => predictions.get(incident) ?? { type: '', p: 0 };
  const f1 = (toType: (incident: LabelledIncident) => string): Interval =>
    toInterval(scored.length, (units) => {
      const picked = units.flatMap((unit) => scored[unit] ?? []);
      return macroF1(
        picked.map(toType),
        picked.map(({ type }) => type),
      );
    });
  const most = types.reduce((best, type) => (countOf(failing, type) > countOf(failing, best) ? type : best), types[0] ?? '');
  return {
    losses: ofTruth.map((p) => logLoss(p[place] ?? 0)),
    finish: async (progress) => {
      const { weights, losses } = await trainFinal('failure-type', set(failing), options, progress);
      const head = toTunedTypes(failing, types, toPrototypes(failing, types), weights, defaults);
      return { weights: { failureType: sharpenTypes(head, scale) }, losses };
    },
    scores: {
      head: 'failure-type',
      measure: 'macro-F1',
      incidents: scored.length,
      tuned: f1((incident) => predict(incident).type),
      current: f1(({ defaultType }) => defaultType),
      baseline: { name: `always ${most}`, ...f1(() => most) },
      heldOut: scored.map((incident) => ({ p: predict(incident).p, isSo: predict(incident).type === incident.type })),
    },
  };
}

/** [K + D + 1] mean over the slices of an incident. */
export function typesOfIncident(
  head: TunedTypes,
  { slices, entities }: LabelledIncident,
  { space, defaults }: Pick<JudgingOptions, 'space' | 'defaults'>,
): Float64Array {
  const mean = new Float64Array(answersOf(head).length + 1);
  for (const { type: row, defaultTypes: byDefault, familiarity, contributions } of slices) {
    const membership = toMembership(space, entities, contributions);
    typeProbabilitiesTuned(head, defaults, { row, byDefault, familiarity, membership }).forEach((p, k) => {
      mean[k] = (mean[k] ?? 0) + p / slices.length;
    });
  }
  return mean;
}

/** Of one type, given that it is one that has a name. @param p [K + D + 1] */
function amongKnown(p: Float64Array, type: number): number {
  return (p[type] ?? 0) / Math.max(1e-6, 1 - (p[p.length - 1] ?? 0));
}

interface Best {
  /** '' for none of the types. */
  readonly type: string;
  readonly p: number;
}

/** The likeliest of the types, or none of them. @param probabilities [K + D + 1] @param types [K + D] */
export function bestOf(probabilities: Float64Array, types: readonly string[]): Best {
  const p = probabilities.reduce((most, value) => Math.max(most, value), 0);
  return { type: types[probabilities.indexOf(p)] ?? '', p };
}

function countOf(incidents: readonly LabelledIncident[], type: string): number {
  return incidents.filter((incident) => incident.type === type).length;
}

/** `3 of exception, 1 of return`, or `none`. */
function describe(incidents: readonly LabelledIncident[]): string {
  const types = [...new Set(incidents.map(({ type }) => type))].sort();
  return types.length === 0 ? 'none' : types.map((type) => `${countOf(incidents, type)} of ${type}`).join(', ');
}
