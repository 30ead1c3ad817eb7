/** Reads files through `ingest` and gives their records back in plain form, for tests. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ingest } from '../../../../src/engine/ingest/ingest.js';
import type { IngestEvent, IngestOptions } from '../../../../src/engine/ingest/ingestTypes.js';
import type { SeriesDefinition } from '../../../../src/core/records.js';
import type { FileReport } from '../../../../src/protocol/views.js';

export interface ReadSpan {
  readonly traceKey: number;
  readonly spanKey: number;
  readonly parentKey: number;
  readonly startNs: bigint;
  readonly durationNs: number;
  readonly service: string;
  readonly instance: string;
  readonly operation: string;
  readonly status: number;
  /** Empty when the span names no callee. */
  readonly peer: string;
  readonly offset: number;
  readonly line: number;
}

export interface ReadLog {
  readonly timeNs: bigint;
  readonly service: string;
  readonly instance: string;
  readonly shape: string;
  readonly severity: number;
  readonly traceKey: number;
  readonly spanKey: number;
  readonly offset: number;
  readonly line: number;
}

export interface ReadPoint {
  readonly timeNs: bigint;
  readonly series: SeriesDefinition;
  readonly value: number;
  readonly line: number;
  readonly offset: number;
}

export interface ReadResult {
  readonly spans: ReadSpan[];
  readonly logs: ReadLog[];
  readonly points: ReadPoint[];
  readonly reports: FileReport[];
  readonly events: IngestEvent[];
}

export const FIXTURES = path.join(import.meta.dirname, '../../../fixtures/formats');

export async function readPaths(paths: readonly string[], options: IngestOptions = {}): Promise<ReadResult> {
  const result: ReadResult = { spans: [], logs: [], points: [], reports: [], events: [] };
  const strings: string[][] = [];
  const series: SeriesDefinition[][] = [];
  const at = <T>(list: readonly T[] | undefined, index: number | undefined): T => {
    const value = list?.[index ?? -1];
    if (value === undefined) {
      throw new Error(`chunk refers to entry ${index ?? -1} of ${list?.length ?? 0}`);
    }
    return value;
  };
  await ingest(
    paths,
    options,
    (event) => {
      result.events.push(event);
      if (event.type === 'file') {
        strings[event.fileId] = [];
        series[event.fileId] = [];
      } else if (event.type === 'fileDone') {
        result.reports.push(event.report);
      } else if (event.type === 'chunk') {
        const { spans, logs, points, newStrings, newSeries } = event.chunk;
        const texts = at(strings, event.fileId);
        texts.push(...newStrings);
        const defined = at(series, event.fileId);
        defined.push(...newSeries);
        for (let i = 0; i < spans.line.length; i++) {
          result.spans.push({
            traceKey: at([...spans.traceKey.slice(i, i + 1)], 0),
            spanKey: at([...spans.spanKey.slice(i, i + 1)], 0),
            parentKey: at([...spans.parentKey.slice(i, i + 1)], 0),
            startNs: spans.startNs[i] ?? -1n,
            durationNs: spans.durationNs[i] ?? NaN,
            service: at(texts, spans.service[i]),
            instance: at(texts, spans.instance[i]),
            operation: at(texts, spans.operation[i]),
            status: spans.status[i] ?? -1,
            peer: spans.peer[i] === 0 ? '' : at(texts, (spans.peer[i] ?? NaN) - 1),
            offset: spans.offset[i] ?? -1,
            line: spans.line[i] ?? -1,
          });
        }
        for (let i = 0; i < logs.line.length; i++) {
          result.logs.push({
            timeNs: logs.timeNs[i] ?? -1n,
            service: at(texts, logs.service[i]),
            instance: at(texts, logs.instance[i]),
            shape: at(texts, logs.shape[i]),
            severity: logs.severity[i] ?? -1,
            traceKey: logs.traceKey[i] ?? -1,
            spanKey: logs.spanKey[i] ?? -1,
            offset: logs.offset[i] ?? -1,
            line: logs.line[i] ?? -1,
          });
        }
        for (let i = 0; i < points.line.length; i++) {
          result.points.push({
            timeNs: points.timeNs[i] ?? -1n,
            series: at(defined, points.series[i]),
            value: points.value[i] ?? NaN,
            line: points.line[i] ?? -1,
            offset: points.offset[i] ?? -1,
          });
        }
      }
    },
    new AbortController().signal,
  );
  return result;
}

/** Writes one file into a fresh folder, reads it, and removes the folder. */
export async function readText(name: string, content: string | Uint8Array, options: IngestOptions = {}): Promise<ReadResult> {
  return withFolder(async (folder) => {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, content);
    return readPaths([file], options);
  });
}

export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ingest-'));
  try {
    return await use(folder);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** The report of the only file. */
export function onlyReport(result: ReadResult): FileReport {
  const [report] = result.reports;
  if (report === undefined || result.reports.length !== 1) {
    throw new Error(`expected one report, got ${result.reports.length}`);
  }
  return report;
}
