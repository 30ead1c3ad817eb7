import { describe, expect, it } from 'vitest';
import { EXCLUDED, findMisfit } from '../../../../src/core/heads/headTraining.js';
import { EMPTY_SPACE } from '../../../../src/core/heads/stateSpace.js';
import { CAUSE_FEATURES, toDetectionRow } from '../../../../src/core/heads/tunedHeads.js';
import { NORMAL, type LabelledIncident } from '../../../../src/core/tuning/examples.js';
import { toCauseSet, toDetectionSet } from '../../../../src/core/tuning/trainableHeads.js';
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
