import path from 'node:path';
import fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { adaptEncoder, type Adaptation } from '../../src/core/adaptation/adaptEncoder.js';
import { adaptRows } from '../../src/core/adaptation/adapter.js';
import type { AdapterTrainingOptions } from '../../src/core/adaptation/adapterTraining.js';
import { drawBatches, joinRuns, type UnlabelledSlices } from '../../src/core/adaptation/unlabelledSlices.js';
import { createAdapterTrainer, type AdapterTrainer } from '../../src/engine/inference/adapterTrainer.js';
import { createRun } from '../unit/core/adaptation/slicesInTime.js';
import { copyEncoderFolder, damage, ENCODER_FOLDER, never } from './modelFolder.js';

let trainer: AdapterTrainer;
beforeAll(async () => {
  trainer = await createAdapterTrainer(ENCODER_FOLDER);
});
afterAll(() => trainer.dispose());

const OPTIONS: AdapterTrainingOptions = {
  dim: 8,
  rank: 4,
  learningRate: 0.01,
  pull: 0.001,
  scale: 20,
  temporal: 1,
  seed: 7,
  signal: never,
};
const slices = joinRuns([createRun({ slices: 120 })], 999);
const every = Array.from({ length: slices.count }, (_, i) => i);
const batches = (epochs: number) => drawBatches(slices, every, epochs, 7);

describe('an adapter', () => {
  test('is learned step by step: the loss falls, and modalities come together', async () => {
    const told: number[] = [];
    const { adapter, losses } = await trainer.train(batches(60), { ...OPTIONS, onStep: (step) => void told.push(step) });
    expect(told).toEqual(Array.from({ length: 120 }, (_, i) => i + 1));
    expect(losses).toHaveLength(120);
    expect(losses.slice(-10).every((loss) => loss < 0.8 * (losses[0] ?? 0))).toBe(true);
    const between = (rows: Float32Array): number => {
      let sum = 0;
      for (let i = 0; i < slices.count; i++) {
        for (let d = 0; d < 8; d++) {
          sum += (rows[i * 24 + d] ?? 0) * (rows[i * 24 + 8 + d] ?? 0);
        }
      }
      return sum / slices.count;
    };
    expect(between(adaptRows(adapter, slices.modalities))).toBeGreaterThan(between(slices.modalities));
  });

  test('without a batch is the encoder as it is', async () => {
    const { adapter, losses } = await trainer.train([], OPTIONS);
    expect(losses).toEqual([]);
    const adapted = adaptRows(adapter, slices.slices);
    expect(adapted.every((value, i) => Math.abs(value - (slices.slices[i] ?? 0)) < 1e-6)).toBe(true);
  });

  test('is the same bytes for the same seed', async () => {
    const [first, second] = [await trainer.train(batches(3), OPTIONS), await trainer.train(batches(3), OPTIONS)];
    expect(second).toEqual(first);
    expect((await trainer.train(batches(3), { ...OPTIONS, seed: 8 })).adapter).not.toEqual(first.adapter);
  });

  test('ends when it is cancelled, before the next step', async () => {
    const controller = new AbortController();
    let steps = 0;
    const options = {
      ...OPTIONS,
      signal: controller.signal,
      onStep: (step: number) => {
        steps = step;
        if (step === 3) {
          controller.abort(new Error('enough'));
        }
      },
    };
    await expect(trainer.train(batches(9), options)).rejects.toThrow('enough');
    expect(steps).toBe(3);
  });

  test('that leaves the range of numbers is refused with the step', async () => {
    const broken = [...batches(1)].map((batch) => ({ ...batch, slices: batch.slices.map(() => NaN) }));
    await expect(trainer.train(broken, OPTIONS)).rejects.toMatchObject({
      code: 'model',
      message: expect.stringContaining('at step 1') as string,
    });
  });
});

describe('the graph', () => {
  test('that is damaged or not named is refused', async () => {
    const damaged = copyEncoderFolder((folder) => {
      damage(path.join(folder, 'adapter-step.onnx'));
    });
    await expect(createAdapterTrainer(damaged)).rejects.toMatchObject({ code: 'model' });
    const unnamed = copyEncoderFolder((folder) => {
      const file = path.join(folder, 'manifest.json');
      const manifest = JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, unknown>;
      fs.writeFileSync(file, JSON.stringify({ ...manifest, adapterStep: undefined }));
    });
    await expect(createAdapterTrainer(unnamed)).rejects.toThrow('names no graph that trains adapters; install RuntimeSlicer again');
    fs.rmSync(damaged, { recursive: true });
    fs.rmSync(unnamed, { recursive: true });
  });
});

describe('adapting to a system', () => {
  const adapt = (all: UnlabelledSlices, onProgress: (fraction: number, loss?: number) => void = () => undefined): Promise<Adaptation> =>
    adaptEncoder(all, { train: trainer.train, seed: 7, signal: never, onProgress });

  test('is judged on time that was left out, and is better where modalities are turned apart', async () => {
    const fractions: number[] = [];
    const losses: number[] = [];
    const turned = joinRuns([createRun({ slices: 400, dim: 16, offset: 1.2 })], 999);
    const outcome = await adapt(turned, (fraction, loss) => {
      fractions.push(fraction);
      losses.push(...(loss === undefined ? [] : [loss]));
    });
    if ('reason' in outcome) {
      throw new Error(outcome.reason);
    }
    const { tuned, current, baseline, lossCurve, slices: count } = outcome.scores;
    expect(count).toBe(400);
    expect(tuned.score).toBeGreaterThan(current.score);
    expect(current.score).toBeGreaterThan(baseline.score);
    expect([tuned.low <= tuned.score, tuned.score <= tuned.high, lossCurve]).toEqual([true, true, losses]);
    expect(fractions.every((fraction, i) => fraction >= (fractions[i - 1] ?? 0) && fraction <= 1)).toBe(true);
    expect(outcome.adapter).toMatchObject({ dim: 16, rank: 8 });
  });

  test.each([
    ['few slices', createRun({ slices: 39 }), 'Adapting needs at least 40 slices; 39 are embedded.'],
    [
      'one kind of telemetry',
      createRun({ slices: 80, present: 4 }),
      'Adapting needs slices that hold two kinds of telemetry; each of the embedded ones holds one.',
    ],
  ])('needs more than %s', async (_, run, reason) => {
    expect(await adapt(joinRuns([run], 999))).toEqual({ reason });
  });

  test('needs some slices at all', async () => {
    expect(await adapt(joinRuns([], 999))).toEqual({ reason: 'Adapting needs at least 40 slices; 0 are embedded.' });
  });
});
