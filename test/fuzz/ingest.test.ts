/** Random mutations of every fixture, seeded: whatever the bytes, `ingest` reports and never throws, and counts stay consistent. */
import fs from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { maskMessage, MAX_SHAPE_CHARS } from '../../src/core/logs/masking.js';
import { FIXTURES, onlyReport, readText } from '../unit/engine/ingest/readRecords.js';

const ROUNDS = 25;

/** mulberry32: small, seeded, good enough to spread mutations. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const TOKENS = [
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  '\n',
  '\r',
  '\u0000',
  '1e999',
  '__proto__',
  '-',
  '9'.repeat(40),
  '\ud800',
  'null',
  '""',
  '\ufeff',
];

function mutate(bytes: Buffer, random: () => number): Buffer {
  let result = Buffer.from(bytes);
  const count = 1 + Math.floor(random() * 6);
  for (let i = 0; i < count; i++) {
    const at = Math.floor(random() * (result.length + 1));
    switch (Math.floor(random() * 5)) {
      case 0:
        result = Buffer.concat([
          result.subarray(0, at),
          Buffer.from(TOKENS[Math.floor(random() * TOKENS.length)] ?? ''),
          result.subarray(at),
        ]);
        break;
      case 1:
        result = Buffer.concat([result.subarray(0, at), result.subarray(Math.min(result.length, at + 1 + Math.floor(random() * 40)))]);
        break;
      case 2:
        result = result.subarray(0, at);
        break;
      case 3:
        if (at < result.length) {
          result[at] = Math.floor(random() * 256);
        }
        break;
      default:
        result = Buffer.concat([result.subarray(0, at), result.subarray(Math.floor(random() * (at + 1)))]);
    }
  }
  return result;
}

describe('mutated files', () => {
  it.each(fs.readdirSync(FIXTURES))('%s', async (name) => {
    const original = fs.readFileSync(path.join(FIXTURES, name));
    const random = createRandom(name.length * 7919 + 17);
    for (let round = 0; round < ROUNDS; round++) {
      const content = mutate(original, random);
      const packed = round % 5 === 4 ? mutate(gzipSync(content), random) : content;
      const result = await readText(name, packed);
      const report = onlyReport(result);
      expect(report.records).toBe(result.spans.length + result.logs.length + result.points.length);
      expect(report.format === 'refused' ? report.refusal : 'read').not.toBeNull();
      expect(report.refusal ?? '').not.toMatch(/reading failed/);
      for (const { line } of [...result.spans, ...result.logs, ...result.points]) {
        expect(line).toBeGreaterThan(0);
      }
      expect(result.points.every(({ value }) => Number.isFinite(value))).toBe(true);
    }
  });

  it('masks any text into a bounded, well-formed shape', () => {
    const random = createRandom(1);
    for (let i = 0; i < 3_000; i++) {
      const text = Array.from({ length: Math.floor(random() * 80) }, () => TOKENS[Math.floor(random() * TOKENS.length)] ?? '').join(
        random() < 0.5 ? '' : ' 0a:/',
      );
      const shape = maskMessage(text);
      expect(shape.length).toBeLessThanOrEqual(MAX_SHAPE_CHARS);
      expect(shape.isWellFormed()).toBe(true);
    }
  });
});
