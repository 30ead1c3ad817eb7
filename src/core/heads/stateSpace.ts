/**
 * The states that tuned heads are conditioned on: the abnormal states of all embedded runs, by the names of entities, so that a later run
 * of the same system, with more or fewer entities, fits into them. Letters: S states, E entities of the space.
 */
import { FAMILY_COUNT } from '../features/families.js';
import { getOrAdd } from '../math/getOrAdd.js';
import { clusterByLinkage, cosineDistances } from '../states/agglomerative.js';
import { cosine, meanUnit, toAbnormalVector } from '../states/stateVectors.js';
import { MEMBERSHIP_TEMPERATURE, MIN_STATE_SIMILARITY } from '../states/partition.js';

export interface StateSpace {
  readonly entities: readonly string[];
  /** [S] */
  readonly names: readonly string[];
  /** [S, E × FAMILY_COUNT] unit vectors. */
  readonly centroids: Float32Array;
}

export interface StatesOfRun {
  readonly entities: readonly string[];
  readonly states: readonly { readonly name: string; readonly abnormal: boolean; readonly size: number; readonly centroid: Float32Array }[];
}

export const EMPTY_SPACE: StateSpace = { entities: [], names: [], centroids: new Float32Array(0) };
/** The largest are kept: a head with labels has nothing to learn from in more states than this. */
const MAX_STATES = 32;

/**
 * States of different runs that mean the same become one, named as the largest of them. How many there are is decided as inside a run:
 * where the silhouette of average linkage is best.
 */
export function joinStates(runs: readonly StatesOfRun[]): StateSpace {
  const entities = [...new Set(runs.flatMap((run) => run.entities))];
  const dim = entities.length * FAMILY_COUNT;
  const anchors = runs
    .flatMap((run) => {
      const slots = toSlots(entities, run.entities);
      return run.states
        .filter((state) => state.abnormal)
        .map(({ name, size, centroid }) => ({ name, size, vector: moveEntities(centroid, slots, dim) }));
    })
    .sort((a, b) => b.size - a.size);
  const rows = new Float32Array(anchors.length * dim);
  anchors.forEach(({ vector }, i) => {
    rows.set(vector, i * dim);
  });
  const groups = new Map<number, typeof anchors>();
  clusterByLinkage(cosineDistances(rows, anchors.length, dim), anchors.length).forEach((group, i) => {
    const anchor = anchors[i];
    if (anchor !== undefined) {
      getOrAdd(groups, group, () => [] as typeof anchors).push(anchor);
    }
  });
  const kept = [...groups.values()].slice(0, MAX_STATES);
  const centroids = new Float32Array(kept.length * dim);
  kept.forEach((members, i) => {
    centroids.set(
      meanUnit(
        members.map(({ vector }) => vector),
        dim,
      ),
      i * dim,
    );
  });
  return { entities, names: kept.map(([largest]) => largest?.name ?? ''), centroids };
}

/**
 * How much a slice or range belongs to each state: [S] >= 0, sum below 1; what is left is `unknown`, all of it where no state is near.
 * @param contributions [entities.length × FAMILY_COUNT] of `ascribe`
 * @param entities of the run
 */
export function toMembership(space: StateSpace, entities: readonly string[], contributions: Float64Array): Float32Array {
  const dim = space.entities.length * FAMILY_COUNT;
  const vector = moveEntities(toAbnormalVector(contributions, new Float32Array(0)), toSlots(space.entities, entities), dim);
  const weights = Float32Array.from(space.names, (_, state) =>
    Math.exp((cosine(vector, space.centroids.subarray(state * dim, (state + 1) * dim)) - MIN_STATE_SIMILARITY) / MEMBERSHIP_TEMPERATURE),
  );
  // `unknown` stands beside the states with the similarity below which a slice fits none.
  const sum = weights.reduce((total, weight) => total + weight, 1);
  return weights.map((weight) => weight / sum);
}

/** Place of each of the run's entities in the space, -1 where it has none. */
function toSlots(space: readonly string[], entities: readonly string[]): Int32Array {
  const places = new Map(space.map((entity, slot) => [entity, slot]));
  return Int32Array.from(entities, (entity) => places.get(entity) ?? -1);
}

function moveEntities(vector: Float32Array, slots: Int32Array, dim: number): Float32Array {
  const moved = new Float32Array(dim);
  slots.forEach((slot, entity) => {
    if (slot >= 0) {
      moved.set(vector.subarray(entity * FAMILY_COUNT, (entity + 1) * FAMILY_COUNT), slot * FAMILY_COUNT);
    }
  });
  return moved;
}
