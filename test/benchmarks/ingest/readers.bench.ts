/**
 * MB/s of each reader on one thread over generated data (by wall and by CPU time, which a busy machine does not distort), beside the newline scan of the same bytes (the limit of any line reader).
 * `RUNTIMESLICER_BENCH_MB` sets the size of each file (default 32). `RUNTIMESLICER_BENCH_LARGE=1` adds a 2 GB Jaeger document, too slow
 * and too large for a normal run. papaparse is not compared: it would be a dependency for one number (168 MB/s in FORMATS.md's survey).
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CancelFlag } from '../../../src/engine/ingest/cancelFlag.js';
import { parseFile } from '../../../src/engine/ingest/parseFile.js';

const SIZE_BYTES = Number(process.env.RUNTIMESLICER_BENCH_MB ?? 32) * 1e6;
const LARGE = process.env.RUNTIMESLICER_BENCH_LARGE === '1';
const START_NS = 1_700_000_000_000_000_000n;

interface Generated {
  readonly name: string;
  readonly head: string;
  readonly record: (i: number) => string;
  readonly separator: string;
  readonly tail: string;
}

const hex = (i: number, length: number): string => (i * 2654435761).toString(16).padStart(length, '7').slice(-length);
const ns = (i: number): bigint => START_NS + BigInt(i) * 1_000_001n;
const pod = (i: number): string => `svc-${i % 40}-5b67c48447-mv5hb`;

const FILES: readonly Generated[] = [
  {
    name: 'traces.csv',
    head: 'TraceID,SpanID,ParentID,PodName,OperationName,StartTimeUnixNano,EndTimeUnixNano,Duration\n',
    record: (i) =>
      `${hex(i >> 4, 32)},${hex(i, 16)},${i % 16 === 0 ? 'root' : hex(i - 1, 16)},${pod(i)},GET /op/${i % 90},${ns(i)},${ns(i + 5)},5`,
    separator: '\n',
    tail: '\n',
  },
  {
    name: 'logs.csv',
    head: 'Timestamp,PodName,TraceID,SpanID,Log\n',
    record: (i) =>
      `2023-11-14T22:13:${String(i % 60).padStart(2, '0')}.123456789Z,${pod(i)},${hex(i >> 4, 32)},${hex(i, 16)},"{""log"":""22:13:20.1 INFO c.s.Cart#${i % 99} [find][user ${i} took ${i % 500}ms]\\n"",""stream"":""stdout""}"`,
    separator: '\n',
    tail: '\n',
  },
  {
    name: 'metrics.csv',
    head: `timestamp,pod,${Array.from({ length: 20 }, (_, i) => `metric_${i}`).join(',')}\n`,
    record: (i) => `${1_700_000_000 + i},${pod(i)},${Array.from({ length: 20 }, (_, k) => (i * 0.37 + k).toFixed(6)).join(',')}`,
    separator: '\n',
    tail: '\n',
  },
  {
    name: 'spans.jsonl',
    head: '',
    record: (i) =>
      `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"svc-${i % 40}"}}]},"scopeSpans":[{"spans":[${Array.from({ length: 20 }, (_, k) => `{"traceId":"${hex(i, 32)}","spanId":"${hex(i * 20 + k, 16)}","name":"op ${k}","kind":2,"startTimeUnixNano":"${ns(i)}","endTimeUnixNano":"${ns(i + 3)}","attributes":[{"key":"http.method","value":{"stringValue":"GET"}}]}`).join(',')}]}]}]}`,
    separator: '\n',
    tail: '\n',
  },
  {
    name: 'jaeger.json',
    head: '{"data":[',
    record: (i) =>
      `{"traceID":"${hex(i, 32)}","spans":[${Array.from({ length: 20 }, (_, k) => `{"traceID":"${hex(i, 32)}","spanID":"${hex(i * 20 + k, 16)}","operationName":"op ${k}","references":[],"startTime":${1_700_000_000_000_000 + i},"duration":${k},"tags":[{"key":"http.method","type":"string","value":"GET"}],"processID":"p1"}`).join(',')}],"processes":{"p1":{"serviceName":"svc-${i % 40}"}}}`,
    separator: ',',
    tail: ']}',
  },
  {
    name: 'zipkin.json',
    head: '[',
    record: (i) =>
      `{"traceId":"${hex(i >> 4, 16)}","id":"${hex(i, 16)}","name":"get","timestamp":${1_700_000_000_000_000 + i},"duration":50,"localEndpoint":{"serviceName":"svc-${i % 40}"},"tags":{"http.path":"/a/b"}}`,
    separator: ',',
    tail: ']',
  },
  {
    name: 'prometheus.json',
    head: '{"status":"success","data":{"resultType":"matrix","result":[',
    record: (i) =>
      `{"metric":{"__name__":"m_total","pod":"${pod(i)}","code":"${i}"},"values":[${Array.from({ length: 100 }, (_, k) => `[${1_700_000_000 + k * 15},"${i + k}.5"]`).join(',')}]}`,
    separator: ',',
    tail: ']}}',
  },
  {
    name: 'logs.jsonl',
    head: '',
    record: (i) =>
      `{"level":30,"time":${1_700_000_000_000 + i},"service":"svc-${i % 40}","trace_id":"${hex(i >> 4, 32)}","msg":"user ${i} paid ${i % 500}.25 EUR in ${i % 90}ms"}`,
    separator: '\n',
    tail: '\n',
  },
  {
    name: 'plain.log',
    head: '',
    record: (i) =>
      `2023-11-14 22:13:20,${String(i % 1000).padStart(3, '0')} INFO [main] c.s.Cart - user ${i} paid ${i % 500}.25 EUR in ${i % 90}ms`,
    separator: '\n',
    tail: '\n',
  },
];

let folder = '';

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ingest-bench-'));
});

afterAll(() => {
  fs.rmSync(folder, { recursive: true, force: true });
});

function generate(file: Generated, sizeBytes: number): string {
  const target = path.join(folder, file.name);
  const handle = fs.openSync(target, 'w');
  let written = fs.writeSync(handle, file.head);
  let block = '';
  for (let i = 0; written + block.length < sizeBytes; i++) {
    block += (i === 0 ? '' : file.separator) + file.record(i);
    if (block.length > 4e6) {
      written += fs.writeSync(handle, block);
      block = '';
    }
  }
  fs.writeSync(handle, block + file.tail);
  fs.closeSync(handle);
  return target;
}

function scanLines(file: string): number {
  const bytes = fs.readFileSync(file);
  const start = performance.now();
  let lines = 0;
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) {
    lines++;
  }
  expect(lines).toBeGreaterThanOrEqual(0);
  return bytes.length / 1e3 / (performance.now() - start);
}

async function measure(file: string): Promise<string> {
  const { size: sizeBytes } = fs.statSync(file);
  const start = performance.now();
  const cpu = process.cpuUsage();
  const report = await parseFile({ path: file, sizeBytes, mtimeMs: Date.now(), utcOffsetMinutes: 0, format: undefined }, new CancelFlag(), {
    onChunk: () => Promise.resolve(),
    onProgress: () => undefined,
  });
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const cpuSeconds = (user + system) / 1e6;
  expect(report.refusal).toBeNull();
  expect(report.records).toBeGreaterThan(0);
  return `${report.format.padEnd(16)} ${(sizeBytes / 1e6 / seconds).toFixed(0).padStart(5)} MB/s wall ${(sizeBytes / 1e6 / cpuSeconds).toFixed(0).padStart(5)} MB/s cpu ${(report.records / 1e3 / seconds).toFixed(0).padStart(6)} k records/s`;
}

describe('readers', () => {
  it.each(FILES)('$name', async (file) => {
    const target = generate(file, SIZE_BYTES);
    const measured = await measure(target);
    const limit = scanLines(target);
    process.stdout.write(
      `${measured}   newline scan ${limit.toFixed(0)} MB/s   peak RSS ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB\n`,
    );
    fs.rmSync(target);
  });

  it.skipIf(!LARGE)('a 2 GB Jaeger document is streamed (RUNTIMESLICER_BENCH_LARGE=1)', async () => {
    const jaeger = FILES.find(({ name }) => name === 'jaeger.json');
    const target = jaeger === undefined ? '' : generate(jaeger, 2e9);
    process.stdout.write(`2 GB ${await measure(target)} peak RSS ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB\n`);
  });
});
