import { describe, expect, it } from 'vitest';
import { EMPTY_SPACE, joinStates } from '../../../../src/core/heads/stateSpace.js';
import { toLogit } from '../../../../src/core/heads/headWeights.js';
import { detectTuned, rescoreCauses, toDetectionRow } from '../../../../src/core/heads/tunedHeads.js';
import { answersOf, typeProbabilitiesTuned, type TunedTypes } from '../../../../src/core/heads/tunedTypes.js';
import { NORMAL, type LabelledIncident } from '../../../../src/core/tuning/examples.js';
import type { HeadName, TuningOptions } from '../../../../src/core/tuning/leaveOut.js';
import { tuneHeads, type TuningResult } from '../../../../src/core/tuning/tuneHeads.js';
import { createIncident, createPlainTrainer, defaults, ENTITIES } from './tuningBuilders.js';

function tune(head: HeadName, incidents: readonly LabelledIncident[], change: Partial<TuningOptions> = {}): Promise<TuningResult> {
  return tuneHeads(incidents, {
    heads: [head],
    space: EMPTY_SPACE,
    defaults,
    train: createPlainTrainer().train,
    seed: 7,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    ...change,
  });
}

const repeat = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
/** Of two types that lie apart in the embedding, taking turns. */
const twoTypes = (count: number): LabelledIncident[] =>
  repeat(count, (i) => createIncident({ type: i % 2 === 0 ? 'cpu' : 'leak', embedding: { [i % 2]: 1, [2 + (i % 5)]: 0.2 } }));

function typeOf(head: TunedTypes | null, { slices }: LabelledIncident): string {
  const [slice] = slices;
  if (head === null || slice === undefined) {
    throw new Error('there is no head or no slice');
  }
  const { type: row, defaultTypes: byDefault, familiarity } = slice;
  const probabilities = typeProbabilitiesTuned(head, defaults, { row, byDefault, familiarity, membership: new Float32Array(0) });
  return answersOf(head)[probabilities.indexOf(Math.max(...probabilities))] ?? 'unknown';
}

function detect({ detection }: TuningResult['tuned'], { slices: [slice = fail()] }: LabelledIncident): number {
  return detectTuned(detection ?? fail(), toDetectionRow(toLogit(slice.anomaly), slice.detection, slice.type), new Float32Array(0));
}

describe('too few labels', () => {
  const normal = (count: number, change = {}) => repeat(count, () => createIncident({ type: NORMAL, ...change }));
  const failing = (count: number, type = 'cpu', change = {}) => repeat(count, () => createIncident({ type, ...change }));

  it.each<[string, HeadName, LabelledIncident[], string]>([
    ['no failure', 'detection', normal(5), 'there are 5 and 0.'],
    ['one usual range', 'detection', [...normal(1), ...failing(4)], 'there are 1 and 4.'],
    ['usual ranges that overlap', 'detection', [...normal(3, { occasion: 1 }), ...failing(4)], 'there are 1 and 4.'],
    ['no failure', 'failure-type', normal(4), 'there are none.'],
    ['one type', 'failure-type', failing(9), 'there are 9 of cpu.'],
    ['a second type with one label', 'failure-type', [...failing(9), ...failing(1, 'leak')], 'there are 9 of cpu, 1 of leak.'],
    ['a second type at one time', 'failure-type', [...failing(4), ...failing(2, 'leak', { occasion: 3 })], '4 of cpu, 2 of leak.'],
    ['failures of no type', 'failure-type', [...failing(4), ...failing(4, 'unknown')], 'there are 4 of cpu.'],
    ['no service named', 'root-cause', failing(9), 'there are 0.'],
    ['three services named', 'root-cause', failing(3, 'cpu', { entity: 'cart' }), 'there are 3.'],
    ['services named at one time', 'root-cause', failing(5, 'cpu', { entity: 'cart', occasion: 0 }), 'there are 1.'],
  ])('%s: %s says what it needs', async (_name, head, incidents, count) => {
    const { tuned, scores, skipped } = await tune(head, incidents);
    expect(skipped).toMatchObject([{ head, reason: expect.stringContaining(count) as string }]);
    expect(skipped[0]?.reason).toMatch(/needs? at least/);
    expect([scores, tuned.detection, tuned.failureType, tuned.rootCause]).toEqual([[], null, null, null]);
  });

  it('of one head are no reason against another', async () => {
    const { scores, skipped } = await tune('detection', twoTypes(8), { heads: ['detection', 'failure-type', 'root-cause'] });
    expect(scores.map(({ head }) => head)).toEqual(['failure-type']);
    expect(skipped.map(({ head }) => head)).toEqual(['detection', 'root-cause']);
  });
});

describe('what is learned', () => {
  it('types that lie apart, better than the default head and the most frequent type', async () => {
    const { scores, tuned } = await tune('failure-type', twoTypes(10));
    const [{ tuned: score, current, baseline, incidents, heldOut, lossCurve } = fail()] = scores;
    expect([score.score, incidents]).toEqual([1, 10]);
    expect(current.score).toBeCloseTo(1 / 3, 6);
    expect(baseline).toMatchObject({ name: 'always cpu', score: current.score });
    expect(heldOut).toHaveLength(10);
    expect(lossCurve.at(-1)).toBeLessThan(lossCurve[0] ?? 0);
    expect(twoTypes(2).map((incident) => typeOf(tuned.failureType, incident))).toEqual(['cpu', 'leak']);
    expect(typeOf(tuned.failureType, createIncident({ type: '', embedding: { 20: 1 } }))).toBe('unknown');
  });

  it('a type with one label, which is not scored', async () => {
    const rare = createIncident({ type: 'rare', embedding: { 9: 1 } });
    const { scores, tuned } = await tune('failure-type', [...twoTypes(8), rare]);
    expect(scores).toMatchObject([{ incidents: 8, tuned: { score: 1 } }]);
    expect(typeOf(tuned.failureType, rare)).toBe('rare');
  });

  it('no type that nobody labelled, which stays what the default head says of it where pretraining knows the state', async () => {
    const exception = { type: 'exception', embedding: { 6: 1 }, defaultTypes: [0.02, 0.98] } as const;
    const { failureType } = (await tune('failure-type', twoTypes(8))).tuned;
    expect(failureType?.unlabelled.types).toEqual(['exception']);
    expect(typeOf(failureType, createIncident({ ...exception, familiarity: 1 }))).toBe('exception');
    expect(typeOf(failureType, createIncident({ ...exception, familiarity: 0 }))).toBe('unknown');
    expect(typeOf(failureType, createIncident({ type: 'leak', embedding: { 1: 1 }, familiarity: 1 }))).toBe('leak');
  });

  it('how far to follow the default head: as far as it was right of the labelled failures, where pretraining knows the state', async () => {
    const failures = (look: (i: number) => number, isCpu: (i: number) => boolean, familiarity: number): LabelledIncident[] =>
      repeat(12, (i) =>
        createIncident({
          type: i % 2 === 0 ? 'cpu' : 'exception',
          embedding: { [look(i)]: 1 },
          defaultTypes: isCpu(i) ? [0.98, 0.02] : [0.02, 0.98],
          familiarity,
        }),
      );
    const tuned = async (...given: Parameters<typeof failures>): Promise<TunedTypes | null> =>
      (await tune('failure-type', failures(...given))).tuned.failureType;
    // Each failure looks like one of the other type.
    const inPairs = (i: number): number => Math.floor(i / 2);
    const byType = (i: number): number => i % 2;
    const right = await tuned(inPairs, (i) => i % 2 === 0, 1);
    expect(right?.trust).toBeGreaterThan(0.6);
    // Its record counts in every state; it is followed in those that pretraining knows.
    expect((await tuned(inPairs, (i) => i % 2 === 0, 0))?.trust).toBeGreaterThan(0.6);
    expect((await tuned(byType, () => true, 1))?.trust).toBeLessThan(0.4);
    const like = { type: '', embedding: { 0: 1 }, familiarity: 1 };
    expect(typeOf(right, createIncident({ ...like, defaultTypes: [0.98, 0.02] }))).toBe('cpu');
    expect(typeOf(right, createIncident({ ...like, defaultTypes: [0.02, 0.98] }))).toBe('exception');
  });

  it('a small class beside a large one', async () => {
    const many = repeat(18, (i) => createIncident({ type: 'cpu', embedding: { 0: 1, 1: 0.8, [2 + i]: 0.3 } }));
    const few = repeat(2, (i) => createIncident({ type: 'leak', embedding: { 1: 1, 0: 0.3, [25 + i]: 0.3 } }));
    const { scores } = await tune('failure-type', [...many, ...few]);
    expect(scores).toMatchObject([{ tuned: { score: 1 } }]);
    expect(scores[0]?.baseline.score).toBeLessThan(0.5);
  });

  it('detection by another feature than the default head reads', async () => {
    const incidents = repeat(10, (i) => createIncident({ type: i < 5 ? NORMAL : 'cpu', detection: [(i % 5) / 20, 0, 0, i < 5 ? 0 : 2] }));
    const { scores, tuned } = await tune('detection', incidents);
    expect(scores).toMatchObject([{ tuned: { score: 1 }, current: { score: 0.5 }, baseline: { score: 0.5 }, incidents: 10 }]);
    const probabilityOf = (incident: LabelledIncident): number => detect(tuned, incident);
    expect(probabilityOf(incidents[9] ?? fail())).toBeGreaterThan(probabilityOf(incidents[4] ?? fail()));
  });

  it('detection by the embedding, where the features are alike', async () => {
    const incidents = repeat(12, (i) =>
      createIncident({ type: i % 2 === 0 ? NORMAL : 'cpu', embedding: { [i % 2]: 1, [2 + (i % 5)]: 0.2 } }),
    );
    const { scores, tuned } = await tune('detection', incidents);
    expect(scores).toMatchObject([{ tuned: { score: 1 }, current: { score: 0.5 } }]);
    expect(detect(tuned, incidents[1] ?? fail())).toBeGreaterThan(0.5);
    expect(detect(tuned, incidents[0] ?? fail())).toBeLessThan(0.5);
  });

  it('of causes that look alike, the one that was labelled more often', async () => {
    const incidents = repeat(10, (i) => createIncident({ type: 'cpu', entity: i === 4 ? 'payment' : 'cart', scores: [1, 1, 1.02] }));
    const { scores, tuned } = await tune('root-cause', incidents);
    expect(scores).toMatchObject([{ tuned: { score: 0.9 }, current: { score: 0.1 } }]);
    expect(tuned.rootCause?.prior).toMatchObject({ services: ['cart', 'payment'], counts: Float32Array.of(9, 1) });
    expect(tuned.rootCause?.prior.weight).toBeGreaterThan(0);
  });

  it('causes by a family that the default ranking undervalues', async () => {
    const incidents = repeat(8, (i) => {
      const place = i % ENTITIES.length;
      const at = (value: number, other: number) => ENTITIES.map((_, entity) => (entity === place ? value : other));
      return createIncident({ type: 'cpu', entity: ENTITIES[place] ?? 'cart', scores: at(1, 1.5), contributions: at(9, 0) });
    });
    const { scores, tuned } = await tune('root-cause', incidents);
    expect(scores).toMatchObject([{ measure: 'AC@1', tuned: { score: 1 }, current: { score: 0 }, incidents: 8 }]);
    const { cause } = incidents[1] ?? fail();
    const range = { ...(cause ?? fail()), entities: ENTITIES, membership: new Float32Array(0) };
    const rescored = rescoreCauses(tuned.rootCause ?? fail(), range, 2);
    expect(rescored.indexOf(Math.max(...rescored))).toBe(1);
  });
});

describe('held-out scores', () => {
  it('are honest: of failures with nothing in common, the head knows those it saw and none that was left out', async () => {
    const incidents = repeat(12, (i) => createIncident({ type: i % 2 === 0 ? 'cpu' : 'leak', embedding: { [i]: 1 } }));
    const { scores, tuned } = await tune('failure-type', incidents);
    expect(incidents.map((incident) => typeOf(tuned.failureType, incident))).toEqual(incidents.map(({ type }) => type));
    expect(scores[0]?.tuned.score).toBeLessThan(0.5);
    expect(scores[0]?.heldOut.filter(({ isSo }) => isSo).length).toBeLessThan(6);
  });

  it('do not let a wrong label agree with itself', async () => {
    const wrong = createIncident({ type: 'leak', embedding: { 0: 1, 30: 0.1 } });
    const { scores } = await tune('failure-type', [...twoTypes(10), wrong]);
    expect(scores[0]?.heldOut.map(({ isSo }) => isSo)).toEqual([...repeat(10, () => true), false]);
  });

  it('leave out together what overlaps', async () => {
    const pairs = (occasion: (i: number) => number) =>
      repeat(12, (i) =>
        createIncident({ type: i % 4 < 2 ? 'cpu' : 'leak', embedding: { 31: 1, [Math.floor(i / 2)]: 1 }, occasion: occasion(i) }),
      );
    const apart = await tune(
      'failure-type',
      pairs((i) => i),
    );
    const together = await tune(
      'failure-type',
      pairs((i) => Math.floor(i / 2)),
    );
    expect(apart.scores[0]?.tuned.score).toBe(1);
    expect(together.scores[0]?.tuned.score).toBeLessThan(0.5);
  });

  it('of detection and causes are honest too', async () => {
    // One feature for each range: what was learned of the others says nothing of it.
    const ranges = repeat(8, (i) =>
      createIncident({ type: i % 2 === 0 ? NORMAL : 'cpu', detection: repeat(9, (f) => (f === i + 1 ? 2 : 0)) }),
    );
    const detection = await tune('detection', ranges);
    const said = ranges.map((incident) => detect(detection.tuned, incident));
    expect(Math.max(...said.filter((_, i) => i % 2 === 0))).toBeLessThan(Math.min(...said.filter((_, i) => i % 2 === 1)));
    expect(detection.scores[0]?.tuned.score).toBeLessThan(0.6);
    // All services look the same but for one that is at fault nowhere else.
    const named = repeat(6, (i) => createIncident({ type: 'cpu', entity: ENTITIES[i % 3] ?? 'cart' }));
    expect((await tune('root-cause', named)).scores).toMatchObject([{ tuned: { score: 0 }, current: { score: 0 } }]);
  });

  it('say when the tuned head is worse than the default one', async () => {
    const noisy = repeat(12, (i) =>
      createIncident({ type: ['cpu', 'exception'][(i * 7 + (i >> 2)) % 2] ?? 'cpu', embedding: { 0: 1, [1 + i]: 0.3 } }),
    );
    const perfect = noisy.map((incident) => ({ ...incident, defaultType: incident.type }));
    const [types = fail()] = (await tune('failure-type', perfect)).scores;
    expect(types.current.score).toBe(1);
    expect(types.tuned.score).toBeLessThan(0.7);
  });

  it('bear label noise: most of what is left is right', async () => {
    const incidents = repeat(40, (i) =>
      createIncident({ type: (i % 2 === 0) === (i % 10 !== 0) ? 'cpu' : 'leak', embedding: { [i % 2]: 1, [2 + (i % 7)]: 0.3 } }),
    );
    const [scores = fail()] = (await tune('failure-type', incidents)).scores;
    expect(scores.heldOut.filter(({ isSo }) => isSo).length).toBe(36);
  });

  it('are of 20 groups where there are more incidents, each left out once', async () => {
    const trainer = createPlainTrainer();
    const incidents = twoTypes(33);
    const { scores } = await tune('failure-type', incidents, { train: trainer.train });
    expect(trainer.sets).toHaveLength(21);
    const left = trainer.sets.slice(0, 20).map(({ examples }) => 33 - examples);
    expect([Math.min(...left), Math.max(...left), left.reduce((sum, count) => sum + count, 0)]).toEqual([1, 2, 33]);
    expect(scores[0]?.heldOut).toHaveLength(33);
  });
});

describe('training', () => {
  it('gives equal bytes for equal seeds, and others for another seed', async () => {
    const space = joinStates([{ entities: [...ENTITIES], states: [] }]);
    const weightsOf = async (seed: number) => (await tune('failure-type', twoTypes(9), { seed, space })).tuned.failureType?.weights;
    expect(await weightsOf(3)).toEqual(await weightsOf(3));
    expect((await weightsOf(3))?.basis).not.toEqual((await weightsOf(4))?.basis);
  });

  it('weighs a range with many slices as one, and classes alike', async () => {
    const trainer = createPlainTrainer();
    const long = createIncident({ type: 'cpu', embedding: { 0: 1 }, slices: 5 });
    await tune('failure-type', [long, ...twoTypes(8)], { train: trainer.train });
    const { weight, target } = trainer.sets.at(-1) ?? fail();
    const sumOf = (type: number): number => weight.reduce((sum, value, n) => (target[n] === type ? sum + value : sum), 0);
    expect([weight.length, sumOf(0), sumOf(1)]).toEqual([13, expect.closeTo(1, 6), expect.closeTo(1, 6)]);
    expect(weight[0]).toBeCloseTo(1 / 25, 6);
  });

  it('advances without going back', async () => {
    const fractions: number[] = [];
    const losses: (number | undefined)[] = [];
    await tune('failure-type', twoTypes(8), {
      onProgress: (_head, fraction, loss) => {
        fractions.push(fraction);
        losses.push(loss);
      },
    });
    expect([...fractions].sort((a, b) => a - b)).toEqual(fractions);
    expect(fractions.at(-1)).toBe(1);
    expect(losses.findIndex((loss) => loss !== undefined)).toBe(8);
    expect(losses.slice(8)).not.toContain(undefined);
  });

  it('ends with the reason of whoever cancels, before another head is trained', async () => {
    const controller = new AbortController();
    const trainer = createPlainTrainer();
    const tuning = tune('failure-type', twoTypes(12), {
      train: trainer.train,
      signal: controller.signal,
      onProgress: (_head, fraction) => {
        if (fraction > 0.3) {
          controller.abort(new Error('enough'));
        }
      },
    });
    await expect(tuning).rejects.toThrow('enough');
    expect(trainer.sets.length).toBeLessThan(8);
  });

  it('passes on why a head could not be trained', async () => {
    const misfit = createIncident({ type: NORMAL, detection: [Number.NaN] });
    await expect(tune('detection', [misfit, createIncident({ type: NORMAL }), ...twoTypes(8)])).rejects.toThrow('expected a finite number');
  });
});

function fail(): never {
  throw new Error('nothing there');
}
