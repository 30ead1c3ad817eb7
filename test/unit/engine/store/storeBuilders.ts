import type { RecordChunk } from '../../../../src/core/records.js';
import type { FileIdentity, ParsedFile } from '../../../../src/engine/ingest/ingestTypes.js';
import type { RunRecord } from '../../../../src/engine/store/runRecord.js';
import type { Diagnosis, FileReport, IncidentView, SliceView, TimelineView } from '../../../../src/protocol/views.js';

export const START_NS = 1_773_147_600_000_000_000n;
const MINUTE_NS = 60_000_000_000n;

/** A chunk with `n` records of every kind, all numbers drawn from `seed`. */
export function createChunk(n: number, seed = 1): RecordChunk {
  let state = seed;
  const draw = (below: number): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
  const f64 = (make: (i: number) => number): Float64Array => Float64Array.from({ length: n }, (_, i) => make(i));
  const u32 = (below: number): Uint32Array => Uint32Array.from({ length: n }, () => draw(below));
  const u8 = (below: number): Uint8Array => Uint8Array.from({ length: n }, () => draw(below));
  const times = (): BigInt64Array => BigInt64Array.from({ length: n }, (_, i) => START_NS + BigInt(i) * 1_000_003n - BigInt(draw(999)));
  const offset = (): Float64Array => f64((i) => 5_000_000_000 + i * 211 + draw(50));
  const line = (): Uint32Array => Uint32Array.from({ length: n }, (_, i) => i + 2);
  const key = (): Float64Array => f64(() => draw(2 ** 31) * 4_194_304 + draw(4_194_304));
  return {
    newStrings: ['checkout', 'checkout-7d9f', 'GET /pay', `text ${seed}`],
    newSeries: [
      { entity: { service: 'checkout', instance: 'checkout-7d9f' }, metric: 'cpu', unit: '1', kind: 'gauge', labels: 'code="500"' },
    ],
    spans: {
      traceKey: key(),
      spanKey: key(),
      parentKey: key(),
      startNs: times(),
      durationNs: f64(() => draw(10 ** 9)),
      service: u32(4),
      instance: u32(4),
      operation: u32(4),
      status: u8(3),
      peer: u32(3),
      offset: offset(),
      line: line(),
    },
    logs: {
      timeNs: times(),
      service: u32(4),
      instance: u32(4),
      shape: u32(4),
      severity: u8(22),
      traceKey: key(),
      spanKey: key(),
      offset: offset(),
      line: line(),
    },
    points: { timeNs: times(), series: u32(1), value: f64(() => draw(1000) / 7), offset: offset(), line: line() },
  };
}

export function createIdentity(change: Partial<FileIdentity> = {}): FileIdentity {
  return { path: '/data/traces.jsonl', sizeBytes: 1234, mtimeMs: 1_700_000_000_123.5, contentHash: 'ab'.repeat(32), ...change };
}

export function createReport(path: string, records = 30): FileReport {
  return {
    path,
    format: 'otlp-json',
    sizeBytes: 1234,
    records,
    recordsByModality: { log: 0, trace: records, metric: 0 },
    rejected: 1,
    firstNs: START_NS.toString(),
    lastNs: (START_NS + MINUTE_NS).toString(),
    reasons: [{ reason: 'no timestamp', count: 1, lines: [7] }],
    refusal: null,
    cached: false,
  };
}

export function createParsedFile(
  path = '/data/traces.jsonl',
  chunks: readonly RecordChunk[] = [createChunk(10), createChunk(5, 2)],
): ParsedFile {
  return { report: createReport(path), chunks };
}

export function createSlice(i: number): SliceView {
  return {
    id: `${1_773_147_600 + i * 60}-60`,
    startNs: (START_NS + BigInt(i) * MINUTE_NS).toString(),
    endNs: (START_NS + BigInt(i + 1) * MINUTE_NS).toString(),
    state: i === 1 ? 's2' : 's1',
    membership: 0.9,
    anomaly: i === 1 ? 0.97 : 0.02,
    modalities: { log: 3, trace: 40 + i, metric: 12 },
    likelyCause: i === 1 ? 'payment' : null,
    map: [0.25, -0.5],
  };
}

export function createDiagnosis(fromNs: string, toNs: string): Diagnosis {
  return {
    fromNs,
    toNs,
    anomaly: 0.97,
    state: 's2',
    stateName: 'checkout → payment slow',
    membership: 0.9,
    sentence: 'payment is slow since 13:01',
    failureTypes: [{ type: 'network-delay', p: 0.8 }],
    rootCauses: [{ entity: 'payment', score: 3, p: 0.7, modalities: { log: 0, trace: 1, metric: 0 } }],
    evidence: [
      {
        modality: 'trace',
        entity: 'payment',
        family: 'trace-gap',
        text: 'calls to payment take longer',
        detail: '480 ms, usually 60 ms',
        score: 3,
        share: 1,
        path: '/data/traces.jsonl',
        line: 17,
        atNs: fromNs,
      },
    ],
    runnerUp: null,
    checks: [{ outcome: 'not checked', text: 'no logs in this range' }],
    graph: { nodes: [], edges: [] },
  };
}

/** `count` slices of a minute, the second of them an incident. */
export function createTimeline(run: string, count: number): TimelineView {
  const slices = Array.from({ length: count }, (_, i) => createSlice(i));
  const incidents: IncidentView[] = slices
    .filter((slice) => slice.likelyCause !== null)
    .map(({ startNs, endNs, anomaly, likelyCause }) => ({
      startNs,
      endNs,
      anomaly,
      likelyCause,
      failureType: null,
      sentence: 'payment is slow',
    }));
  return {
    run,
    startNs: START_NS.toString(),
    endNs: (START_NS + BigInt(count) * MINUTE_NS).toString(),
    binMs: 10_000,
    density: { log: [1], trace: [2], metric: [3] },
    slices,
    states: [
      { id: 's1', name: 'usual', slices: count - 1, abnormal: false, evidence: [] },
      { id: 's2', name: 'checkout → payment slow', slices: 1, abnormal: true, evidence: ['calls to payment take longer'] },
    ],
    transitions: [
      {
        atNs: (START_NS + MINUTE_NS).toString(),
        fromState: 's1',
        toState: 's2',
        fromName: 'usual',
        toName: 'checkout → payment slow',
      },
    ],
    incidents,
    reference: [],
    referenceIsAutomatic: true,
    threshold: 0.5,
    headline: `payment is slow (${run})`,
    warnings: [],
  };
}

export interface RunShape {
  readonly run?: string;
  readonly inputKey?: string;
  readonly createdNs?: bigint;
  readonly slices?: number;
  readonly dim?: number;
  readonly modelBytes?: number;
}

/** Embedding value j of slice i is i + j / 1000, so that a mix-up shows. */
export function createRunRecord(shape: RunShape = {}): RunRecord {
  const { run = 'run-1', inputKey = 'key-1', createdNs = START_NS, slices = 3, dim = 4, modelBytes = 100 } = shape;
  const timeline = createTimeline(run, slices);
  return {
    inputKey,
    createdNs,
    params: { paths: ['/data'], window: 'auto', provider: 'cpu' },
    result: {
      run,
      provider: 'cpu',
      files: [createReport('/data/traces.jsonl')],
      slices,
      entities: ['checkout', 'payment'],
      states: timeline.states,
      incidents: timeline.incidents,
      headline: timeline.headline,
      warnings: [],
      ms: { parse: 1.5 },
      peakRssBytes: 1,
      reused: false,
    },
    timeline,
    embeddings: {
      dim,
      slices: Float32Array.from({ length: slices * dim }, (_, at) => Math.floor(at / dim) + (at % dim) / 1000),
      modalities: new Float32Array(slices * 3 * dim),
      entities: timeline.slices.map(() => new Float32Array(2 * dim)),
    },
    findings: timeline.incidents.map(({ startNs, endNs }) => createDiagnosis(startNs, endNs)),
    model: createNoise(modelBytes),
    heads: 'default',
    statesRevision: 0,
  };
}

/** Bytes that do not compress, the same each time. */
function createNoise(length: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return state >> 8;
  });
}
