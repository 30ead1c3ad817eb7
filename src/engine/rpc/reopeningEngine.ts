import type { CallContext, EngineApi } from '../../protocol/engineRpc.js';
import { ENGINE_METHODS } from '../../protocol/engineWire.js';
import type { Engine } from '../engine.js';

export interface ReopeningEngine {
  readonly api: EngineApi;
  dispose(): Promise<void>;
}

/**
 * An engine that is opened with its first call. While that fails (the store is locked, its folder not writable), every call
 * rejects with the reason and the next one tries again, instead of a process that dies with a reason nobody sees.
 */
export function createReopeningEngine(open: () => Engine): ReopeningEngine {
  let engine: Engine | undefined;
  const toMethod =
    (method: keyof EngineApi) =>
    async (params: unknown, context: CallContext): Promise<unknown> => {
      engine ??= open();
      return (engine[method] as (params: unknown, context: CallContext) => Promise<unknown>)(params, context);
    };
  return {
    // Method by method the same object as `engine`: the table of methods types both.
    api: Object.fromEntries(ENGINE_METHODS.map((method) => [method, toMethod(method)])) as unknown as EngineApi,
    dispose: async () => engine?.dispose(),
  };
}
