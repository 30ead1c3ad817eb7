import { FAMILY_COUNT } from '../../../../src/core/features/families.js';
import type { FoundState, KnownState } from '../../../../src/core/states/knownStates.js';

/** Entity → family → weight. */
export type Profile = Readonly<Record<string, Readonly<Record<number, number>>>>;

/** [entities × FAMILY_COUNT] */
export function toCentroid(entities: readonly string[], profile: Profile): Float32Array {
  const centroid = new Float32Array(entities.length * FAMILY_COUNT);
  entities.forEach((entity, slot) => {
    for (const [family, weight] of Object.entries(profile[entity] ?? {})) {
      centroid[slot * FAMILY_COUNT + Number(family)] = weight;
    }
  });
  return centroid;
}

export function createKnown(id: string, profile: Profile, change: Partial<KnownState> = {}): KnownState {
  const entities = Object.keys(profile);
  return {
    id,
    name: id.replaceAll('-', ' '),
    abnormal: true,
    isNamed: false,
    isPinned: false,
    isPart: false,
    mergedInto: null,
    entities,
    centroid: toCentroid(entities, profile),
    limit: 0.5,
    size: 5,
    ...change,
  };
}

export function createUsual(id: string, change: Partial<KnownState> = {}): KnownState {
  return createKnown(id, {}, { abnormal: false, ...change });
}

export function createFound(name: string, entities: readonly string[], profile: Profile, anchor = -1): FoundState {
  return { name, abnormal: true, centroid: toCentroid(entities, profile), anchor };
}
