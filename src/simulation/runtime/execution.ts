import type { LogLevel } from '../system/blueprint.js';
import type { EarlyReturn, ThrownException } from './effects.js';
import type { Operation, Step } from '../system/linkedSystem.js';
import type { Pod } from './pod.js';
import type { Failure, LoggedException, SpanKindCode, Telemetry, Trace } from '../telemetry/telemetry.js';

/** How an operation or a call ended. */
export interface Outcome {
  /** undefined: there is an answer. */
  readonly failure: Failure | undefined;
  /** The answer lacks something: the operation returned early, caught an exception, or went on without what it asked for. */
  readonly isPartial: boolean;
}

/** Called once. */
export type Settle = (outcome: Outcome) => void;

/** One operation running in one pod. */
export interface Execution {
  readonly trace: Trace;
  readonly pod: Pod;
  readonly operation: Operation;
  /** Of the version that the pod runs. */
  readonly steps: readonly Step[];
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
  readonly early: EarlyReturn | undefined;
  exceptionType: string | undefined;
  isPartial: boolean;
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
  const { service } = pod;
  if (service.kind !== 'service') {
    return;
  }
  if (level === 'error') {
    pod.counters.loggedErrors += 1;
  }
  const context = service.isTraced ? { trace, spanId } : { trace: undefined, spanId: '' };
  const isShown = exception !== undefined && service.reporting === 'stack';
  telemetry.log({ pod, timeNs, level, text, ...context, ...(isShown ? { exception } : {}) });
}
