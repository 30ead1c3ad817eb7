import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { exportSimulated } from '../../../../src/engine/pipeline/exportSimulated.js';
import { createTemporaryFolder } from '../temporaryFolder.js';
import { createContext } from './pipelineBuilders.js';

test('each seed becomes one labelled file with word pieces for every text; what exists is kept', async () => {
  const out = createTemporaryFolder();
  const first = await exportSimulated(16, 16, out, createContext());
  const file = path.join(out, 'system-000016.safetensors');
  expect(first.failed).toEqual([]);
  expect(first.written.map((report) => report.file)).toEqual([file]);
  const bytes = fs.readFileSync(file);
  const head = JSON.parse(bytes.toString('utf8', 8, 8 + Number(bytes.readBigUInt64LE(0)))) as Record<
    string,
    { dtype: string; shape: number[] } & Record<string, string>
  >;
  expect(head.__metadata__?.source).toBe('labelled');
  expect(head.text_piece_offsets?.shape).toEqual([(first.written[0]?.texts ?? 0) + 1]);
  expect(head.token_numbers?.dtype).toBe('F16');
  expect(head.text_vectors).toBeUndefined();
  expect(fs.readdirSync(out)).toEqual(['system-000016.safetensors']);

  const again = await exportSimulated(16, 16, out, createContext());
  expect(again).toEqual({ written: [], kept: 1, failed: [] });
}, 60_000);

test('a cancelled export leaves no file', async () => {
  const out = createTemporaryFolder();
  await expect(exportSimulated(16, 17, out, createContext('parse'))).rejects.toThrow('aborted in parse');
  expect(fs.readdirSync(out)).toEqual([]);
}, 60_000);
