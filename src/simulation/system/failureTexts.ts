import type { LogLevel } from './blueprint.js';

/** How a team words its failures; what is in the words must not be what tells a failure from other lines. */
export interface FailurePhrasing {
  readonly level: LogLevel;
  /** An exception in an operation. */
  readonly thrown: (operation: string, type: string, message: string) => string;
  /** A call that failed. */
  readonly call: (operation: string, callee: string, message: string) => string;
  /** An answer that lacks something; no failure by itself. */
  readonly partial: (operation: string, callee: string) => string;
}

const PLAIN: FailurePhrasing = {
  level: 'error',
  thrown: (operation, _type, message) => `${operation} failed: ${message}`,
  call: (operation, callee, message) => `Call ${operation} to ${callee} failed: ${message}`,
  partial: (operation, callee) => `No data from ${callee} for ${operation}`,
};

/** The first is that of systems without a profile. */
export const FAILURE_PHRASINGS: readonly FailurePhrasing[] = [
  PLAIN,
  {
    level: 'error',
    thrown: (_operation, type, message) => `Unhandled ${type}: ${message}`,
    call: (operation, callee, message) => `upstream request ${callee} ${operation}: ${message}`,
    partial: (_operation, callee) => `upstream ${callee} returned an empty body`,
  },
  {
    level: 'error',
    thrown: (operation) => `Servlet.service() for path [${operation}] threw exception`,
    call: (_operation, callee, message) => `I/O error on request for "http://${callee}:8080": ${message}`,
    partial: (operation) => `${operation} gave null, using an empty result`,
  },
  {
    level: 'warn',
    thrown: (operation, _type, message) => `could not complete ${operation}, ${message}`,
    call: (operation, callee) => `${callee} did not give a usable answer to ${operation}`,
    partial: (operation) => `nothing found by ${operation}`,
  },
  {
    level: 'error',
    thrown: (operation, _type, message) => `rpc error: code = Internal desc = ${message} (${operation})`,
    call: (_operation, callee, message) => `rpc error: code = Unavailable desc = ${callee}: ${message}`,
    partial: (operation, callee) => `${callee}.${operation}: 0 results`,
  },
  {
    level: 'info',
    thrown: (operation, type) => `${operation} finished, outcome=${type}`,
    call: (operation, callee, message) => `${callee} ${operation} outcome=error reason=${message}`,
    partial: (operation, callee) => `${callee} ${operation} outcome=empty`,
  },
  {
    level: 'error',
    thrown: (_operation, _type, message) => message,
    call: (_operation, _callee, message) => message,
    partial: () => 'result is empty, skipping',
  },
];

/** @param index of {@link FAILURE_PHRASINGS} */
export function getPhrasing(index: number): FailurePhrasing {
  return FAILURE_PHRASINGS[index] ?? PLAIN;
}
