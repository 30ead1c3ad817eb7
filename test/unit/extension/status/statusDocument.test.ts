import { describe, expect, it } from 'vitest';
import { findFileProblems, toStatusDocument } from '../../../../src/extension/status/statusDocument.js';
import type { DoctorReport, EmbedResult, FileReport, HeadVersionView } from '../../../../src/protocol/views.js';

const DOCTOR: DoctorReport = {
  version: '0.1.0',
  node: '24.0.0',
  platform: 'linux-x64',
  onnxruntime: '1.30.0',
  sqlite: '3.50.0',
  encoder: { name: 'slice encoder', sha256Ok: false, parity: 2e-7 },
  providers: [
    { provider: 'webgpu', chosen: false, reason: 'no Vulkan driver', warmUpMs: null },
    { provider: 'cpu', chosen: true, reason: 'ok', warmUpMs: 12.4 },
  ],
  store: { path: '/store.db', sizeBytes: 1_500_000, integrity: 'ok', schemaVersion: 1 },
  problems: [],
};

const buildFile = (path: string, changes: Partial<FileReport> = {}): FileReport => ({
  path,
  format: 'csv-traces',
  sizeBytes: 10,
  records: 5,
  recordsByModality: { log: 0, trace: 5, metric: 0 },
  rejected: 0,
  firstNs: null,
  lastNs: null,
  reasons: [],
  refusal: null,
  cached: false,
  ...changes,
});

const FILES = [
  buildFile('/a.csv', { rejected: 2, reasons: [{ reason: 'no timestamp', count: 2, lines: [3, 9] }] }),
  buildFile('/b.bin', { refusal: 'unknown format' }),
  buildFile('/c.csv', { cached: true }),
];
const RESULT: EmbedResult = {
  run: 'r',
  provider: 'cpu',
  files: FILES,
  slices: 10,
  entities: ['a'],
  states: [],
  incidents: [],
  headline: 'Nothing abnormal.',
  warnings: ['reference is short'],
  ms: { parse: 5, total: 9 },
  peakRssBytes: 1e8,
  reused: false,
};

const VERSIONS: readonly HeadVersionView[] = [
  {
    version: 'v1',
    createdNs: '1709280000000000000',
    isUsed: true,
    heads: ['root-cause'],
    labels: 12,
    dataHash: 'abc',
    scores: [],
  },
  { version: 'default', createdNs: null, isUsed: false, heads: [], labels: 0, dataHash: null, scores: [] },
];

describe('toStatusDocument', () => {
  it('names providers with reasons, the state of the encoder, and each file with its problems', () => {
    const text = toStatusDocument('running, process 7', DOCTOR, RESULT, 'UTC', VERSIONS);
    for (const expected of [
      'Engine: running, process 7',
      '- webgpu: no Vulkan driver',
      '- cpu (in use): ok, warm-up 12 ms',
      'do NOT match',
      '2.0e-7',
      'reference is short',
      '2 × no timestamp (lines 3, 9)',
      'not read: unknown format',
      'unchanged since it was read before',
      'parse 5 ms',
      '- fine-tuned 2024-03-01 08:00:00 UTC on 12 labels (likely cause)',
    ]) {
      expect(text).toContain(expected);
    }
  });

  it('says why there is no report', () => {
    const text = toStatusDocument('not running', 'The engine keeps failing', null, 'UTC', []);
    expect(text).toContain('No report from the engine: The engine keeps failing');
    expect(text).not.toContain('Last embed');
  });
});

describe('findFileProblems', () => {
  it('counts refused files and rejected records', () => {
    expect(findFileProblems(FILES)).toBe('1 file could not be read; 2 records were rejected.');
    expect(findFileProblems([buildFile('/c.csv')])).toBeUndefined();
  });
});
