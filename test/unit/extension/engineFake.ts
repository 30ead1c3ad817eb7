/** An engine for the tests of the extension: it answers from a table, and remembers what it was asked. */
import type { EngineCalls } from '../../../src/extension/engine/engineCalls.js';
import { EngineError } from '../../../src/protocol/engineError.js';
import type { CallContext, EngineMethod, EngineMethods } from '../../../src/protocol/engineRpc.js';

export type Answers = {
  [M in EngineMethod]?: (params: EngineMethods[M]['params'], context: Partial<CallContext>) => Promise<EngineMethods[M]['result']>;
};

export function createEngine(answers: Answers): EngineCalls & { readonly asked: string[]; readonly params: unknown[] } {
  const asked: string[] = [];
  const allParams: unknown[] = [];
  return {
    asked,
    params: allParams,
    call: (method, params, context = {}) => {
      asked.push(method);
      allParams.push(params);
      const answer = answers[method];
      return answer === undefined ? Promise.reject(new EngineError('internal', `no answer for ${method}`)) : answer(params, context);
    },
  };
}

/** Settles, with `cancelled`, only when its signal aborts. */
export function untilAborted({ signal }: Partial<CallContext>): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => {
      reject(new EngineError('cancelled', 'cancelled'));
    });
  });
}
