/** Failure types, tuned on labelled failures. Letters: K labelled types, D types that only the default head knows. */
import { toInterval, type Interval } from '../evaluation/interval.js';
import { macroF1 } from '../evaluation/classification.js';
import { UNKNOWN_TYPE } from '../heads/tunedTypes.js';
import { NORMAL, type LabelledIncident } from './examples.js';
import { APART, logLoss, type JudgingOptions, type Judgement } from './leaveOut.js';
import { amongKnown, findRepeated, leaveTypesOut, trainTypes } from './leaveTypesOut.js';
import { findUnlabelled } from './trainableTypes.js';

export async function judgeTypes(all: readonly LabelledIncident[], options: JudgingOptions): Promise<Judgement> {
  // Whoever labels a failure `unknown` says that it is of no type, which is what the head says of whatever is like none.
  const failing = all.filter(({ type }) => type !== NORMAL && type !== UNKNOWN_TYPE);
  const types = [...new Set(failing.map(({ type }) => type))].sort();
  // A type with one label is learned, and cannot be scored.
  const known = findRepeated(failing, types);
  const scored = failing.filter(({ type }) => known.has(type));
  if (known.size < 2) {
    return { reason: `Failure types need at least 2 types with 2 labelled ranges each${APART}; there are ${describe(failing)}.` };
  }
  const answers = [...types, ...findUnlabelled(types, options.defaults)];
  const leftOut = await leaveTypesOut(failing, types, options);
  const predictions = new Map(failing.map((incident, i) => [incident, bestOf(leftOut.answers[i] ?? new Float64Array(0), answers)]));
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
    losses: failing.flatMap(({ type }, i) =>
      known.has(type) ? [logLoss(amongKnown(leftOut.answers[i] ?? new Float64Array(0), types.indexOf(type)))] : [],
    ),
    finish: async (progress) => {
      const { head, losses } = await trainTypes(failing, types, leftOut.choice, options, progress);
      return { weights: { failureType: head }, losses };
    },
    scores: {
      head: 'failure-type',
      measure: 'macro-F1',
      defaultShare: leftOut.choice.trust,
      incidents: scored.length,
      tuned: f1((incident) => predict(incident).type),
      current: f1(({ defaultType }) => defaultType),
      baseline: { name: `always ${most}`, ...f1(() => most) },
      heldOut: scored.map((incident) => ({ p: predict(incident).p, isSo: predict(incident).type === incident.type })),
    },
  };
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
