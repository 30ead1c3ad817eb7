import type { EngineErrorCode } from './engineRpc.js';

const CODES: readonly EngineErrorCode[] = [
  'cancelled',
  'no-input',
  'no-records',
  'no-run',
  'bad-argument',
  'model',
  'provider',
  'store',
  'internal',
];

/**
 * What every failed call of the engine rejects with. `message` is one line a person can act on: what is wrong, where, what to
 * do; never the content of a log line.
 */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly code: EngineErrorCode;

  constructor(code: EngineErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Checks a code that came over the wire. */
export function isEngineErrorCode(value: unknown): value is EngineErrorCode {
  return CODES.some((code) => code === value);
}
