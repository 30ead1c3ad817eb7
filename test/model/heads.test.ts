import { expect, test } from 'vitest';
import { findInstallation } from '../../src/engine/installation.js';
import { readManifest } from '../../src/engine/inference/manifest.js';
import { readHeads } from '../../src/engine/pipeline/embedRun.js';

const { slice } = readManifest(findInstallation().encoderFolder);

test('the heads that ship were trained on the encoder that ships', () => {
  const heads = readHeads(slice.files.fp32.sha256);
  expect(heads.dim).toBe(slice.dim);
  expect(heads.failureType.types.length).toBeGreaterThan(1);
});

test('embeddings of another encoder are refused, with both named', () => {
  const run = (): unknown => readHeads('0123456789abcdef');
  expect(run).toThrow(expect.objectContaining({ code: 'model' }));
  expect(run).toThrow(`encoder ${slice.files.fp32.sha256.slice(0, 12)}…, this one is 0123456789ab…`);
});
