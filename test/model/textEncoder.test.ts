import fs from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { TextEncoder } from '../../src/engine/inference/encoders.js';
import { createTextEncoder, planTextBatches, type TextReference } from '../../src/engine/inference/textEncoder.js';
import { copyEncoderFolder, cosine, damage, ENCODER_FOLDER, never } from './modelFolder.js';

const DIM = 384;
const reference = JSON.parse(fs.readFileSync(path.join(ENCODER_FOLDER, 'text-encoder.reference.json'), 'utf8')) as TextReference;

let encoder: TextEncoder;
beforeAll(async () => {
  encoder = await createTextEncoder(ENCODER_FOLDER);
});

function row(vectors: Float32Array, index: number): Float32Array {
  return vectors.subarray(index * DIM, (index + 1) * DIM);
}

describe('text encoder', () => {
  test('agrees with the fp32 PyTorch module on log lines, metrics, operations and odd texts', async () => {
    const vectors = await encoder.encode(reference.texts, never);
    expect(vectors).toHaveLength(reference.texts.length * DIM);
    reference.vectors.forEach((expected, i) => {
      expect(cosine(row(vectors, i), expected), reference.texts[i]).toBeGreaterThanOrEqual(0.98);
      expect(Math.hypot(...row(vectors, i))).toBeCloseTo(1, 4);
    });
  });

  test('a text has the same vector alone, in a batch and in any order', async () => {
    const together = await encoder.encode(reference.texts, never);
    const reversed = await encoder.encode(reference.texts.toReversed(), never);
    const last = reference.texts.length - 1;
    for (const i of [0, 4, 11, 22, 23, last]) {
      const alone = await encoder.encode([reference.texts[i] ?? ''], never);
      expect(cosine(alone, row(together, i))).toBeGreaterThan(0.99999);
      expect(cosine(row(reversed, last - i), row(together, i))).toBeGreaterThan(0.99999);
    }
  });

  test('tells what is alike from what is not', async () => {
    const vectors = await encoder.encode(
      ['connection to database refused', 'cannot connect to the database', 'cart item added for user'],
      never,
    );
    expect(cosine(row(vectors, 0), row(vectors, 1))).toBeGreaterThan(cosine(row(vectors, 0), row(vectors, 2)) + 0.2);
  });

  test('a long text is cut: what follows the first word pieces does not count', async () => {
    const start = 'error '.repeat(200);
    const vectors = await encoder.encode([start, `${start} completely different ending about payments`, 'error'], never);
    expect(cosine(row(vectors, 0), row(vectors, 1))).toBeGreaterThan(0.99999);
    expect(cosine(row(vectors, 0), row(vectors, 2))).toBeLessThan(0.99);
  });

  test('no texts give no vectors; a text of signs only has a vector', async () => {
    expect(await encoder.encode([], never)).toHaveLength(0);
    const odd = await encoder.encode(['', '\u0000\u0001', '😀', '   '], never);
    expect(odd.every((value) => Number.isFinite(value))).toBe(true);
  });

  test('stops between micro-batches with the reason of the signal', async () => {
    const controller = new AbortController();
    const reason = new Error('the user went away');
    const texts = Array.from({ length: 400 }, (_, i) => `log template number ${i}`);
    const seen: number[] = [];
    const running = encoder.encode(texts, controller.signal, (done) => {
      seen.push(done);
      controller.abort(reason);
    });
    await expect(running).rejects.toBe(reason);
    expect(seen).toHaveLength(1);
    await expect(encoder.encode(['a'], controller.signal)).rejects.toBe(reason);
    // A cancelled call leaves the encoder usable.
    expect(await encoder.encode(['a'], never)).toHaveLength(DIM);
  });

  test('progress ends at the number of texts', async () => {
    const seen: number[] = [];
    await encoder.encode(
      Array.from({ length: 70 }, (_, i) => `text ${i}`),
      never,
      (done) => seen.push(done),
    );
    expect(seen.at(-1)).toBe(70);
    expect(seen.length).toBeGreaterThan(1);
  });
});

describe('micro-batches', () => {
  test('hold every text once, by length, within the bounds', () => {
    const lengths = Array.from({ length: 301 }, (_, i) => 2 + ((i * 37) % 127));
    const batches = planTextBatches(lengths);
    expect(batches.flat().sort((a, b) => a - b)).toEqual(lengths.map((_, i) => i));
    for (const batch of batches) {
      const longest = Math.max(...batch.map((index) => lengths[index] ?? 0));
      expect(batch.length * longest).toBeLessThanOrEqual(1024);
      expect(batch.length).toBeLessThanOrEqual(32);
    }
    expect(planTextBatches([])).toEqual([]);
  });
});

describe('damaged files', () => {
  let folder = '';
  afterEach(() => {
    fs.rmSync(folder, { recursive: true, force: true });
  });

  test.each([
    [
      'a flipped byte in the model',
      (at: string) => {
        damage(path.join(at, 'text-encoder.int8.onnx'));
      },
      /text-encoder\.int8\.onnx is damaged.*install/,
    ],
    [
      'a flipped byte in the tokenizer',
      (at: string) => {
        damage(path.join(at, 'tokenizer.json'));
      },
      /tokenizer\.json is damaged/,
    ],
    [
      'a missing model',
      (at: string) => {
        fs.rmSync(path.join(at, 'text-encoder.int8.onnx'));
      },
      /text-encoder\.int8\.onnx is missing/,
    ],
    [
      'a manifest that is not JSON',
      (at: string) => {
        fs.writeFileSync(path.join(at, 'manifest.json'), '{');
      },
      /manifest\.json is missing or not JSON/,
    ],
    [
      'a manifest of another version',
      (at: string) => {
        fs.writeFileSync(path.join(at, 'manifest.json'), '{"version":99}');
      },
      /version 99, expected 1/,
    ],
  ])('%s is refused with the file and what to do', async (_, change, reason) => {
    folder = copyEncoderFolder(change);
    await expect(createTextEncoder(folder)).rejects.toMatchObject({ code: 'model', message: expect.stringMatching(reason) as string });
  });
});
