import type { LogLevel } from './blueprint.js';
import type { ThrownException } from './effects.js';
import type { Operation } from './linkedSystem.js';
import type { Pod } from './pod.js';
import type { Failure, LoggedException, SpanKindCode, Telemetry, Trace } from './telemetry.js';

/** Called once with the outcome of an operation or a call. */
export type Settle = (failure: Failure | undefined) => void;

/** One operation running in one pod. */
export interface Execution {
  readonly trace: Trace;
  readonly pod: Pod;
  readonly operation: Operation;
  readonly spanId: string;
  readonly parentId: string;
  readonly kind: SpanKindCode;
  readonly startNs: number;
  readonly settle: Settle;
  /** The next step. */
  step: number;
  /** Step before which the operation throws; Infinity when it does not. */
  readonly throwAt: number;
  readonly thrown: ThrownException | undefined;
  /** Step before which the operation returns as if it were done; Infinity when it does not. */
  readonly returnAt: number;
  exceptionType: string | undefined;
}

/** Logs a line of an execution; databases, caches and queues do not log single requests. */
export function logExecution(
  telemetry: Telemetry,
  { pod, trace, spanId }: Execution,
  timeNs: number,
  level: LogLevel,
  text: string,
  exception?: LoggedException,
): void {
  if (pod.service.kind !== 'service') {
    return;
  }
  if (level === 'error') {
    pod.counters.loggedErrors += 1;
  }
  telemetry.log({ pod, timeNs, level, text, trace, spanId, ...(exception === undefined ? {} : { exception }) });
}
