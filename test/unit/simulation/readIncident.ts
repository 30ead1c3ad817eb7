/** Reads simulated files back, simply: one loop per format, no shared code with the project's own readers. */
import { simulate } from '../../../src/simulation/simulate.js';
import type { SimulationOptions } from '../../../src/simulation/simulationTypes.js';

export interface ReadSpan {
  readonly service: string;
  readonly pod: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string;
  readonly name: string;
  /** OTLP kind: 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  readonly isError: boolean;
  /** ms since the start of the run. */
  readonly startMs: number;
  readonly endMs: number;
  readonly peer: string;
}

export interface ReadLine {
  readonly service: string;
  readonly timeMs: number;
  readonly text: string;
  readonly isError: boolean;
  readonly traceId: string;
}

export interface ReadSeries {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  /** [ms since the start, value] */
  readonly points: readonly (readonly [number, number])[];
}

export interface ReadIncident {
  readonly paths: readonly string[];
  readonly spans: readonly ReadSpan[];
  readonly lines: readonly ReadLine[];
  readonly series: readonly ReadSeries[];
  readonly labelsCsv: string;
}

type Attributes = readonly { readonly key: string; readonly value: { readonly stringValue?: string; readonly intValue?: string } }[];
interface Resource {
  readonly attributes: Attributes;
}
interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: Attributes;
  readonly status: { readonly code?: number };
}
interface OtlpTraces {
  readonly resourceSpans: readonly {
    readonly resource: Resource;
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}
interface OtlpLogs {
  readonly resourceLogs: readonly {
    readonly scopeLogs: readonly {
      readonly logRecords: readonly {
        readonly timeUnixNano: string;
        readonly severityNumber: number;
        readonly body: { readonly stringValue: string };
        readonly traceId?: string;
      }[];
    }[];
  }[];
}
interface JsonLine {
  readonly level?: number | string;
  readonly time?: number;
  readonly ts?: number;
  readonly msg: string;
  readonly trace_id?: string;
}
interface PrometheusAnswer {
  readonly data: {
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>;
      readonly values: readonly (readonly [number, string])[];
    }[];
  };
}

export const START_NS = 1_773_147_600_000_000_000n;
const START_MS = Number(START_NS / 1_000_000n);

/** Simulates from a fixed start and reads everything back. */
export function readIncident(options: SimulationOptions): ReadIncident {
  const paths: string[] = [];
  const spans: ReadSpan[] = [];
  const lines: ReadLine[] = [];
  const series: ReadSeries[] = [];
  let labelsCsv = '';
  for (const { path, content } of simulate({ startNs: START_NS, ...options }).files) {
    paths.push(path);
    const text = [...content].join('');
    if (path.startsWith('traces/')) {
      spans.push(...text.trim().split('\n').flatMap(readSpans));
    } else if (path.startsWith('logs/')) {
      lines.push(...readLines(path, text));
    } else if (path.startsWith('metrics/')) {
      series.push(...(path.endsWith('.csv') ? readTable(text) : readSeries(text)));
    } else {
      labelsCsv = text;
    }
  }
  return { paths, spans, lines, series, labelsCsv };
}

function readSpans(line: string): ReadSpan[] {
  return (JSON.parse(line) as OtlpTraces).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap((scope) =>
      scope.spans.map((span) => ({
        service: attribute(resource.attributes, 'service.name'),
        pod: attribute(resource.attributes, 'k8s.pod.name'),
        traceId: span.traceId,
        spanId: span.spanId,
        parentId: span.parentSpanId ?? '',
        name: span.name,
        kind: span.kind,
        isError: span.status.code === 2,
        startMs: toMs(span.startTimeUnixNano),
        endMs: toMs(span.endTimeUnixNano),
        peer: attribute(span.attributes, 'peer.service'),
      })),
    ),
  );
}

function readLines(path: string, text: string): ReadLine[] {
  const service = path.replace(/^logs\//, '').replace(/(\.\d+)?\.(jsonl|log)$/, '');
  if (path.endsWith('.log')) {
    // Continuation lines have no date.
    return text
      .split('\n')
      .filter((line) => /^\d{4}-/.test(line))
      .map((line) => ({
        service,
        timeMs: Date.parse(`${line.slice(0, 10)}T${line.slice(11, 19)}.${line.slice(20, 23)}Z`) - START_MS,
        text: line.slice(23),
        isError: line.slice(23, 40).includes('ERROR'),
        traceId: /\b[0-9a-f]{32}\b/.exec(line)?.[0] ?? '',
      }));
  }
  return text
    .trim()
    .split('\n')
    .flatMap((line) => (line.startsWith('{"resourceLogs"') ? readOtlpLine(service, line) : [readJsonLine(service, line)]));
}

function readOtlpLine(service: string, line: string): ReadLine[] {
  return (JSON.parse(line) as OtlpLogs).resourceLogs.flatMap(({ scopeLogs }) =>
    scopeLogs.flatMap(({ logRecords }) =>
      logRecords.map((record) => ({
        service,
        timeMs: toMs(record.timeUnixNano),
        text: record.body.stringValue,
        isError: record.severityNumber >= 17,
        traceId: record.traceId ?? '',
      })),
    ),
  );
}

function readJsonLine(service: string, line: string): ReadLine {
  const { level, time, ts, msg, trace_id: traceId = '' } = JSON.parse(line) as JsonLine;
  return { service, timeMs: (time ?? (ts ?? 0) * 1000) - START_MS, text: msg, isError: level === 50 || level === 'error', traceId };
}

function readSeries(text: string): ReadSeries[] {
  return (JSON.parse(text) as PrometheusAnswer).data.result.map(({ metric, values }) => {
    const { __name__: name = '', ...labels } = metric;
    return { metric: name, labels, points: values.map(([seconds, value]) => [seconds * 1000 - START_MS, Number(value)] as const) };
  });
}

/** One series per column; empty cells are no points. */
function readTable(text: string): ReadSeries[] {
  const [header = '', ...rows] = text.trim().split('\n');
  const [, podColumn = '', ...names] = header.split(',');
  const cells = rows.map((row) => row.split(','));
  return names.map((metric, column) => ({
    metric,
    labels: { [podColumn]: cells[0]?.[1] ?? '' },
    points: cells.flatMap((row) => {
      const cell = row[column + 2] ?? '';
      return cell === '' ? [] : [[Number(row[0]) * 1000 - START_MS, Number(cell)] as const];
    }),
  }));
}

function attribute(attributes: Attributes, key: string): string {
  return attributes.find((item) => item.key === key)?.value.stringValue ?? '';
}

function toMs(ns: string): number {
  return Number(BigInt(ns) - START_NS) / 1e6;
}
