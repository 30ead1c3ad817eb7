import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contrast } from '../../../../src/core/similar/contrast.js';
import { rateSimilarity } from '../../../../src/core/similar/similarity.js';
import { sampleIncident } from '../../../../src/simulation/sampleIncident.js';
import { decodeRunModel, diagnoseRange, embedRun, encodeRunModel, profileRange } from '../../../../src/engine/pipeline/embedRun.js';
import { exportTensors } from '../../../../src/engine/pipeline/exportTensors.js';
import type { PipelineDependencies, RunArtifacts } from '../../../../src/engine/pipeline/pipelineTypes.js';
import type { EmbedParams } from '../../../../src/protocol/views.js';
import type { EnginePhase } from '../../../../src/protocol/engineRpc.js';
import { toEpochNs } from '../../../../src/core/time.js';
import { createTemporaryFolder } from '../temporaryFolder.js';
import type { FaultRequest } from '../../../../src/simulation/faultTypes.js';
import { createContext, createDependencies, writeSample, writeSimulated } from './pipelineBuilders.js';

const MINUTE_NS = 60_000_000_000n;
const { startNs = 0n } = sampleIncident();

let folder = '';
let dependencies: PipelineDependencies;
let sample: RunArtifacts;

function run(paths: readonly string[], more: Partial<EmbedParams> = {}, abortAt?: EnginePhase): Promise<RunArtifacts> {
  return embedRun({ paths, window: 'auto', provider: 'cpu', ...more }, dependencies, createContext(abortAt));
}

function writeFile(name: string, text: string): string {
  const file = path.join(createTemporaryFolder(), name);
  fs.writeFileSync(file, text);
  return file;
}

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'runtimeslicer-'));
  writeSample(folder);
  dependencies = await createDependencies();
  sample = await run([folder]);
}, 120_000);
afterAll(async () => {
  await dependencies.sliceEncoder.dispose();
  fs.rmSync(folder, { recursive: true, force: true });
});

describe('the sample incident', () => {
  test('is found in payment, from minute 15 to 19', () => {
    const [incident] = sample.timeline.incidents;
    expect(incident?.likelyCause).toBe('payment');
    const overlapFrom = BigInt(incident?.startNs ?? 0) - startNs;
    expect(Number(overlapFrom / MINUTE_NS)).toBeGreaterThanOrEqual(13);
    expect(Number((BigInt(incident?.endNs ?? 0) - startNs) / MINUTE_NS)).toBeLessThanOrEqual(21);
  });

  test('slices, embeddings and timeline agree', () => {
    const { slices } = sample.timeline;
    const { dim } = sample.embeddings;
    expect(sample.result.slices).toBe(slices.length);
    expect(sample.embeddings.slices.length).toBe(slices.length * dim);
    expect(sample.embeddings.entities.length).toBe(slices.length);
    slices.forEach((slice, i) => {
      const row = sample.embeddings.slices.subarray(i * dim, (i + 1) * dim);
      expect(Math.hypot(...row)).toBeCloseTo(1, 4);
      expect(slice.likelyCause !== null).toBe(slice.anomaly >= sample.timeline.threshold);
      expect(sample.timeline.states.some((state) => state.id === slice.state)).toBe(true);
    });
    expect(new Set(slices.map((slice) => slice.id)).size).toBe(slices.length);
  });

  test('a stored model answers as the run does; a range outside is refused', () => {
    const range = [startNs + 15n * MINUTE_NS, startNs + 19n * MINUTE_NS] as const;
    const diagnosis = diagnoseRange(sample.model, ...range);
    expect(diagnoseRange(decodeRunModel(encodeRunModel(sample.model)), ...range)).toEqual(diagnosis);
    expect(diagnosis.rootCauses[0]?.entity).toBe('payment');
    expect(() => diagnoseRange(sample.model, startNs - 90n * MINUTE_NS, startNs - 80n * MINUTE_NS)).toThrow('outside the run');
    expect(() => diagnoseRange(sample.model, range[1], range[0])).toThrow('outside the run');
  });
});

describe('an export that ends in the midst of an incident', () => {
  let ongoing = '';
  beforeAll(() => {
    // The sample's incident from minute 14 to the end at 28.
    const options = sampleIncident();
    const [fault] = options.faults as readonly FaultRequest[];
    ongoing = fs.mkdtempSync(path.join(os.tmpdir(), 'runtimeslicer-'));
    writeSimulated(ongoing, { ...options, faults: fault === undefined ? [] : [{ ...fault, startMinute: 14, minutes: 14 }] });
  });
  afterAll(() => {
    fs.rmSync(ongoing, { recursive: true, force: true });
  });

  test('is compared with the time before, says so, and is found to its end', async () => {
    const { timeline } = await run([ongoing]);
    expect(timeline.warnings).toContainEqual(
      expect.stringMatching(/^What is usual was learned from the first 1[3-7] of 2[89] minutes alone/),
    );
    expect(timeline.referenceIsAutomatic).toBe(true);
    const [incident] = timeline.incidents;
    expect(incident?.likelyCause).toBe('payment');
    const minuteOf = (ns: string | undefined): number => Number(BigInt(ns ?? 0) - startNs) / Number(MINUTE_NS);
    expect(minuteOf(incident?.startNs)).toBeGreaterThan(12);
    expect(minuteOf(incident?.startNs)).toBeLessThan(16);
    expect(minuteOf(incident?.endNs)).toBeGreaterThan(26);
  });

  test('can be cancelled while that time is looked for', async () => {
    const controller = new AbortController();
    const details: string[] = [];
    const cancelled = embedRun({ paths: [ongoing], window: 'auto', provider: 'cpu' }, dependencies, {
      signal: controller.signal,
      onPartial: () => undefined,
      onProgress: ({ detail }) => {
        details.push(detail);
        if (detail === 'looking for the part that is usual') {
          controller.abort(new Error('enough'));
        }
      },
    });
    await expect(cancelled).rejects.toThrow('enough');
    expect(details).not.toContain('placing slices in states');
  });

  test('a reference that was chosen stays', async () => {
    const reference = [{ startNs: startNs.toString(), endNs: (startNs + 10n * MINUTE_NS).toString() }];
    const { timeline } = await run([ongoing], { reference });
    expect(timeline.reference).toEqual(reference);
    expect(timeline.warnings.filter((warning) => warning.startsWith('What is usual'))).toEqual([]);
  });
});

describe('a provider that cannot run', () => {
  const onCpu = (): PipelineDependencies => ({
    ...dependencies,
    sliceEncoder: {
      ...dependencies.sliceEncoder,
      attempts: [
        { provider: 'cuda', chosen: false, reason: 'no such device', warmUpMs: null },
        { provider: 'cpu', chosen: true, reason: 'ok, parity 2e-7', warmUpMs: 9 },
      ],
    },
  });
  const warningsOf = async (provider: EmbedParams['provider']): Promise<readonly string[]> =>
    (await embedRun({ paths: [folder], window: 'auto', provider }, onCpu(), createContext())).result.warnings;

  test('is told of when it was asked for by name, and passed over in silence by auto', async () => {
    expect(await warningsOf('cuda')).toEqual([...sample.result.warnings, 'cuda cannot run the encoder here, cpu did: no such device']);
    expect(await warningsOf('auto')).toEqual(sample.result.warnings);
  });
});

describe('profiles of the sample incident', () => {
  const minutes = (from: number, to: number): [bigint, bigint] => [startNs + BigInt(from) * MINUTE_NS, startNs + BigInt(to) * MINUTE_NS];
  const profile = (from: number, to: number) => profileRange(sample.model, sample.embeddings, ...minutes(from, to));

  test('two parts of it are more alike than either is to usual minutes', () => {
    const [first, second, usual] = [profile(15, 17), profile(17, 19), profile(5, 7)];
    const similarity = rateSimilarity(first, second);
    expect(similarity).toBeGreaterThan(0.6);
    expect(similarity).toBeGreaterThan(rateSimilarity(first, usual) + 0.1);
    expect(contrast(first, second).same.join()).toContain('payment');
  });

  test('a range outside is refused', () => {
    expect(() => profile(-90, -80)).toThrow('outside the run');
  });
});

describe('input', () => {
  test('a folder without files', async () => {
    await expect(run([createTemporaryFolder()])).rejects.toMatchObject({ code: 'no-input' });
  });

  test('refused files only', async () => {
    await expect(run([writeFile('photo.bin', '\u0000\u0001\u0002')])).rejects.toMatchObject({ code: 'no-records' });
  });

  test('a range that holds nothing', async () => {
    const range = { fromNs: '1000000000000000000', toNs: '1000000060000000000' };
    await expect(run([path.join(folder, 'logs', 'payment.log')], range)).rejects.toThrow(
      /none of the \d+ records lie in the chosen time range/u,
    );
  });

  test.each([
    ['logs', { trace: 0, metric: 0 }],
    ['metrics', { log: 0, trace: 0 }],
  ])('%s alone give slices and say what is missing', async (part, none) => {
    const { timeline } = await run([path.join(folder, part)]);
    expect(timeline.slices.length).toBeGreaterThan(5);
    for (const slice of timeline.slices) expect(slice.modalities).toMatchObject(none);
  });

  test('traces alone', async () => {
    const { timeline } = await run([path.join(folder, 'traces')]);
    expect(timeline.slices.length).toBeGreaterThan(20);
    for (const slice of timeline.slices) expect(slice.modalities).toMatchObject({ log: 0, metric: 0 });
  });

  test('values that are no numbers are rejected and counted, the others stay', async () => {
    const name = 'shop-cart-5c66d57d58-6mp2b_metric.csv';
    const rows = Array.from(
      { length: 30 },
      (_, i) => `x,${1_700_000_000 + i * 60},shop-cart-5c66d57d58-6mp2b,${i % 3 === 0 ? 'NaN' : i},1`,
    );
    const { result, timeline } = await run([writeFile(name, ['Time,TimeStamp,PodName,CpuUsage(m),Latency(s)', ...rows].join('\n'))]);
    const [file] = result.files;
    expect(file?.records).toBe(50);
    expect(file?.reasons.reduce((sum, { count }) => sum + count, 0)).toBe(10);
    expect(timeline.slices.every((slice) => Number.isFinite(slice.anomaly))).toBe(true);
  });

  test('lines out of order give the same slices', async () => {
    const lines = fs
      .readFileSync(path.join(folder, 'logs', 'cart.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .slice(0, 300);
    const [one, other] = [
      await run([writeFile('cart.jsonl', lines.join('\n'))]),
      await run([writeFile('cart.jsonl', lines.toReversed().join('\n'))]),
    ];
    expect(other.timeline.slices.map(({ id, modalities }) => ({ id, modalities }))).toEqual(
      one.timeline.slices.map(({ id, modalities }) => ({ id, modalities })),
    );
  });
});

describe('cancelling', () => {
  test('in parse rejects as cancelled', async () => {
    await expect(run([path.join(folder, 'logs')], {}, 'parse')).rejects.toThrow('reading was cancelled');
  });

  test.each<EnginePhase>(['aggregate', 'features', 'text', 'encode', 'states'])('in %s rejects with the reason', async (phase) => {
    await expect(run([path.join(folder, 'logs')], {}, phase)).rejects.toThrow(`aborted in ${phase}`);
  });

  test('an export leaves no file', async () => {
    const out = createTemporaryFolder();
    const params: EmbedParams = { paths: [path.join(folder, 'logs')], window: 'auto', provider: 'cpu' };
    await expect(exportTensors(params, dependencies, out, undefined, createContext('text'))).rejects.toThrow('aborted in text');
    expect(fs.readdirSync(out)).toEqual([]);
  });
});

test('exported tensors are laid out as the format says and labelled by overlap', async () => {
  const out = createTemporaryFolder();
  const params: EmbedParams = { paths: [path.join(folder, 'logs')], window: 60_000, stepMs: 60_000, provider: 'cpu' };
  const at = (minute: number): ReturnType<typeof toEpochNs> => toEpochNs(startNs + BigInt(Math.round(minute * 60)) * 1_000_000_000n);
  // Minute 15 and 16 wholly, three quarters of 17, a quarter of 19.
  const labels = [
    { startNs: at(15), endNs: at(17.75), type: 'exception', entity: 'payment' },
    { startNs: at(19.75), endNs: at(20), type: 'exception', entity: 'payment' },
  ];
  const report = await exportTensors(params, dependencies, out, labels, createContext());
  const bytes = fs.readFileSync(report.file);
  const headLength = Number(bytes.readBigUInt64LE(0));
  expect(headLength % 8).toBe(0);
  const head = JSON.parse(bytes.toString('utf8', 8, 8 + headLength)) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  const { __metadata__: metadata, ...tensors } = head;
  const sizes: Record<string, number> = { F32: 4, F16: 2, I32: 4, U8: 1, I64: 8 };
  let end = 0;
  for (const { dtype, shape, data_offsets: offsets } of Object.values(tensors)) {
    expect(offsets[0]).toBe(end);
    expect(offsets[1] - offsets[0]).toBe(shape.reduce((product, size) => product * size, 1) * (sizes[dtype] ?? 0));
    end = offsets[1];
  }
  expect(8 + headLength + end).toBe(bytes.length);
  expect(report.sizeBytes).toBe(bytes.length);
  const bytesOf = (name: string): Buffer =>
    bytes.subarray(...(tensors[name]?.data_offsets.map((offset) => 8 + headLength + offset) as [number, number]));
  const ints = (name: string): number[] => Array.from({ length: bytesOf(name).length / 4 }, (_, i) => bytesOf(name).readInt32LE(i * 4));
  const starts = Array.from({ length: report.slices }, (_, i) =>
    Number((bytesOf('slice_start_ns').readBigInt64LE(i * 8) - startNs) / MINUTE_NS),
  );
  const types = ints('label_type');
  const entities = JSON.parse((metadata as unknown as Record<string, string>).entities ?? '[]') as string[];
  const labelAt = (minute: number): [number | undefined, string | undefined] => {
    const slice = starts.indexOf(minute);
    return [types[slice], entities[ints('label_entity')[slice] ?? -1]];
  };
  expect(labelAt(5)).toEqual([0, undefined]);
  expect(labelAt(15)).toEqual([1, 'payment']);
  expect(labelAt(17)).toEqual([1, 'payment']);
  expect(labelAt(19)).toEqual([-1, undefined]);
}, 30_000);
