/** States as the store knows them across runs, with what the user made of them, and how states of a run are recognised among them. */
import { FAMILY_COUNT } from '../features/families.js';
import { cosine } from './stateVectors.js';
import { type Anchor } from './anchors.js';
import { toDistinct } from './stateNames.js';

export interface KnownState {
  /** Slug of its first name; stays. */
  readonly id: string;
  readonly name: string;
  readonly abnormal: boolean;
  /** Named by the user: kept for good. */
  readonly isNamed: boolean;
  /** Slices that are near enough are assigned to it before anything else is looked for. */
  readonly isPinned: boolean;
  /** Made by a split: as a pinned one, so that the parts stay apart. */
  readonly isPart: boolean;
  /** State that its slices belong to since the user merged it; null when it stands for itself. */
  readonly mergedInto: string | null;
  readonly entities: readonly string[];
  /** [entities.length × FAMILY_COUNT] of an abnormal state as it was first found; empty for usual ones. */
  readonly centroid: Float32Array;
  /** Cosine to the centroid below which a slice does not fit; see `calibrateLimit`. */
  readonly limit: number;
  /** Slices when it was first found. */
  readonly size: number;
}

/**
 * Centroids at least this similar are the same state. Of the states of a fifth fewer slices, and of every other slice, looked up among the
 * others, the share with the same id and that with the id of another kind: TrainTicket 1.00 and .00, OnlineBoutique 1.00 and .00, 16 simulated
 * systems .97 and .03; .5 to .8 differ by .03 at most. `npm run bench -- quality --only states`.
 */
export const SAME_STATE_SIMILARITY = 0.7;

/** @returns [entities.length × FAMILY_COUNT] the centroid in the order of these entities; what it says of others is lost */
export function toEntitySpace(state: Pick<KnownState, 'entities' | 'centroid'>, entities: readonly string[]): Float32Array {
  const places = new Map(state.entities.map((entity, place) => [entity, place]));
  const vector = new Float32Array(entities.length * FAMILY_COUNT);
  entities.forEach((entity, slot) => {
    const place = places.get(entity);
    if (place !== undefined) {
      vector.set(state.centroid.subarray(place * FAMILY_COUNT, (place + 1) * FAMILY_COUNT), slot * FAMILY_COUNT);
    }
  });
  return vector;
}

/** Cosine of a vector in the space of `entities` and a state, over the entities of both: an entity that only one of them has counts. */
export function similarityTo(state: Pick<KnownState, 'entities' | 'centroid'>, entities: readonly string[], vector: Float32Array): number {
  const shared = toEntitySpace(state, entities);
  const kept = lengthOf(shared);
  const all = lengthOf(state.centroid);
  return all > 0 ? cosine(vector, shared) * (kept / all) : 0;
}

/** What only the named entities have is left out: the store keeps no zeros. */
export function toCompact(entities: readonly string[], centroid: Float32Array): Pick<KnownState, 'entities' | 'centroid'> {
  const rowOf = (slot: number): Float32Array => centroid.subarray(slot * FAMILY_COUNT, (slot + 1) * FAMILY_COUNT);
  const kept = [...entities.keys()].filter((slot) => rowOf(slot).some((value) => value !== 0));
  const compact = new Float32Array(kept.length * FAMILY_COUNT);
  kept.forEach((slot, place) => {
    compact.set(rowOf(slot), place * FAMILY_COUNT);
  });
  return { entities: kept.map((slot) => entities[slot] ?? ''), centroid: compact };
}

/**
 * One to one, most similar first; equals go to the one that is earlier in both lists.
 * @param found [F] centroids in the space of `entities`
 * @returns [F] index into `known`, -1 for a new state
 */
export function matchStates(
  found: readonly Float32Array[],
  entities: readonly string[],
  known: readonly Pick<KnownState, 'entities' | 'centroid'>[],
  least = SAME_STATE_SIMILARITY,
): Int32Array {
  const pairs = found
    .flatMap((vector, state) => known.map((other, place) => ({ state, place, similarity: similarityTo(other, entities, vector) })))
    .filter(({ similarity }) => similarity >= least)
    .sort((a, b) => b.similarity - a.similarity || a.state - b.state || a.place - b.place);
  const matched = new Int32Array(found.length).fill(-1);
  const taken = new Set<number>();
  for (const { state, place } of pairs) {
    if (matched[state] === -1 && !taken.has(place)) {
      matched[state] = place;
      taken.add(place);
    }
  }
  return matched;
}

/** Known abnormal states as slices of a run with these entities are assigned to them; place i is that of `known[i]`, usual ones fit nothing. */
export function toAnchors(known: readonly KnownState[], entities: readonly string[]): Anchor[] {
  return known.map((state) => {
    const vector = toEntitySpace(state, entities);
    const shared = lengthOf(vector) / lengthOf(state.centroid);
    // Where the run lacks entities of the state, the similarity is that to the whole of it. NaN and Infinity, of nothing shared, fit nothing.
    return { vector, limit: state.abnormal ? state.limit / shared : Infinity, isFirst: state.isPinned || state.isPart };
  });
}

/** A state of a run before it has an id. */
export interface FoundState {
  /** As its evidence or modalities name it. */
  readonly name: string;
  readonly abnormal: boolean;
  /** [E × FAMILY_COUNT] of an abnormal state. */
  readonly centroid: Float32Array;
  /** Place in `known` that its slices were assigned to, -1 for none. */
  readonly anchor: number;
}

export interface StateIdentity {
  readonly id: string;
  readonly name: string;
  readonly isPinned: boolean;
  readonly isNew: boolean;
}

/**
 * Ids and names of the states of a run. Abnormal states are recognised by their centroid, usual ones by what their modalities and traffic
 * call them, which is the same in every run. Some may be the same state, where the user merged what they were recognised as.
 */
export function identifyStates(
  found: readonly FoundState[],
  entities: readonly string[],
  known: readonly KnownState[],
): readonly StateIdentity[] {
  const abnormal = known.filter((state) => state.abnormal);
  const loose = [...found.keys()].filter((place) => found[place]?.abnormal === true && found[place].anchor < 0);
  const matched = matchStates(
    loose.map((place) => found[place]?.centroid ?? new Float32Array(0)),
    entities,
    abnormal,
  );
  const usual = [...found.keys()].filter((place) => found[place]?.abnormal === false);
  const usualIds = toDistinct(usual.map((place) => found[place]?.name ?? ''));
  const recognised = found.map((state, place): KnownState | undefined => {
    const own =
      state.anchor >= 0
        ? known[state.anchor]
        : state.abnormal
          ? abnormal[matched[loose.indexOf(place)] ?? -1]
          : known.find(({ id, abnormal: isOther }) => !isOther && id === usualIds[usual.indexOf(place)]?.id);
    return own === undefined ? undefined : resolveMerges(known, own);
  });
  const fresh = [...found.keys()].filter((place) => recognised[place] === undefined);
  const named = toDistinct(
    fresh.map((place) => found[place]?.name ?? ''),
    known,
  );
  return found.map((_, place): StateIdentity => {
    const state = recognised[place];
    const own = named[fresh.indexOf(place)];
    return state === undefined
      ? { id: own?.id ?? `state-${place}`, name: own?.name ?? `state ${place}`, isPinned: false, isNew: true }
      : { id: state.id, name: state.name, isPinned: state.isPinned, isNew: false };
  });
}

/** The state that stands for this one after all merges. */
export function resolveMerges(known: readonly KnownState[], state: KnownState): KnownState {
  let root = state;
  // As many steps as there are states: a circle, which no operation makes, would end too.
  for (let step = 0; step < known.length && root.mergedInto !== null; step++) {
    const { mergedInto } = root;
    root = known.find(({ id }) => id === mergedInto) ?? root;
  }
  return root;
}

function lengthOf(vector: Float32Array): number {
  return Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
}
