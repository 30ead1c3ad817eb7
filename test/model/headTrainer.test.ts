import fs from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { EXCLUDED, type TrainedWeights, type TrainingOptions, type TrainingSet } from '../../src/core/heads/headTraining.js';
import { weightsIn } from '../../src/core/heads/conditionedWeights.js';
import { Random } from '../../src/core/math/random.js';
import { createHeadTrainer, type HeadTrainer } from '../../src/engine/inference/headTrainer.js';
import { trainPlainly } from './headTrainerReference.js';
import { copyEncoderFolder, damage, ENCODER_FOLDER, never } from './modelFolder.js';

let trainer: HeadTrainer;
beforeAll(async () => {
  trainer = await createHeadTrainer(ENCODER_FOLDER);
});
afterAll(() => trainer.dispose());

const OPTIONS: TrainingOptions = { steps: 100, learningRate: 0.05, pull: 0.001, statePull: 0.001, rank: 2, seed: 7, signal: never };

/** Three types whose features point in three directions, in two states, with weights of their own for each type. */
function types(examples = 24): TrainingSet {
  const random = new Random(1, 'types');
  const [candidates, features, states] = [3, 4, 2];
  const target = Int32Array.from({ length: examples }, (_, n) => n % candidates);
  const rows = Array.from(target, (type) => Array.from({ length: features }, (_, f) => (f === type ? 1 : 0) + 0.1 * random.normal()));
  return {
    examples,
    candidates,
    features,
    rows: candidates,
    states,
    x: Float32Array.from(rows.flatMap((row) => Array.from({ length: candidates }, () => row).flat())),
    offset: new Float32Array(examples * candidates),
    target,
    weight: new Float32Array(examples).fill(1),
    membership: Float32Array.from({ length: examples * states }, () => random.uniform(0, 0.5)),
    tie: Float32Array.from([1, 0, 0, 0, 1, 0, 0, 0, 1]),
    anchor: new Float32Array(candidates * features),
  };
}

/** A right candidate among some, all with the same weights: the first feature says which it is. The last candidate is not there. */
function causes(examples: number): TrainingSet {
  const random = new Random(2, 'causes');
  const [candidates, features] = [4, 3];
  const target = Int32Array.from({ length: examples }, () => random.integer(0, candidates - 2));
  const x = Float32Array.from({ length: examples * candidates * features }, (_, i) => {
    const [n, c, f] = [Math.floor(i / (candidates * features)), Math.floor(i / features) % candidates, i % features];
    return f === 0 && c === target[n] ? 2 : random.normal() * 0.3;
  });
  return {
    examples,
    candidates,
    features,
    rows: 1,
    states: 1,
    x,
    offset: Float32Array.from({ length: examples * candidates }, (_, i) => (i % candidates === candidates - 1 ? EXCLUDED : 0)),
    target,
    weight: new Float32Array(examples).fill(1),
    membership: new Float32Array(examples).fill(0.5),
    tie: new Float32Array(candidates).fill(1),
    anchor: Float32Array.of(0.5, 0, 0),
  };
}

/** [N] candidate with the highest logit. */
function choose(set: TrainingSet, { base, mix, basis }: TrainedWeights, rank: number): number[] {
  const { candidates, features, rows, states } = set;
  return Array.from({ length: set.examples }, (_, n) => {
    const weights = weightsIn({ rows, features, rank, base, mix, basis }, set.membership.subarray(n * states, (n + 1) * states));
    const logits = Array.from({ length: candidates }, (__, c) => {
      const row = set.x.subarray((n * candidates + c) * features, (n * candidates + c + 1) * features);
      const first = set.rows === 1 ? 0 : c * features;
      return row.reduce((sum, value, f) => sum + value * (weights[first + f] ?? 0), set.offset[n * candidates + c] ?? 0);
    });
    return logits.indexOf(Math.max(...logits));
  });
}

describe('training', () => {
  test('learns failure types, each with weights of its own', async () => {
    const set = types();
    const trained = await trainer.train(set, OPTIONS);
    expect(trained.losses[0]).toBeCloseTo(Math.log(3), 5);
    expect(trained.losses.at(-1)).toBeLessThan(0.1);
    expect(choose(set, trained, OPTIONS.rank)).toEqual([...set.target]);
  });

  test('learns to rank, all candidates with the same weights, and never chooses one that is not there', async () => {
    const set = causes(20);
    const trained = await trainer.train(set, { ...OPTIONS, rank: 1 });
    expect(trained.losses.at(-1)).toBeLessThan((trained.losses[0] ?? 0) / 2);
    expect(choose(set, trained, 1)).toEqual([...set.target]);
    // What stands in the features of a candidate that is not there changes nothing.
    const other = { ...set, x: set.x.map((value, i) => (Math.floor(i / 3) % 4 === 3 ? 5 : value)) };
    expect(await trainer.train(other, { ...OPTIONS, rank: 1 })).toEqual(trained);
  });

  test('learns that the same feature means opposite things in two states', async () => {
    const set: TrainingSet = {
      ...types(),
      ...{ examples: 4, candidates: 2, features: 1, rows: 1, states: 2 },
      x: Float32Array.of(0, 1, 0, -1, 0, 1, 0, -1),
      offset: new Float32Array(8),
      target: Int32Array.of(1, 0, 0, 1),
      weight: new Float32Array(4).fill(1),
      membership: Float32Array.of(1, 0, 1, 0, 0, 1, 0, 1),
      tie: Float32Array.of(1, 1),
      anchor: new Float32Array(1),
    };
    const trained = await trainer.train(set, { ...OPTIONS, rank: 1 });
    expect(choose(set, trained, 1)).toEqual([1, 0, 0, 1]);
    expect(Math.sign(trained.mix[0] ?? 0)).toBe(-Math.sign(trained.mix[1] ?? 0));
  });

  test.each([
    ['types', types(), 2],
    ['one example', types(1), 1],
    ['causes', causes(5), 1],
  ])('does what plain arithmetic does: %s', async (_, set, rank) => {
    const options = { ...OPTIONS, rank, steps: 6, pull: 0.1 };
    const [found, expected] = [await trainer.train(set, options), trainPlainly(set, options)];
    for (const name of ['base', 'mix', 'basis', 'losses'] as const) {
      expect(found[name]).toHaveLength(expected[name].length);
      expect(Math.max(...expected[name].map((value, i) => Math.abs(value - (found[name][i] ?? Number.NaN))))).toBeLessThan(2e-5);
    }
  });

  test('equal seeds give equal bytes, others do not', async () => {
    const first = await trainer.train(types(), OPTIONS);
    const other = await createHeadTrainer(ENCODER_FOLDER);
    expect(await other.train(types(), OPTIONS)).toEqual(first);
    await other.dispose();
    const seeded = await trainer.train(types(), { ...OPTIONS, seed: 8 });
    expect(seeded.basis).not.toEqual(first.basis);
    expect(seeded.base).not.toEqual(first.base);
  });

  test('a state that no example belongs to adds nothing', async () => {
    const set = types();
    const trained = await trainer.train({ ...set, membership: set.membership.map((value, i) => (i % 2 === 0 ? value : 0)) }, OPTIONS);
    expect(trained.mix.subarray(OPTIONS.rank)).toEqual(new Float32Array(OPTIONS.rank));
    expect(trained.mix[0]).not.toBe(0);
  });

  test('works without any state', async () => {
    const set = { ...types(), states: 0, membership: new Float32Array(0) };
    const trained = await trainer.train(set, OPTIONS);
    expect(trained.mix).toHaveLength(0);
    expect(choose(set, trained, OPTIONS.rank)).toEqual([...set.target]);
  });

  test('leaves what the caller gave as it was', async () => {
    const set = types();
    await trainer.train(set, OPTIONS);
    expect(set).toEqual(types());
  });

  test('a strong pull keeps the weights at their anchor', async () => {
    const anchor = new Float32Array(12).fill(0.25);
    const distance = async (pull: number): Promise<number> => {
      const { base } = await trainer.train({ ...types(), anchor }, { ...OPTIONS, pull });
      return Math.max(...base.map((value) => Math.abs(value - 0.25)));
    };
    expect(await distance(10)).toBeLessThan(0.05);
    expect(await distance(0)).toBeGreaterThan(0.5);
  });

  test('ends when the loss has settled, and reports each step', async () => {
    const seen: [number, number][] = [];
    const { losses } = await trainer.train(types(), {
      ...OPTIONS,
      steps: 5000,
      pull: 0.1,
      statePull: 0.1,
      onStep: (step, loss) => seen.push([step, loss]),
    });
    expect(losses.length).toBeGreaterThan(20);
    expect(losses.length).toBeLessThan(5000);
    expect(seen).toEqual(losses.map((loss, i) => [i + 1, loss]));
    const still = await trainer.train(types(), { ...OPTIONS, learningRate: 0, steps: 5000 });
    expect(still.losses).toHaveLength(21);
  });
});

describe('cancellation', () => {
  test('stops before the next step, with the reason', async () => {
    const controller = new AbortController();
    let last = 0;
    const running = trainer.train(types(), {
      ...OPTIONS,
      signal: controller.signal,
      onStep: (step) => {
        last = step;
        if (step === 3) controller.abort(new Error('changed my mind'));
      },
    });
    await expect(running).rejects.toThrow('changed my mind');
    expect(last).toBe(3);
  });

  test('a message that arrives while steps run is seen', async () => {
    const controller = new AbortController();
    const running = trainer.train(types(), { ...OPTIONS, learningRate: 1e-3, pull: 0, steps: 1e6, signal: controller.signal });
    setTimeout(() => {
      controller.abort(new Error('late'));
    }, 1);
    await expect(running).rejects.toThrow('late');
  });
});

describe('what cannot be trained on', () => {
  const set = types();
  const put = (values: Float32Array, at: number, value: number): Float32Array => values.map((old, i) => (i === at ? value : old));

  test.each<[string, Partial<TrainingSet>, Partial<TrainingOptions>, string]>([
    ['no examples', { examples: 0 }, {}, 'a head cannot be trained: 0 examples, expected at least 1'],
    ['half a feature', { features: 3.5 }, {}, '3.5 features, expected at least 1'],
    ['x too short', { x: set.x.subarray(1) }, {}, 'x has length 287, expected 288'],
    ['membership of other states', { states: 3 }, {}, 'membership has length 48, expected 72'],
    ['an anchor of other features', { anchor: new Float32Array(11) }, {}, 'anchor has length 11, expected 12'],
    ['a feature that is no number', { x: put(set.x, 5, Number.NaN) }, {}, 'x holds NaN at 5'],
    ['weights of 0', { weight: new Float32Array(24) }, {}, 'weights are negative or all 0'],
    ['a target out of range', { target: set.target.map((type, n) => (n === 4 ? 3 : type)) }, {}, 'of example 4, 3 of 3, is not there'],
    ['a target that is excluded', { offset: put(set.offset, 0, EXCLUDED) }, {}, 'of example 0, 0 of 3, is not there'],
    ['no rank', {}, { rank: 0 }, '100 steps and rank 0'],
    ['a rate that is no number', {}, { learningRate: Number.NaN }, 'learning rate NaN'],
  ])('%s', async (_, change, options, message) => {
    const running = trainer.train({ ...set, ...change }, { ...OPTIONS, ...options });
    await expect(running).rejects.toMatchObject({ code: 'bad-argument', message: expect.stringContaining(message) as string });
  });

  test.each<[string, TrainingSet, Partial<TrainingOptions>]>([
    ['features at the end of the range', { ...set, x: set.x.map((value) => value * 1e38), anchor: new Float32Array(12).fill(100) }, {}],
    ['a rate that throws the weights out', set, { learningRate: 1e39, steps: 1 }],
  ])('%s end training, with the step', async (_, extreme, options) => {
    await expect(trainer.train(extreme, { ...OPTIONS, ...options })).rejects.toMatchObject({
      code: 'model',
      message: expect.stringMatching(/left the range of numbers at step \d+ .*; embed the runs again and train once more/) as string,
    });
  });
});

describe('the graph', () => {
  let folder = '';
  afterEach(() => {
    fs.rmSync(folder, { recursive: true, force: true });
  });

  test('a damaged one is refused', async () => {
    folder = copyEncoderFolder((at) => {
      damage(path.join(at, 'head-step.onnx'));
    });
    await expect(createHeadTrainer(folder)).rejects.toMatchObject({
      code: 'model',
      message: expect.stringMatching(/head-step\.onnx is damaged/) as string,
    });
  });

  test('a manifest without one is refused', async () => {
    folder = copyEncoderFolder((at) => {
      const file = path.join(at, 'manifest.json');
      const content = JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, unknown>;
      fs.writeFileSync(file, JSON.stringify({ ...content, headStep: undefined }));
    });
    await expect(createHeadTrainer(folder)).rejects.toThrow(/names no graph that trains heads; install/);
  });

  test('is not used after it was disposed', async () => {
    const other = await createHeadTrainer(ENCODER_FOLDER);
    await other.dispose();
    await other.dispose();
    await expect(other.train(types(), OPTIONS)).rejects.toThrow('after it was disposed');
  });
});
