import { describe, expect, it } from 'vitest';
import { findMisfit } from '../../../../src/core/heads/headTraining.js';
import { EMPTY_SPACE } from '../../../../src/core/heads/stateSpace.js';
import { noveltyOf } from '../../../../src/core/heads/tunedTypes.js';
import type { LabelledIncident } from '../../../../src/core/tuning/examples.js';
import { typesOfIncident } from '../../../../src/core/tuning/leaveTypesOut.js';
import { toConditioned } from '../../../../src/core/tuning/trainableHeads.js';
import { toPrototypes, toTunedTypes, toTypeSet } from '../../../../src/core/tuning/trainableTypes.js';
import { createIncident, defaults } from './tuningBuilders.js';

const cpu = createIncident({ type: 'cpu', embedding: { 0: 1 }, entity: 'cart', scores: [1, 2, 3] });
const leak = createIncident({ type: 'leak', embedding: { 1: 1 }, entity: 'payment', slices: 2 });

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

  it('with what the default head says of each type, as far as pretraining knows the state', () => {
    const lastOf = (familiarity: number): readonly number[] => {
      const hinted = createIncident({ type: 'cpu', embedding: { 0: 1 }, defaultTypes: [0.9, 0.1], familiarity });
      const { x, features } = toTypeSet([hinted], EMPTY_SPACE, defaults, ['cpu', 'leak'], toPrototypes([hinted], ['cpu', 'leak']));
      return [0, 1].map((k) => x[(k + 1) * features - 1] ?? Number.NaN);
    };
    const [cpuHint = 0, leakHint = 0] = lastOf(1);
    expect(cpuHint).toBeGreaterThan(0.3);
    expect(leakHint).toBeCloseTo(0, 6);
    expect(lastOf(0.25)[0]).toBeCloseTo(cpuHint / 4, 6);
    expect(lastOf(0)).toEqual([expect.closeTo(0, 12), expect.closeTo(0, 12)]);
  });

  it('with prototypes of length 1, and none for a type without examples', () => {
    const width = prototypes.length / 3;
    const lengths = types.map((_, k) => Math.hypot(...prototypes.subarray(k * width, (k + 1) * width)));
    expect(lengths).toEqual([expect.closeTo(1, 6), expect.closeTo(1, 6), 0]);
    expect(toPrototypes([], types)).toHaveLength(0);
  });

  it('by the labels alone when it is done, and with room for what was not seen', () => {
    const weights = toConditioned(set, 1, { base: set.anchor, mix: new Float32Array(0), basis: set.anchor.slice(), losses: [] });
    const head = toTunedTypes([cpu, leak], types, prototypes, weights, defaults);
    expect(head.weights.base).toEqual(set.anchor);
    expect([head.trust, head.sharpness]).toEqual([0, 1]);
    expect(head.novelBelow).toBeCloseTo(0.5, 6);
    expect(noveltyOf(head, cpu.slices[0]?.type ?? new Float32Array(0))).toBeLessThan(0.1);
  });

  it('asked for the slices that a diagnosis of the range hears, by their shares', () => {
    const weights = toConditioned(set, 1, { base: set.anchor, mix: new Float32Array(0), basis: set.anchor.slice(), losses: [] });
    const head = toTunedTypes([cpu, leak], types, prototypes, weights, defaults);
    const ask = (incident: LabelledIncident): Float64Array => typesOfIncident(head, incident, { space: EMPTY_SPACE, defaults });
    const [ofCpu, ofLeak] = [ask(cpu), ask(leak)];
    const heard = [cpu, leak].flatMap(({ slices: [slice] }, i) => (slice === undefined ? [] : [{ slice, share: [0.9, 0.1][i] ?? 0 }]));
    expect([...ask({ ...leak, heard })].map((p) => p.toFixed(9))).toEqual(
      Array.from(ofCpu, (p, i) => (0.9 * p + 0.1 * (ofLeak[i] ?? 0)).toFixed(9)),
    );
    expect(ofCpu[0]).toBeGreaterThan(ofLeak[0] ?? 1);
  });

  it('beside which types that only the default head knows stay possible', () => {
    const plain = (incidents: readonly LabelledIncident[], labels: readonly string[]) => {
      const ofThem = toPrototypes(incidents, labels);
      const problem = toTypeSet(incidents, EMPTY_SPACE, defaults, labels, ofThem);
      const { anchor } = problem;
      const weights = toConditioned(problem, 1, { base: anchor, mix: new Float32Array(0), basis: anchor.slice(), losses: [] });
      return toTunedTypes(incidents, labels, ofThem, weights, defaults).unlabelled;
    };
    expect(plain([cpu, leak], ['cpu', 'leak'])).toMatchObject({ types: ['exception'], hintWeight: 1 });
    // A failure of one label is 12 times 1, an unseen one .4 less similar; with two labels .2.
    expect(plain([cpu, leak], ['cpu', 'leak']).logits[0]).toBeCloseTo(12 * 0.6, 4);
    expect(plain([cpu, cpu, leak, leak], ['cpu', 'leak']).logits[0]).toBeCloseTo(12 * 0.8, 4);
    // What the default head takes for an exception, in a state that pretraining knows, is called otherwise here.
    const other = createIncident({ type: 'leak', embedding: { 1: 1 }, defaultTypes: [0.25, 0.75], familiarity: 1 });
    expect(plain([cpu, other], ['cpu', 'leak']).logits[0]).toBeCloseTo(12 * 0.6 - Math.log(1.75), 4);
    expect(plain([cpu, leak], ['cpu', 'exception', 'leak']).types).toEqual([]);
  });

  it('with profiles of what the default head takes them for, which begin with what they are called', () => {
    // Taken for cpu to .9, whatever they are called.
    const [known, other] = ['cpu', 'leak'].map((type) => createIncident({ type, embedding: { 0: 1 }, defaultTypes: [0.9, 0.1] }));
    const profilesOf = (incidents: readonly LabelledIncident[]): readonly number[] => {
      const weights = toConditioned(set, 1, { base: set.anchor, mix: new Float32Array(0), basis: set.anchor.slice(), losses: [] });
      const { profiles } = toTunedTypes(incidents, ['cpu', 'leak'], toPrototypes(incidents, ['cpu', 'leak']), weights, defaults);
      expect(profiles.takenFor).toEqual(['cpu', 'exception']);
      return [...profiles.rows];
    };
    const near = (...values: number[]): unknown[] => values.map((value): unknown => expect.closeTo(value, 6));
    expect(profilesOf([])).toEqual(near(1, 0, 0.5, 0.5, 0, 1));
    expect(profilesOf([known ?? cpu, other ?? cpu])).toEqual(near(3.9 / 4, 0.1 / 4, 2.4 / 4, 1.6 / 4, 0, 1));
  });
});
