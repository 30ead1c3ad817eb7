/**
 * Normalised telemetry records and the columnar chunks in which readers deliver them.
 * A reader of a format makes `LogRecord`, `SpanRecord` and `MetricPoint`; a chunk packs many of them into typed arrays,
 * so that they cross threads without a copy and can be kept as a cache of a parsed file.
 */
import type { EpochNs } from './time.js';

export const MODALITIES = ['log', 'trace', 'metric'] as const;
export type Modality = (typeof MODALITIES)[number];

/** Where a record came from. `offset`: byte in the decompressed file; `line`: 1-based line of that byte. */
export interface RecordOrigin {
  readonly offset: number;
  readonly line: number;
}

/** `service` is what records of one service share (pods folded in); `instance` is the pod, container or host as written. */
export interface EntityName {
  readonly service: string;
  readonly instance: string;
}

/** OpenTelemetry severity range numbers folded to their base: 0 unset, 1 trace, 5 debug, 9 info, 13 warn, 17 error, 21 fatal. */
export type Severity = 0 | 1 | 5 | 9 | 13 | 17 | 21;

export interface LogRecord {
  readonly timeNs: EpochNs;
  readonly entity: EntityName;
  readonly severity: Severity;
  /** Message as written, without the envelope of the container runtime or logger. */
  readonly body: string;
  /** Empty when unknown. */
  readonly traceId: string;
  readonly spanId: string;
  readonly origin: RecordOrigin;
}

/** OTLP span status. */
export type SpanStatus = 'unset' | 'ok' | 'error';
export type SpanKind = 'unspecified' | 'internal' | 'server' | 'client' | 'producer' | 'consumer';

export interface SpanRecord {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for a root span. */
  readonly parentId: string;
  readonly entity: EntityName;
  readonly operation: string;
  readonly kind: SpanKind;
  readonly status: SpanStatus;
  /** Whom a client or producer span calls, as far as the span itself says; empty when it does not. */
  readonly peer: string;
  readonly startNs: EpochNs;
  readonly durationNs: number;
  readonly origin: RecordOrigin;
}

/** How the values of a series are to be read. `counter`: cumulative and monotonic, becomes a rate; `delta`: sum over the interval. */
export type SeriesKind = 'gauge' | 'counter' | 'delta';

export interface SeriesDefinition {
  readonly entity: EntityName;
  readonly metric: string;
  /** UCUM or Prometheus unit as written, empty when unknown. */
  readonly unit: string;
  readonly kind: SeriesKind;
  /** Labels that distinguish this series from others of the same entity and metric: `code="500"`, sorted, joined by `,`. */
  readonly labels: string;
  /** Service whose calls it measures, where their caller measured them. */
  readonly callee?: string;
}

export interface MetricPoint {
  readonly timeNs: EpochNs;
  readonly series: SeriesDefinition;
  /** NaN and ±Inf are rejected by readers and counted; a point always holds a finite number. */
  readonly value: number;
  readonly origin: RecordOrigin;
}

/** Codes of `SpanColumns.status`. */
export const SPAN_STATUS_CODES: Record<SpanStatus, number> = { unset: 0, ok: 1, error: 2 };

/**
 * Columns share one length. String columns hold ids into the file's dictionary.
 * Keys are 53-bit hashes as exact doubles, 0 = none: `traceKey` of the trace id, `spanKey`/`parentKey` of (trace id, span id).
 */
export interface SpanColumns {
  readonly traceKey: Float64Array;
  readonly spanKey: Float64Array;
  readonly parentKey: Float64Array;
  readonly startNs: BigInt64Array;
  readonly durationNs: Float64Array;
  readonly service: Uint32Array;
  readonly instance: Uint32Array;
  readonly operation: Uint32Array;
  readonly status: Uint8Array;
  /**
   * String id + 1 of the callee that a client or producer span names, 0 = none (most spans). Databases, caches, queues and foreign
   * services send no spans: their callers' word is all that traces know of them.
   */
  readonly peer: Uint32Array;
  readonly offset: Float64Array;
  readonly line: Uint32Array;
}

export interface LogColumns {
  readonly timeNs: BigInt64Array;
  readonly service: Uint32Array;
  readonly instance: Uint32Array;
  /** Masked message (variables replaced by `<num>`, `<id>` …, see core/logs/masking.ts): never the raw text. */
  readonly shape: Uint32Array;
  readonly severity: Uint8Array;
  readonly traceKey: Float64Array;
  readonly spanKey: Float64Array;
  readonly offset: Float64Array;
  readonly line: Uint32Array;
}

export interface PointColumns {
  readonly timeNs: BigInt64Array;
  /** Index into the file's series list. */
  readonly series: Uint32Array;
  readonly value: Float64Array;
  readonly offset: Float64Array;
  readonly line: Uint32Array;
}

/** Up to 65,536 records of one file, in file order. A file's dictionary and series list grow chunk by chunk. */
export interface RecordChunk {
  /** Appended to the file's dictionary. */
  readonly newStrings: readonly string[];
  /** Appended to the file's series list. */
  readonly newSeries: readonly SeriesDefinition[];
  readonly spans: SpanColumns;
  readonly logs: LogColumns;
  readonly points: PointColumns;
}

export const MAX_CHUNK_RECORDS = 65_536;

/** Why records were rejected, counted; `lines` holds the first few places. */
export interface RejectReason {
  /** What is wrong, without any of the record's content: `no timestamp`, `value is not a number`. */
  readonly reason: string;
  readonly count: number;
  readonly lines: readonly number[];
}
