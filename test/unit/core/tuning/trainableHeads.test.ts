import { describe, expect, it } from 'vitest';
import { EXCLUDED, findMisfit } from '../../../../src/core/heads/headTraining.js';
import { EMPTY_SPACE } from '../../../../src/core/heads/stateSpace.js';
import { CAUSE_FEATURES, noveltyOf, toDetectionRow } from '../../../../src/core/heads/tunedHeads.js';
import { NORMAL, type LabelledIncident } from '../../../../src/core/tuning/examples.js';
import {
  toCauseSet,
  toConditioned,
  toDetectionSet,
  toPrototypes,
  toTunedTypes,
  toTypeSet,
} from '../../../../src/core/tuning/trainableHeads.js';
import { createIncident, defaults } from './tuningBuilders.js';

const cpu = createIncident({ type: 'cpu', embedding: { 0: 1 }, entity: 'cart', scores: [1, 2, 3] });
const leak = createIncident({ type: 'leak', embedding: { 1: 1 }, entity: 'payment', slices: 2 });
const usual = createIncident({ type: NORMAL });

describe('detection as a choice', () => {
  it('of abnormal or not, where abnormal scores what the default head says', () => {
    const set = toDetectionSet([{ ...cpu, slices: cpu.slices.map((slice) => ({ ...slice, anomaly: 0.9 })) }, leak, usual], EMPTY_SPACE);
    expect(findMisfit(set)).toBeUndefined();
    expect([set.examples, set.candidates, set.rows]).toEqual([4, 2, 1]);
    expect([...set.target]).toEqual([1, 1, 1, 0]);
    expect([...set.weight]).toEqual([0.5, 0.25, 0.25, 1]);
    expect([...set.anchor]).toEqual([1, ...new Array<number>(set.features - 1).fill(0)]);
    expect(set.x.subarray(0, set.features).every((value) => value === 0)).toBe(true);
    const [{ detection, type } = expect.fail('no slice')] = cpu.slices;
    expect(set.x.subarray(set.features, 2 * set.features)).toEqual(toDetectionRow(Math.log(9), detection, type));
  });
});

describe('types as a choice', () => {
  const types = ['cpu', 'leak', 'none yet'];
  const prototypes = toPrototypes([cpu, leak], types);
  const set = toTypeSet([cpu, leak], EMPTY_SPACE, defaults, types, prototypes);

  it('of all types with weights of their own, from their prototypes and the hints on', () => {
    expect(findMisfit(set)).toBeUndefined();
    expect([...set.tie]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
    expect([...set.target]).toEqual([0, 1, 1]);
    const rowOf = (k: number): Float32Array => set.anchor.subarray(k * set.features, (k + 1) * set.features);
    expect([...rowOf(2).slice(0, -1)].every((value) => value === 0)).toBe(true);
    expect([0, 1, 2].map((k) => rowOf(k).at(-1))).toEqual([1, 1, 1]);
  });

  it('with prototypes of length 1, and none for a type without examples', () => {
    const width = prototypes.length / 3;
    const lengths = types.map((_, k) => Math.hypot(...prototypes.subarray(k * width, (k + 1) * width)));
    expect(lengths).toEqual([expect.closeTo(1, 6), expect.closeTo(1, 6), 0]);
    expect(toPrototypes([], types)).toHaveLength(0);
  });

  it('scaled when it is done, and with room for what was not seen', () => {
    const weights = toConditioned(set, 1, { base: set.anchor, mix: new Float32Array(0), basis: set.anchor.slice(), losses: [] });
    const head = toTunedTypes([cpu, leak], types, prototypes, weights, 2);
    expect(head.weights.base[0]).toBe(2 * (set.anchor[0] ?? 0));
    expect(head.weights.base).toEqual(set.anchor.map((value) => value * 2));
    expect(head.novelBelow).toBeCloseTo(0.9, 6);
    expect(noveltyOf(head, cpu.slices[0]?.type ?? new Float32Array(0))).toBeLessThan(0.1);
  });
});

describe('the cause as a choice', () => {
  it('among the services of each run; those of a smaller run leave places empty', () => {
    const small: LabelledIncident = { ...cpu, entities: cpu.entities.slice(0, 2) };
    const set = toCauseSet([small, leak, usual], EMPTY_SPACE, defaults);
    expect(findMisfit(set)).toBeUndefined();
    expect([set.examples, set.candidates, set.rows]).toEqual([2, 3, 1]);
    expect([...set.offset]).toEqual([0, 0, EXCLUDED, 0, 0, 0]);
    expect([...set.target]).toEqual([1, 2]);
    expect([...set.x.subarray(2 * set.features, 3 * set.features)].every((value) => value === 0)).toBe(true);
    expect([...set.anchor]).toEqual(CAUSE_FEATURES.map((name) => (name === 'log.score' ? 2 : 0)));
  });
});
