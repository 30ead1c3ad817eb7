import type { LogLevel } from './blueprint.js';

/** How a team words its failures; what is in the words must not be what tells a failure from other lines. */
export interface FailurePhrasing {
  readonly level: LogLevel;
  /** An exception in an operation. */
  readonly thrown: (operation: string, type: string, message: string) => string;
  /** A call that failed. */
  readonly call: (operation: string, callee: string, message: string) => string;
}

const PLAIN: FailurePhrasing = {
  level: 'error',
  thrown: (operation, _type, message) => `${operation} failed: ${message}`,
  call: (operation, callee, message) => `Call ${operation} to ${callee} failed: ${message}`,
};

/** The first is that of systems without a profile. */
export const FAILURE_PHRASINGS: readonly FailurePhrasing[] = [
  PLAIN,
  {
    level: 'error',
    thrown: (_operation, type, message) => `Unhandled ${type}: ${message}`,
    call: (operation, callee, message) => `upstream request ${callee} ${operation}: ${message}`,
  },
  {
    level: 'error',
    thrown: (operation) => `Servlet.service() for path [${operation}] threw exception`,
    call: (_operation, callee, message) => `I/O error on request for "http://${callee}:8080": ${message}`,
  },
  {
    level: 'warn',
    thrown: (operation, _type, message) => `could not complete ${operation}, ${message}`,
    call: (operation, callee) => `${callee} did not give a usable answer to ${operation}`,
  },
  {
    level: 'error',
    thrown: (operation, _type, message) => `rpc error: code = Internal desc = ${message} (${operation})`,
    call: (_operation, callee, message) => `rpc error: code = Unavailable desc = ${callee}: ${message}`,
  },
  {
    level: 'info',
    thrown: (operation, type) => `${operation} finished, outcome=${type}`,
    call: (operation, callee, message) => `${callee} ${operation} outcome=error reason=${message}`,
  },
  {
    level: 'error',
    thrown: (_operation, _type, message) => message,
    call: (_operation, _callee, message) => message,
  },
];

/** @param index of {@link FAILURE_PHRASINGS} */
export function getPhrasing(index: number): FailurePhrasing {
  return FAILURE_PHRASINGS[index] ?? PLAIN;
}
