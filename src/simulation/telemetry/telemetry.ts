import type { LogLevel } from '../system/blueprint.js';
import type { Service } from '../system/linkedSystem.js';
import type { Pod } from '../runtime/pod.js';

/** OTLP span kinds. */
export const SPAN_KIND = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const;
export type SpanKindCode = (typeof SPAN_KIND)[keyof typeof SPAN_KIND];

export type FailureKind = 'exception' | 'timeout' | 'connection' | 'unavailable' | 'circuit-open' | 'upstream';

/** Why an operation or a call failed, as the caller sees it. */
export interface Failure {
  readonly kind: FailureKind;
  readonly status: number;
  readonly message: string;
}

/** One request from outside on its way through the system. */
export interface Trace {
  readonly traceId: string;
  /** False when the trace is not to be written. */
  readonly isSampled: boolean;
  /** Factor on all work done for it. */
  readonly heaviness: number;
}

export interface FinishedSpan {
  readonly pod: Pod;
  readonly trace: Trace;
  readonly spanId: string;
  /** Empty for the root. */
  readonly parentId: string;
  readonly name: string;
  readonly kind: SpanKindCode;
  readonly startNs: number;
  readonly endNs: number;
  readonly failure: Failure | undefined;
  /** Whom a client or producer span addressed. */
  readonly peer: Service | undefined;
  readonly exceptionType: string | undefined;
}

export interface LoggedException {
  readonly type: string;
  readonly message: string;
  readonly operation: string;
}

export interface LogLine {
  readonly pod: Pod;
  readonly timeNs: number;
  readonly level: LogLevel;
  readonly text: string;
  readonly trace: Trace | undefined;
  readonly spanId: string;
  readonly exception?: LoggedException;
}

/** Where the simulation reports what an instrumented system would report. */
export interface Telemetry {
  span(span: FinishedSpan): void;
  log(line: LogLine): void;
}
