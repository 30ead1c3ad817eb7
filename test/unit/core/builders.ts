/** Plain records → chunks and base bins, for tests of the core. */
import { TelemetryAggregator, type AggregatorOptions, type TemplateMiner } from '../../../src/core/aggregate/telemetryAggregator.js';
import type { SparseCounts } from '../../../src/core/aggregate/sparseRows.js';
import type { TelemetryBins } from '../../../src/core/aggregate/telemetryBins.js';
import type { RecordChunk, SeriesDefinition, SeriesKind } from '../../../src/core/records.js';

/** 2026-03-10T13:00:00Z: a multiple of every bin length used here. */
export const ORIGIN_NS = 1_773_147_600_000_000_000n;
export const BIN_NS = 5_000_000_000n;
export const ORIGIN_BIN = Number(ORIGIN_NS / BIN_NS);
const MS = 1e6;

/** Times in ms after ORIGIN_NS; ids are small numbers, 0 = none. */
export interface TestSpan {
  readonly id: number;
  readonly parent?: number;
  readonly service: string;
  readonly operation?: string;
  readonly atMs: number;
  readonly ms: number;
  readonly failed?: boolean;
  /** Whom the span says it calls. */
  readonly peer?: string;
  readonly line?: number;
}

export interface TestLog {
  readonly atMs: number;
  readonly service: string;
  readonly text: string;
  readonly severity?: number;
  readonly span?: number;
  readonly line?: number;
}

export interface TestPoint {
  readonly atMs: number;
  readonly service: string;
  readonly metric?: string;
  readonly kind?: SeriesKind;
  /** As `SeriesDefinition` has them. */
  readonly labels?: string;
  /** Whose calls the service measured. */
  readonly callee?: string;
  readonly value: number;
  readonly line?: number;
}

export interface TestRecords {
  readonly spans?: readonly TestSpan[];
  readonly logs?: readonly TestLog[];
  readonly points?: readonly TestPoint[];
}

export function toTimeNs(atMs: number): bigint {
  return ORIGIN_NS + BigInt(Math.round(atMs * MS));
}

/** One chunk with a dictionary of its own. */
export function createChunk({ spans = [], logs = [], points = [] }: TestRecords): RecordChunk {
  const newStrings: string[] = [];
  const newSeries: SeriesDefinition[] = [];
  const idOf = (text: string): number => {
    const known = newStrings.indexOf(text);
    return known >= 0 ? known : newStrings.push(text) - 1;
  };
  const seriesOf = (point: TestPoint): number => {
    const metric = point.metric ?? 'cpu_usage';
    const labels = point.labels ?? '';
    const known = newSeries.findIndex(
      (series) => series.entity.service === point.service && series.metric === metric && series.labels === labels,
    );
    const entity = { service: point.service, instance: '' };
    return known >= 0
      ? known
      : newSeries.push({
          entity,
          metric,
          unit: '',
          kind: point.kind ?? 'gauge',
          labels,
          ...(point.callee === undefined ? {} : { callee: point.callee }),
        }) - 1;
  };
  return {
    spans: {
      traceKey: Float64Array.from(spans, () => 1),
      spanKey: Float64Array.from(spans, (span) => span.id),
      parentKey: Float64Array.from(spans, (span) => span.parent ?? 0),
      startNs: BigInt64Array.from(spans, (span) => toTimeNs(span.atMs)),
      durationNs: Float64Array.from(spans, (span) => span.ms * MS),
      service: Uint32Array.from(spans, (span) => idOf(span.service)),
      instance: Uint32Array.from(spans, (span) => idOf(span.service)),
      operation: Uint32Array.from(spans, (span) => idOf(span.operation ?? 'work')),
      status: Uint8Array.from(spans, (span) => (span.failed === true ? 2 : 0)),
      peer: Uint32Array.from(spans, (span) => (span.peer === undefined ? 0 : idOf(span.peer) + 1)),
      offset: new Float64Array(spans.length),
      line: Uint32Array.from(spans, (span, i) => span.line ?? i + 1),
    },
    logs: {
      timeNs: BigInt64Array.from(logs, (log) => toTimeNs(log.atMs)),
      service: Uint32Array.from(logs, (log) => idOf(log.service)),
      instance: Uint32Array.from(logs, (log) => idOf(log.service)),
      shape: Uint32Array.from(logs, (log) => idOf(log.text)),
      severity: Uint8Array.from(logs, (log) => log.severity ?? 9),
      traceKey: Float64Array.from(logs, () => 1),
      spanKey: Float64Array.from(logs, (log) => log.span ?? 0),
      offset: new Float64Array(logs.length),
      line: Uint32Array.from(logs, (log, i) => log.line ?? i + 1),
    },
    points: {
      timeNs: BigInt64Array.from(points, (point) => toTimeNs(point.atMs)),
      series: Uint32Array.from(points, seriesOf),
      value: Float64Array.from(points, (point) => point.value),
      offset: new Float64Array(points.length),
      line: Uint32Array.from(points, (point, i) => point.line ?? i + 1),
    },
    newStrings,
    newSeries,
  };
}

/** One template per distinct text. */
export function createPlainMiner(): TemplateMiner {
  const texts: string[] = [];
  return {
    add: (shapes) => shapes.map((shape) => (texts.includes(shape) ? texts.indexOf(shape) : texts.push(shape) - 1)),
    textOf: (template) => texts[template] ?? '',
  };
}

/** Each element is a file of one chunk. */
export function createBins(files: readonly TestRecords[], options: Partial<AggregatorOptions> = {}): TelemetryBins {
  const aggregator = new TelemetryAggregator({ binNs: BIN_NS, miner: createPlainMiner(), ...options });
  files.forEach((records, fileId) => {
    aggregator.addChunk(fileId, createChunk(records));
  });
  return aggregator.finish(files.map((_, fileId) => `file${fileId}`));
}

/** Entries of one key as `[bin after ORIGIN_BIN, count]`. */
export function entriesOf(table: SparseCounts, key: number, values: ArrayLike<number> = table.counts): [number, number][] {
  const entries: [number, number][] = [];
  for (let entry = table.offsets[key] ?? 0; entry < (table.offsets[key + 1] ?? 0); entry++) {
    entries.push([(table.bins[entry] ?? 0) - ORIGIN_BIN, values[entry] ?? 0]);
  }
  return entries;
}

export function totalOf(table: SparseCounts, key: number): number {
  return entriesOf(table, key).reduce((sum, [, count]) => sum + count, 0);
}

/** `k of n` of the rate key with this label. */
export function rateOf(bins: TelemetryBins, label: string): string {
  const key = bins.rateKeys.findIndex((rateKey) => rateKey.label === label);
  const rateKey = bins.rateKeys[key];
  if (rateKey === undefined) {
    throw new Error(`no rate "${label}" among: ${bins.rateKeys.map((other) => other.label).join(' | ')}`);
  }
  return `${totalOf(bins.rates, key)} of ${totalOf(bins.denominators, rateKey.denominator)}`;
}

/** Mulberry32: repeatable numbers in [0, 1). */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
