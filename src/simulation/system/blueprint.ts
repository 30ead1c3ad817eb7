/** A simulated system as it is designed: services, their operations and what each step of an operation does. */

export type ServiceKind = 'service' | 'database' | 'cache' | 'queue';
export type Language = 'java' | 'python' | 'node' | 'go' | 'dotnet';
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/**
 * What a caller makes of an answer that lacks something: nothing; nothing that shows, but its own answer lacks it too; or that and: a line about it,
 * the next step left out, all other steps left out, an exception.
 */
export const PARTIAL_REACTIONS = ['ignores', 'passes-on', 'notes', 'skips', 'stops', 'fails'] as const;
export type PartialReaction = (typeof PARTIAL_REACTIONS)[number];

export interface CallBlueprint {
  readonly service: string;
  readonly operation: string;
  /** When the call fails: the caller goes on with a fallback instead of failing too. */
  readonly isOptional: boolean;
  /** Default `ignores`. */
  readonly onPartial?: PartialReaction;
}

export type StepBlueprint =
  /** CPU work: `share` of the operation's `workMs`. */
  | { readonly kind: 'work'; readonly share: number }
  /** A log line; `{…}` in the text are variables (see logText.ts). */
  | { readonly kind: 'log'; readonly level: LogLevel; readonly text: string; readonly probability: number }
  /** Calls made at once; the step ends when all have answered. */
  | { readonly kind: 'call'; readonly calls: readonly CallBlueprint[]; readonly probability: number }
  /** A message to `queue` that `service` consumes later, in the same trace. */
  | {
      readonly kind: 'publish';
      readonly queue: string;
      readonly service: string;
      readonly operation: string;
      readonly probability: number;
    };

export interface OperationBlueprint {
  /** Span name: `POST /checkout`, `shop.Payment/Charge`, `SELECT orders`. */
  readonly name: string;
  /** Median CPU time of the operation itself. */
  readonly workMs: number;
  /** Sigma of its log-normal distribution. */
  readonly sigma: number;
  readonly steps: readonly StepBlueprint[];
}

/** What a service writes about a failure: a line with its stack trace, the line alone, or nothing at all. */
export type FailureReporting = 'stack' | 'line' | 'silent';

export interface ServiceBlueprint {
  readonly name: string;
  readonly kind: ServiceKind;
  readonly language: Language;
  readonly replicas: number;
  /** Repeats of a failed call that is worth repeating (timeout, connection). */
  readonly retries: number;
  readonly operations: readonly OperationBlueprint[];
  /** Default `stack`. */
  readonly reporting?: FailureReporting;
  /** Index of its wording of failures, see failureTexts.ts; default 0. */
  readonly phrasing?: number;
  /** Whether it writes a client span for each call, or its callees' spans hang on its server span; default true. */
  readonly hasClientSpans?: boolean;
  /** False: it passes trace context on but writes no spans; default true. */
  readonly isTraced?: boolean;
  /** Whether its log lines are collected; default true. */
  readonly isLogged?: boolean;
  /** Whether its pods are scraped; default true. */
  readonly isMeasured?: boolean;
}

export interface RequestBlueprint {
  readonly service: string;
  readonly operation: string;
  readonly weight: number;
}

export interface SystemBlueprint {
  readonly namespace: string;
  readonly services: readonly ServiceBlueprint[];
  /** What users ask for from outside. */
  readonly requests: readonly RequestBlueprint[];
}

export function work(share: number): StepBlueprint {
  return { kind: 'work', share };
}

export function say(text: string, level: LogLevel = 'info', probability = 1): StepBlueprint {
  return { kind: 'log', level, text, probability };
}

export function call(service: string, operation: string, probability = 1): StepBlueprint {
  return { kind: 'call', calls: [{ service, operation, isOptional: false }], probability };
}

export function tryCall(service: string, operation: string, probability = 1): StepBlueprint {
  return { kind: 'call', calls: [{ service, operation, isOptional: true }], probability };
}

/** Calls at once, all needed. */
export function together(...targets: readonly (readonly [service: string, operation: string])[]): StepBlueprint {
  return { kind: 'call', calls: targets.map(([service, operation]) => ({ service, operation, isOptional: false })), probability: 1 };
}

export function publish(queue: string, service: string, operation: string, probability = 1): StepBlueprint {
  return { kind: 'publish', queue, service, operation, probability };
}

export function operation(name: string, workMs: number, steps: readonly StepBlueprint[], sigma = 0.35): OperationBlueprint {
  return { name, workMs, sigma, steps };
}

/** `otlp`: OTLP JSON lines; `pino` and `zap`: JSON lines; `java` and `python`: plain text with stack traces on the lines after. */
export const LOG_STYLES = ['otlp', 'pino', 'zap', 'java', 'python'] as const;
export type LogStyle = (typeof LOG_STYLES)[number];
