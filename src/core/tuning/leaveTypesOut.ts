/**
 * The type head, trained without some failures and asked for those: that chooses how far it follows the default head, and how sure it is.
 * Letters: K labelled types, D types that only the default head knows.
 */
import type { TrainingSet } from '../heads/headTraining.js';
import { toMembership } from '../heads/stateSpace.js';
import { answersOf, followDefault, takenForEach, typeProbabilitiesTuned, type TunedTypes } from '../heads/tunedTypes.js';
import { learnTrust } from './defaultTrust.js';
import type { LabelledIncident, SliceExample } from './examples.js';
import { chooseScale, countOccasions, leaveOut, SCALES, trainFinal, type JudgingOptions } from './leaveOut.js';
import { toPrototypes, toTunedTypes, toTypeSet } from './trainableTypes.js';

/** See `TunedTypes`. */
type TypeChoice = Pick<TunedTypes, 'trust' | 'sharpness'>;

export interface LeftOutTypes {
  readonly choice: TypeChoice;
  /** [incidents][K + D + 1] what heads as chosen say of the incidents that they did not see. */
  readonly answers: readonly Float64Array[];
}

/**
 * A type with one label is not known when that is left out. With it, what labels say of the next such failure is taken to be this likely: below
 * a half, as the next is often of another service. Between .3 and .7 macro-F1 of simulated development systems changes by .01.
 */
const BY_ONE_LABEL = 0.3;

/** Types that can be left out: the head that sees no failure of a type does not know it. */
export function findRepeated(failing: readonly LabelledIncident[], types: readonly string[]): ReadonlySet<string> {
  return new Set(types.filter((type) => countOccasions(failing.filter((incident) => incident.type === type)) > 1));
}

/** @param types [K] of the incidents, of which there are at least two */
export async function leaveTypesOut(
  failing: readonly LabelledIncident[],
  types: readonly string[],
  options: JudgingOptions,
): Promise<LeftOutTypes> {
  const repeated = findRepeated(failing, types);
  const asked = await leaveOut('failure-type', failing, options, toSet(types, options), (weights, training) => {
    const head = toTunedTypes(training, types, toPrototypes(training, types), weights, options.defaults);
    return (incident) => ({
      incident,
      say: (choice: TypeChoice) => typesOfIncident({ ...head, ...choice }, incident, options),
      byDefault: typesByDefault(head, incident, options),
      truth: types.indexOf(incident.type),
    });
  });
  const byLabels: TypeChoice = { trust: 0, sharpness: 1 };
  const answered = asked.flatMap(({ incident, say, byDefault, truth }) => {
    const ofLabels = repeated.has(incident.type) ? amongKnown(say(byLabels), truth) : BY_ONE_LABEL;
    return byDefault.some((p) => p > 0) ? [{ byLabels: ofLabels, byDefault: byDefault[truth] ?? 0 }] : [];
  });
  const trust = learnTrust(answered);
  const ofRepeated = asked.filter(({ incident }) => repeated.has(incident.type));
  const sharpness = chooseScale(
    ofRepeated.map(({ say, truth }) => SCALES.map((scale) => amongKnown(say({ trust, sharpness: scale }), truth))),
  );
  const choice = { trust, sharpness };
  return { choice, answers: asked.map(({ say }) => say(choice)) };
}

/** The head that saw all of them. @param types [K] of the incidents */
export async function trainTypes(
  failing: readonly LabelledIncident[],
  types: readonly string[],
  choice: TypeChoice,
  options: JudgingOptions,
  progress: (fraction: number, loss: number) => void,
): Promise<{ readonly head: TunedTypes; readonly losses: readonly number[] }> {
  const { weights, losses } = await trainFinal('failure-type', toSet(types, options)(failing), options, progress);
  return { head: { ...toTunedTypes(failing, types, toPrototypes(failing, types), weights, options.defaults), ...choice }, losses };
}

/** [K + D + 1] as a diagnosis of its range says it. */
export function typesOfIncident(
  head: TunedTypes,
  incident: LabelledIncident,
  { space, defaults }: Pick<JudgingOptions, 'space' | 'defaults'>,
): Float64Array {
  return meanOfHeard(incident, answersOf(head).length + 1, ({ type: row, defaultTypes: byDefault, familiarity, contributions }) =>
    typeProbabilitiesTuned(head, defaults, {
      row,
      byDefault,
      familiarity,
      membership: toMembership(space, incident.entities, contributions),
    }),
  );
}

/** Of one type, given that it is one that has a name. @param p [K + D + 1] */
export function amongKnown(p: Float64Array, type: number): number {
  return (p[type] ?? 0) / Math.max(1e-6, 1 - (p[p.length - 1] ?? 0));
}

/** [K + D] sum 1, or 0 where it says nothing: what the default head takes an incident for, whatever the state. */
function typesByDefault(head: TunedTypes, incident: LabelledIncident, { defaults }: JudgingOptions): Float64Array {
  return meanOfHeard(incident, answersOf(head).length, ({ defaultTypes }) =>
    followDefault(takenForEach(head.profiles, defaults, defaultTypes), 1),
  );
}

function toSet(types: readonly string[], { space, defaults }: JudgingOptions): (training: readonly LabelledIncident[]) => TrainingSet {
  return (training) => toTypeSet(training, space, defaults, types, toPrototypes(training, types));
}

/** [width] */
function meanOfHeard({ slices, heard }: LabelledIncident, width: number, say: (slice: SliceExample) => Float64Array): Float64Array {
  const mean = new Float64Array(width);
  for (const { slice, share } of heard ?? slices.map((one) => ({ slice: one, share: 1 / slices.length }))) {
    say(slice).forEach((p, i) => {
      mean[i] = (mean[i] ?? 0) + share * p;
    });
  }
  return mean;
}
