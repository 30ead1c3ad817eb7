import { describe, expect, it } from 'vitest';
import { FAMILY_COUNT } from '../../../../src/core/features/families.js';
import { EMPTY_SPACE, joinStates, toMembership, type StatesOfRun } from '../../../../src/core/heads/stateSpace.js';

interface Part {
  readonly entity: number;
  readonly family: number;
  readonly value?: number;
}

/** [nEntities × FAMILY_COUNT] as a direction. */
function createCentroid(nEntities: number, ...parts: readonly Part[]): Float32Array {
  const centroid = new Float32Array(nEntities * FAMILY_COUNT);
  for (const { entity, family, value = 1 } of parts) {
    centroid[entity * FAMILY_COUNT + family] = value / Math.sqrt(parts.length);
  }
  return centroid;
}

const createContributions = (nEntities: number, ...parts: readonly Part[]): Float64Array =>
  Float64Array.from(createCentroid(nEntities, ...parts), (value) => value * 20);

function createState(name: string, size: number, centroid: Float32Array, abnormal = true): StatesOfRun['states'][number] {
  return { name, size, centroid, abnormal };
}

const CART_SLOW = { entity: 0, family: 2 };
const PAYMENT_FAILS = { entity: 1, family: 4 };

describe('states of all runs', () => {
  const monday: StatesOfRun = {
    entities: ['cart', 'payment'],
    states: [
      createState('usual', 90, new Float32Array(0), false),
      createState('cart slow', 5, createCentroid(2, CART_SLOW)),
      createState('payment fails', 3, createCentroid(2, PAYMENT_FAILS)),
    ],
  };
  /** The same services in another order, and one more. */
  const tuesday: StatesOfRun = {
    entities: ['shipping', 'payment', 'cart'],
    states: [
      createState('cart is slow', 8, createCentroid(3, { entity: 2, family: 2 }, { entity: 2, family: 3, value: 0.1 })),
      createState('shipping fails', 2, createCentroid(3, { entity: 0, family: 4 })),
    ],
  };

  it('are one where they mean the same, by the names of services, and called as the largest', () => {
    const { entities, names, centroids } = joinStates([monday, tuesday]);
    expect(entities).toEqual(['cart', 'payment', 'shipping']);
    expect(names).toEqual(['cart is slow', 'payment fails', 'shipping fails']);
    const dim = 3 * FAMILY_COUNT;
    expect(centroids.length).toBe(3 * dim);
    names.forEach((_, state) => {
      expect(Math.hypot(...centroids.subarray(state * dim, (state + 1) * dim))).toBeCloseTo(1, 6);
    });
    expect(centroids[2]).toBeGreaterThan(0.9);
    expect(centroids[dim + FAMILY_COUNT + 4]).toBeCloseTo(1, 6);
    expect(centroids[2 * dim + 2 * FAMILY_COUNT + 4]).toBeCloseTo(1, 6);
  });

  it('may be none', () => {
    expect(joinStates([])).toEqual(EMPTY_SPACE);
    expect(joinStates([{ ...monday, states: monday.states.slice(0, 1) }])).toEqual({ ...EMPTY_SPACE, entities: ['cart', 'payment'] });
  });

  it('are the 32 largest', () => {
    const entities = Array.from({ length: 40 }, (_, i) => `service ${i}`);
    const states = entities.map((name, entity) => createState(name, entity + 1, createCentroid(40, { entity, family: 0 })));
    const { names, centroids } = joinStates([{ entities, states }]);
    expect(names).toEqual(entities.slice(8).reverse());
    expect(centroids.length).toBe(32 * 40 * FAMILY_COUNT);
  });

  describe('a slice', () => {
    const space = joinStates([monday, tuesday]);
    const sum = (values: Float32Array): number => values.reduce((total, value) => total + value, 0);

    it('belongs most to the state that it is like, and never wholly', () => {
      const membership = toMembership(space, monday.entities, createContributions(2, PAYMENT_FAILS));
      expect(membership.indexOf(Math.max(...membership))).toBe(1);
      expect(membership[1]).toBeGreaterThan(0.9);
      expect(sum(membership)).toBeLessThan(1);
    });

    it('belongs to the same states whatever the order of services in its run', () => {
      const here = toMembership(space, ['cart', 'payment'], createContributions(2, CART_SLOW));
      const there = toMembership(space, ['new', 'cart'], createContributions(2, { entity: 1, family: 2 }));
      expect(there).toEqual(here);
    });

    it('of services that the space does not know is unknown, and so is one in which nothing is unusual', () => {
      const strange = toMembership(space, ['new'], createContributions(1, { entity: 0, family: 2 }));
      const usual = toMembership(space, monday.entities, new Float64Array(2 * FAMILY_COUNT));
      expect(strange).toEqual(usual);
      expect(sum(usual)).toBeLessThan(0.03);
    });

    it('half like a state is half unknown at the similarity below which slices fit none', () => {
      const half = createContributions(2, { entity: 1, family: 4, value: 1 });
      // Four equal numbers, one of them of the state: cosine 1/2.
      [0, 1, 3].forEach((family) => (half[FAMILY_COUNT + family] = half[FAMILY_COUNT + 4] ?? 0));
      expect(toMembership(space, monday.entities, half)[1]).toBeCloseTo(0.5, 1);
    });

    it('belongs to nothing where there are no states', () => {
      expect(toMembership(EMPTY_SPACE, ['cart'], createContributions(1, CART_SLOW))).toEqual(new Float32Array(0));
    });
  });
});
