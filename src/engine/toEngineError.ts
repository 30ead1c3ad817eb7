import { EngineError } from '../protocol/engineError.js';

/**
 * Words any failure for the outside. Errors that are not ours keep their message only where it cannot quote telemetry:
 * a parser's message quotes what it read.
 */
export function toEngineError(error: unknown, signal?: AbortSignal): EngineError {
  if (error instanceof EngineError) {
    return error;
  }
  if (signal?.aborted === true || (error instanceof Error && error.name === 'AbortError')) {
    return new EngineError('cancelled', 'cancelled', { cause: error });
  }
  if (!(error instanceof Error)) {
    return new EngineError('internal', 'unexpected failure without a reason', { cause: error });
  }
  const [line = ''] = error.message.split('\n');
  const reason = error instanceof SyntaxError || line === '' ? error.name : line;
  return new EngineError('internal', `unexpected failure: ${reason}`, { cause: error });
}
