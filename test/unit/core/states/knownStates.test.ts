import { describe, expect, it } from 'vitest';
import {
  identifyStates,
  matchStates,
  resolveMerges,
  similarityTo,
  toAnchors,
  toCompact,
  type FoundState,
  type KnownState,
} from '../../../../src/core/states/knownStates.js';
import { createFound, createKnown, createUsual, toCentroid, type Profile } from './stateBuilders.js';

const SLOW: Profile = { cart: { 2: 1 } };
const FAILS: Profile = { payment: { 4: 1 } };
const ENTITIES = ['cart', 'payment'];

const idsOf = (found: readonly FoundState[], entities: readonly string[], known: readonly KnownState[]): string[] =>
  identifyStates(found, entities, known).map(({ id }) => id);

describe('similarity of states of different runs', () => {
  it('is by names of entities, whatever their order', () => {
    const known = createKnown('both', { cart: { 2: 3 }, payment: { 4: 4 } });
    expect(similarityTo(known, ['payment', 'cart'], toCentroid(['payment', 'cart'], { cart: { 2: 3 }, payment: { 4: 4 } }))).toBeCloseTo(
      1,
      6,
    );
  });

  it('counts entities that only one of the two has', () => {
    const known = createKnown('both', { cart: { 2: 3 }, payment: { 4: 4 } });
    expect(similarityTo(known, ['cart'], toCentroid(['cart'], SLOW))).toBeCloseTo(0.6, 6);
    expect(
      similarityTo(createKnown('slow', SLOW), ['cart', 'search'], toCentroid(['cart', 'search'], { cart: { 2: 3 }, search: { 1: 4 } })),
    ).toBeCloseTo(0.6, 6);
  });

  it('is 0 for what says nothing, and for nothing shared', () => {
    expect(similarityTo(createKnown('empty', {}), ENTITIES, toCentroid(ENTITIES, SLOW))).toBe(0);
    expect(similarityTo(createKnown('slow', SLOW), ['search'], toCentroid(['search'], { search: { 1: 1 } }))).toBe(0);
  });

  it('keeps only entities that say something', () => {
    expect(
      toCompact(['cart', 'search', 'payment'], toCentroid(['cart', 'search', 'payment'], { cart: { 2: 1 }, payment: { 4: 1 } })),
    ).toEqual({
      entities: ['cart', 'payment'],
      centroid: toCentroid(['cart', 'payment'], { cart: { 2: 1 }, payment: { 4: 1 } }),
    });
  });
});

describe('matching', () => {
  const near: Profile = { cart: { 2: 1, 3: 0.3 } };
  const nearer: Profile = { cart: { 2: 1, 3: 0.1 } };

  it('is one to one, the most similar first', () => {
    const found = [toCentroid(ENTITIES, near), toCentroid(ENTITIES, nearer)];
    expect(Array.from(matchStates(found, ENTITIES, [createKnown('slow', SLOW)]))).toEqual([-1, 0]);
    expect(Array.from(matchStates(found, ENTITIES, [createKnown('slow', SLOW), createKnown('near', near)]))).toEqual([1, 0]);
  });

  it('leaves alone what is not similar enough', () => {
    expect(Array.from(matchStates([toCentroid(ENTITIES, FAILS)], ENTITIES, [createKnown('slow', SLOW)]))).toEqual([-1]);
    expect(Array.from(matchStates([], ENTITIES, [createKnown('slow', SLOW)]))).toEqual([]);
  });

  it('does not depend on the order of slices, that is of states found', () => {
    const known = [createKnown('slow', SLOW), createKnown('fails', FAILS)];
    const found = [createFound('a', ENTITIES, near), createFound('b', ENTITIES, FAILS)];
    expect(idsOf(found, ENTITIES, known)).toEqual(['slow', 'fails']);
    expect(idsOf(found.toReversed(), ENTITIES, known)).toEqual(['fails', 'slow']);
  });
});

describe('ids and names', () => {
  it('are new where nothing is known, the same as ever for usual states', () => {
    const found: FoundState[] = [
      { name: 'usual', abnormal: false, centroid: new Float32Array(0), anchor: -1 },
      createFound('cart: slow', ENTITIES, SLOW),
      createFound('cart: slow', ENTITIES, FAILS),
    ];
    expect(identifyStates(found, ENTITIES, [])).toEqual([
      { id: 'usual', name: 'usual', isPinned: false, isNew: true },
      { id: 'cart-slow', name: 'cart: slow', isPinned: false, isNew: true },
      { id: 'cart-slow-2', name: 'cart: slow (2)', isPinned: false, isNew: true },
    ]);
  });

  it('stay when data is added that would be called otherwise, and what comes beside it gets others', () => {
    const known = [createUsual('usual'), createKnown('cart-slow', SLOW, { name: 'cart: slow' })];
    const found = [createFound('cart: slow, errors', ENTITIES, SLOW), createFound('cart: slow', ENTITIES, FAILS)];
    expect(identifyStates(found, ENTITIES, known)).toMatchObject([
      { id: 'cart-slow', name: 'cart: slow', isNew: false },
      { id: 'cart-slow-2', name: 'cart: slow (2)', isNew: true },
    ]);
  });

  it('stay when data is removed, and come back with it', () => {
    const known = [createKnown('slow', SLOW), createKnown('fails', FAILS)];
    expect(idsOf([createFound('x', ENTITIES, FAILS)], ENTITIES, known)).toEqual(['fails']);
    expect(idsOf([createFound('x', ENTITIES, FAILS), createFound('y', ENTITIES, SLOW)], ENTITIES, known)).toEqual(['fails', 'slow']);
  });

  it('stay when an entity is added', () => {
    const more = ['auth', ...ENTITIES, 'search'];
    expect(idsOf([createFound('x', more, SLOW)], more, [createKnown('slow', SLOW)])).toEqual(['slow']);
  });

  it('of a new state avoid names that the user gave', () => {
    const known = [createKnown('a', SLOW, { name: 'payment: fails', isNamed: true })];
    expect(identifyStates([createFound('payment: fails', ENTITIES, FAILS)], ENTITIES, known)).toMatchObject([
      { id: 'payment-fails-2', name: 'payment: fails (2)' },
    ]);
  });

  it('of usual states are those of the user', () => {
    const known = [createUsual('usual', { name: 'calm', isNamed: true }), createUsual('usual-busier', { mergedInto: 'usual' })];
    const found = ['usual', 'usual, busier', 'usual, quieter'].map((name): FoundState => ({
      name,
      abnormal: false,
      centroid: new Float32Array(0),
      anchor: -1,
    }));
    expect(identifyStates(found, ENTITIES, known).map(({ id, name }) => [id, name])).toEqual([
      ['usual', 'calm'],
      ['usual', 'calm'],
      ['usual-quieter', 'usual, quieter'],
    ]);
  });

  it('are those of the state that another was merged into, over several merges', () => {
    const known = [
      createKnown('slow', SLOW, { mergedInto: 'fails' }),
      createKnown('fails', FAILS, { mergedInto: 'down' }),
      createKnown('down', { search: { 1: 1 } }, { isPinned: true }),
    ];
    expect(identifyStates([createFound('x', ENTITIES, SLOW), createFound('y', ENTITIES, FAILS)], ENTITIES, known)).toEqual([
      { id: 'down', name: 'down', isPinned: true, isNew: false },
      { id: 'down', name: 'down', isPinned: true, isNew: false },
    ]);
  });

  it('of slices that were assigned are those of the state they were assigned to', () => {
    const known = [createKnown('slow', SLOW), createKnown('fails', FAILS)];
    expect(idsOf([createFound('x', ENTITIES, SLOW, 1)], ENTITIES, known)).toEqual(['fails']);
  });

  it('end also where merges go in a circle', () => {
    const known = [createKnown('a', SLOW, { mergedInto: 'b' }), createKnown('b', FAILS, { mergedInto: 'a' })];
    expect(['a', 'b']).toContain(resolveMerges(known, known[0] ?? expect.fail('none')).id);
  });
});

describe('anchors', () => {
  it('take slices first where they are pinned or parts, and none where they are usual or share nothing', () => {
    const anchors = toAnchors(
      [
        createKnown('slow', SLOW, { isPinned: true }),
        createKnown('fails', FAILS, { isPart: true }),
        createKnown('plain', SLOW),
        createUsual('usual'),
        createKnown('elsewhere', { search: { 1: 1 } }),
      ],
      ENTITIES,
    );
    expect(anchors.map(({ isFirst }) => isFirst)).toEqual([true, true, false, false, false]);
    expect(anchors.map(({ limit }) => limit)).toEqual([0.5, 0.5, 0.5, Infinity, Infinity]);
  });

  it('are harder to fit where the run lacks some of their entities', () => {
    const [anchor] = toAnchors([createKnown('both', { cart: { 2: 3 }, payment: { 4: 4 } })], ['cart']);
    expect(anchor?.limit).toBeCloseTo(0.5 / 0.6, 6);
  });
});
