/**
 * Heads as training problems of one form (headTraining.ts): candidates with features, one of which is right. Types: trainableTypes.ts.
 * Letters: N examples, C candidates, F features, P rows of weights, S states, K types, E entities.
 */
import { EXCLUDED, type TrainedWeights, type TrainingSet } from '../heads/headTraining.js';
import { toLogit, type HeadWeights } from '../heads/headWeights.js';
import { toMembership, type StateSpace } from '../heads/stateSpace.js';
import type { ConditionedWeights } from '../heads/conditionedWeights.js';
import { CAUSE_FEATURES, toDetectionRow, TUNED_DETECTION_FEATURES } from '../heads/tunedHeads.js';
import { NORMAL, type LabelledIncident } from './examples.js';

/** One example for each slice, those of an incident weighing as much as one, and those of a class as much as those of any other. */
export function toDetectionSet(incidents: readonly LabelledIncident[], space: StateSpace): TrainingSet {
  const [example] = incidents.flatMap(({ slices }) => slices);
  const features = TUNED_DETECTION_FEATURES.length + (example?.type.length ?? 0);
  // Training starts from what the default head says.
  const anchor = new Float32Array(features);
  anchor[TUNED_DETECTION_FEATURES.indexOf('default.logit')] = 1;
  const counts = countBy(incidents, ({ type }) => String(type === NORMAL));
  const examples = incidents.flatMap((incident) =>
    incident.slices.map(({ anomaly, detection, type, contributions }) => ({
      // Not abnormal scores 0, abnormal what the features say.
      x: [new Float32Array(features), toDetectionRow(toLogit(anomaly), detection, type)],
      target: incident.type === NORMAL ? 0 : 1,
      weight: 1 / (incident.slices.length * (counts.get(String(incident.type === NORMAL)) ?? 1)),
      membership: toMembership(space, incident.entities, contributions),
    })),
  );
  return toSet(examples, 2, features, 'shared', anchor, space.names.length);
}

/** One example for each incident whose service is named and in its run. */
export function toCauseSet(incidents: readonly LabelledIncident[], space: StateSpace, heads: HeadWeights): TrainingSet {
  const features = CAUSE_FEATURES.length;
  const usable = incidents.flatMap(({ cause, entities }) => (cause === null ? [] : [{ cause, entities }]));
  const candidates = usable.reduce((most, { entities }) => Math.max(most, entities.length), 0);
  const anchor = Float32Array.from(CAUSE_FEATURES, (name) => (name === 'log.score' ? heads.rootCause.sharpness : 0));
  const examples = usable.map(({ cause, entities }) => ({
    x: Array.from({ length: candidates }, (_, entity) =>
      entity < entities.length ? cause.rows.subarray(entity * features, (entity + 1) * features) : undefined,
    ),
    target: cause.target,
    weight: 1,
    membership: toMembership(space, entities, cause.contributions),
  }));
  return toSet(examples, candidates, features, 'shared', anchor, space.names.length);
}

interface Example {
  /** [C] of [F], undefined for a candidate that is not there. */
  readonly x: readonly (Float32Array | undefined)[];
  readonly target: number;
  readonly weight: number;
  readonly membership: Float32Array;
}

/** @param rows `each` candidate has weights of its own, or all share one row */
export function toSet(
  examples: readonly Example[],
  candidates: number,
  features: number,
  rows: 'each' | 'shared',
  anchor: Float32Array,
  states: number,
): TrainingSet {
  const nRows = rows === 'each' ? candidates : 1;
  const x = new Float32Array(examples.length * candidates * features);
  const offset = new Float32Array(examples.length * candidates);
  const membership = new Float32Array(examples.length * states);
  examples.forEach((example, n) => {
    example.x.forEach((row, c) => {
      if (row === undefined) {
        offset[n * candidates + c] = EXCLUDED;
      } else {
        x.set(row, (n * candidates + c) * features);
      }
    });
    membership.set(example.membership, n * states);
  });
  return {
    examples: examples.length,
    candidates,
    features,
    rows: nRows,
    states,
    x,
    offset,
    target: Int32Array.from(examples, ({ target }) => target),
    weight: Float32Array.from(examples, ({ weight }) => weight),
    membership,
    tie: Float32Array.from({ length: candidates * nRows }, (_, i) => (rows === 'shared' || Math.floor(i / nRows) === i % nRows ? 1 : 0)),
    anchor,
  };
}

export function toConditioned(set: TrainingSet, rank: number, { base, mix, basis }: TrainedWeights): ConditionedWeights {
  return { rows: set.rows, features: set.features, rank, base, mix, basis };
}

/** Weights whose logits are `scale` times as far apart. */
export function sharpen(weights: ConditionedWeights, scale: number): ConditionedWeights {
  return { ...weights, base: weights.base.map((value) => value * scale), basis: weights.basis.map((value) => value * scale) };
}

export function countBy<T>(items: readonly T[], key: (item: T) => string): Map<string, number> {
  return new Map([...Map.groupBy(items, key)].map(([name, members]) => [name, members.length]));
}
