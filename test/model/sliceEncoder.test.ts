import fs from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { FAMILY_COUNT } from '../../src/core/features/families.js';
import type { SliceEmbeddings, SliceTokens } from '../../src/core/tokens/sliceTensors.js';
import { TEXT_VECTOR_DIM, TOKEN_NUMBER_COUNT } from '../../src/core/tokens/sliceTensors.js';
import type { SliceEncoder } from '../../src/engine/inference/encoders.js';
import { readManifest, readModelFile } from '../../src/engine/inference/manifest.js';
import { openSession } from '../../src/engine/inference/onnxRuntime.js';
import { createSliceEncoder, encodeSlices } from '../../src/engine/inference/sliceEncoder.js';
import { findLargestDifference, readSliceReference } from '../../src/engine/inference/sliceReference.js';
import { copyEncoderFolder, cosine, damage, ENCODER_FOLDER, never } from './modelFolder.js';

const manifest = readManifest(ENCODER_FOLDER);
const reference = readSliceReference(manifest);
const DIM = manifest.slice.dim;

let encoder: SliceEncoder;
beforeAll(async () => {
  encoder = await createSliceEncoder({ choice: 'cpu', folder: ENCODER_FOLDER });
});
afterAll(() => encoder.dispose());

function slice(index: number): SliceTokens {
  const found = reference.slices[index];
  if (found === undefined) throw new Error(`no reference slice ${index}`);
  return found;
}

function encode(slices: readonly SliceTokens[]): Promise<SliceEmbeddings> {
  return encoder.encode(reference.textTable, slices, never);
}

function rows(embeddings: SliceEmbeddings, index: number): { slice: Float32Array; modalities: Float32Array; entities: Float32Array } {
  return {
    slice: embeddings.slices.subarray(index * DIM, (index + 1) * DIM),
    modalities: embeddings.modalities.subarray(index * 3 * DIM, (index + 1) * 3 * DIM),
    entities: embeddings.entities[index] ?? new Float32Array(0),
  };
}

function expectClose(a: Float32Array, b: Float32Array): void {
  expect(a).toHaveLength(b.length);
  expect(Math.max(0, ...a.map((value, i) => Math.abs(value - (b[i] ?? Number.NaN))))).toBeLessThan(1e-5);
}

describe('slice encoder', () => {
  test('gives what PyTorch gave, within 1e-4', async () => {
    expect(findLargestDifference(await encode(reference.slices), reference.expected)).toBeLessThanOrEqual(1e-4);
  });

  test('the int8 graph keeps a cosine of 0.98', async () => {
    const session = await openSession(readModelFile(ENCODER_FOLDER, manifest.slice.files.int8), 'cpu');
    const limits = { slices: 8, places: 10_000 };
    const found = await encodeSlices(session, DIM, limits, reference.textTable, reference.slices, never);
    reference.slices.forEach((_, i) => {
      expect(cosine(rows(found, i).slice, rows(reference.expected, i).slice)).toBeGreaterThanOrEqual(0.98);
    });
    await session.dispose();
  });

  test('a slice has the same embeddings alone, among others and in any order', async () => {
    const together = await encode(reference.slices);
    const reversed = await encode(reference.slices.toReversed());
    for (const [i, one] of reference.slices.entries()) {
      const alone = rows(await encode([one]), 0);
      for (const other of [rows(together, i), rows(reversed, reference.slices.length - 1 - i)]) {
        expectClose(alone.slice, other.slice);
        expectClose(alone.modalities, other.modalities);
        expectClose(alone.entities, other.entities);
      }
    }
  });

  test('more slices than a batch holds come back in their order', async () => {
    const many = Array.from({ length: 60 }, (_, i) => slice(i % 5));
    const seen: number[] = [];
    const found = await encoder.encode(reference.textTable, many, never, (done) => seen.push(done));
    expect(seen.length).toBeGreaterThan(2);
    expect(seen.at(-1)).toBe(60);
    for (const i of [0, 7, 33, 59]) expectClose(rows(found, i).slice, rows(reference.expected, i % 5).slice);
  });

  test('renumbering entities renumbers their embeddings and changes nothing else', async () => {
    const one = slice(3);
    const to = Array.from({ length: one.nEntities }, (_, i) => (i * 4 + 2) % one.nEntities);
    const move = (slots: Uint16Array): Uint16Array => slots.map((slot) => to[slot] ?? 0);
    const familyScores = new Float32Array(one.familyScores.length);
    to.forEach((slot, i) => {
      familyScores.set(one.familyScores.subarray(i * FAMILY_COUNT, (i + 1) * FAMILY_COUNT), slot * FAMILY_COUNT);
    });
    const moved = {
      ...one,
      entity: move(one.entity),
      edgeCaller: move(one.edgeCaller),
      edgeCallee: move(one.edgeCallee),
      familyScores,
    };
    const [before, after] = [rows(await encode([one]), 0), rows(await encode([moved]), 0)];
    expectClose(after.slice, before.slice);
    expectClose(after.modalities, before.modalities);
    to.forEach((slot, i) => {
      expectClose(after.entities.subarray(slot * DIM, (slot + 1) * DIM), before.entities.subarray(i * DIM, (i + 1) * DIM));
    });
  });

  test('missing modalities, silent entities and empty slices are defined', async () => {
    const found = await encode(reference.slices);
    const isZero = (values: Float32Array): boolean => values.every((value) => value === 0);
    expect(isZero(rows(found, 2).modalities.subarray(2 * DIM))).toBe(true);
    expect(isZero(rows(found, 2).modalities.subarray(0, DIM))).toBe(false);
    expect(isZero(rows(found, 3).entities.subarray(8 * DIM))).toBe(true);
    expect(isZero(rows(found, 4).modalities)).toBe(true);
    expect(isZero(rows(found, 4).entities)).toBe(true);
    const wider = await encode([
      { ...slice(4), nEntities: 20, familyScores: new Float32Array(20 * FAMILY_COUNT) },
      { ...slice(4), nEntities: 0, familyScores: new Float32Array(0) },
    ]);
    expectClose(rows(wider, 0).slice, rows(found, 4).slice);
    expectClose(rows(wider, 1).slice, rows(found, 4).slice);
    expect(wider.entities.map((entities) => entities.length)).toEqual([20 * DIM, 0]);
    expect(Math.hypot(...rows(found, 4).slice)).toBeCloseTo(1, 4);
  });

  test('no slices, and no texts', async () => {
    expect(await encode([])).toEqual({ dim: DIM, slices: new Float32Array(0), modalities: new Float32Array(0), entities: [] });
    const found = await encoder.encode(new Float32Array(0), [slice(4)], never);
    expectClose(found.slices, rows(reference.expected, 4).slice);
  });

  test.each([
    [
      'NaN',
      { numbers: slice(0).numbers.map((value, i) => (i === TOKEN_NUMBER_COUNT * 2 + 4 ? Number.NaN : value)) },
      /slice 1 .*deviation of token 2 is NaN/,
    ],
    ['infinity', { numbers: slice(0).numbers.map((value, i) => (i === 0 ? Infinity : value)) }, /count of token 0 is Infinity/],
    ['a text that is not in the table', { text: slice(0).text.map((id, i) => (i === 3 ? 99 : id)) }, /token 3 names text 99 of 12/],
    ['an entity slot out of range', { entity: slice(0).entity.map(() => 7) }, /token 0 names entity 7 of 3/],
    ['arrays that do not fit', { family: slice(0).family.subarray(1) }, /family has length 39, expected 40/],
    ['a call to nowhere', { edgeCallee: slice(0).edgeCallee.map(() => 9) }, /call 0 names entity 9 of 3/],
    ['a call weight below 0', { edgeWeight: slice(0).edgeWeight.map(() => -1) }, /weight of call 0 is -1/],
    [
      'a score that is not finite',
      { familyScores: slice(0).familyScores.map((value, i) => (i === FAMILY_COUNT + 2 ? Number.NaN : value)) },
      /score of family 2 of entity 1 is NaN/,
    ],
  ])('refuses %s and names the place', async (_, change, reason) => {
    const running = encode([slice(1), { ...slice(0), ...change }]);
    await expect(running).rejects.toMatchObject({ code: 'bad-argument', message: expect.stringMatching(reason) as string });
  });

  test('refuses a text table that is no table, or not finite', async () => {
    await expect(encoder.encode(new Float32Array(10), [], never)).rejects.toThrow(/10 values, expected rows of 384/);
    const table = new Float32Array(TEXT_VECTOR_DIM * 2).fill(Number.NaN, TEXT_VECTOR_DIM);
    await expect(encoder.encode(table, [], never)).rejects.toThrow(/text vector 1 /);
  });

  test('stops between batches with the reason of the signal, and can be used again', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    let batches = 0;
    const many = Array.from({ length: 80 }, () => slice(0));
    const running = encoder.encode(reference.textTable, many, controller.signal, () => {
      batches++;
      controller.abort(reason);
    });
    await expect(running).rejects.toBe(reason);
    expect(batches).toBe(1);
    expect((await encode([slice(0)])).slices).toHaveLength(DIM);
  });

  test('says so when it is used after it was disposed', async () => {
    const short = await createSliceEncoder({ choice: 'cpu', folder: ENCODER_FOLDER });
    await short.dispose();
    await short.dispose();
    await expect(short.encode(reference.textTable, [slice(0)], never)).rejects.toThrow(/after it was disposed/);
  });
});

describe('providers on this machine', () => {
  test.each(['auto', 'dml', 'cuda', 'webgpu'] as const)('%s works: another provider takes over with a reason', async (choice) => {
    const heard: string[] = [];
    const one = await createSliceEncoder({ choice, folder: ENCODER_FOLDER, onAttempt: (attempt) => heard.push(attempt.provider) });
    expect(heard).toEqual(one.attempts.map((attempt) => attempt.provider));
    expect(one.attempts.at(-1)).toMatchObject({
      provider: one.provider,
      chosen: true,
      reason: expect.stringMatching(/^ok, parity \d/) as string,
    });
    for (const attempt of one.attempts.slice(0, -1)) {
      expect(attempt.chosen).toBe(false);
      expect(attempt.reason.length).toBeGreaterThan(10);
      expect(attempt.reason).not.toContain('\n');
    }
    const found = await one.encode(reference.textTable, reference.slices, never);
    expect(findLargestDifference(found, reference.expected)).toBeLessThanOrEqual(manifest.slice.reference.tolerance[one.provider]);
    await one.dispose();
  });
});

describe('damaged files', () => {
  let folder = '';
  afterEach(() => {
    fs.rmSync(folder, { recursive: true, force: true });
  });

  function editManifest(at: string, edit: (slice: { numbers: number; reference: { tolerance: Record<string, number> } }) => void): void {
    const file = path.join(at, 'manifest.json');
    const content = JSON.parse(fs.readFileSync(file, 'utf8')) as { slice: Parameters<typeof edit>[0] };
    edit(content.slice);
    fs.writeFileSync(file, JSON.stringify(content));
  }

  test('a flipped byte in the model is refused with both hashes', async () => {
    folder = copyEncoderFolder((at) => {
      damage(path.join(at, 'slice-encoder.onnx'));
    });
    const running = createSliceEncoder({ choice: 'cpu', folder });
    await expect(running).rejects.toMatchObject({
      code: 'model',
      message: expect.stringMatching(/slice-encoder\.onnx is damaged: \d+ bytes with sha256 .*manifest says/) as string,
    });
  });

  test('a missing reference is refused', async () => {
    folder = copyEncoderFolder((at) => {
      fs.rmSync(path.join(at, 'slice-encoder.reference.json'));
    });
    await expect(createSliceEncoder({ choice: 'cpu', folder })).rejects.toThrow(/slice-encoder\.reference\.json is missing/);
  });

  test('an encoder made for other token numbers is refused with both figures', async () => {
    folder = copyEncoderFolder((at) => {
      editManifest(at, (part) => {
        part.numbers = 12;
      });
    });
    await expect(createSliceEncoder({ choice: 'cpu', folder })).rejects.toThrow(
      `has 12 numbers per token, this build writes ${TOKEN_NUMBER_COUNT}`,
    );
  });

  test('a provider that does not reproduce the reference is not used', async () => {
    folder = copyEncoderFolder((at) => {
      editManifest(at, (part) => {
        part.reference.tolerance.cpu = -1;
      });
    });
    const running = createSliceEncoder({ choice: 'cpu', folder });
    await expect(running).rejects.toMatchObject({
      code: 'provider',
      message: expect.stringMatching(/cpu: differs from the reference by/) as string,
    });
  });
});
