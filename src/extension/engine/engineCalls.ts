/** What the rest of the extension asks of the engine; the process behind it may not be running yet. */
import type { CallContext, EngineMethod, EngineMethods } from '../../protocol/engineRpc.js';
import { EngineError } from '../../protocol/engineError.js';

export interface EngineCalls {
  /** @throws EngineError, always; `cancelled` when `context.signal` aborted. */
  call<M extends EngineMethod>(
    method: M,
    params: EngineMethods[M]['params'],
    context?: Partial<CallContext>,
  ): Promise<EngineMethods[M]['result']>;
}

export function isCancelled(error: unknown): boolean {
  return error instanceof EngineError && error.code === 'cancelled';
}

/** One line for a person. */
export function toErrorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
