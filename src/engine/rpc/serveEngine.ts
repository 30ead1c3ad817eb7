/** The engine on its side of a JSON-RPC connection: requests in, replies, progress and heartbeats out. */
import { ResponseError, type CancellationToken, type MessageConnection } from 'vscode-jsonrpc';
import { EngineError } from '../../protocol/engineError.js';
import type { CallContext, EngineApi, EngineMethod } from '../../protocol/engineRpc.js';
import { ENGINE_ERROR, ENGINE_METHODS, HEARTBEAT, HEARTBEAT_INTERVAL_MS, PARTIAL, PING, PROGRESS } from '../../protocol/engineWire.js';
import type { Heartbeat, PartialNotice, ProgressNotice, WireCall, WireErrorData } from '../../protocol/engineWire.js';
import type { Logger } from '../logger.js';
import { toEngineError } from '../toEngineError.js';

export interface ServeOptions {
  readonly log: Logger;
  readonly heartbeatIntervalMs?: number;
}

export interface EngineServer {
  /** Cancels the calls in hand, stops the heartbeat and lets go of the connection. */
  dispose(): void;
}

/** Takes over the connection and starts to listen on it. */
export function serveEngine(
  connection: MessageConnection,
  engine: EngineApi,
  { log, heartbeatIntervalMs = HEARTBEAT_INTERVAL_MS }: ServeOptions,
): EngineServer {
  const ended = new AbortController();
  let calls = 0;

  const notify = (method: string, params: ProgressNotice | PartialNotice | Heartbeat): void => {
    // A peer that is gone needs no news; its end is handled where the connection closes.
    connection.sendNotification(method, params).catch((error: unknown) => {
      log.debug(`${method} was not delivered: ${String(error)}`);
    });
  };
  const serve = async (method: EngineMethod, message: unknown, token: CancellationToken): Promise<unknown> => {
    const cancelled = new AbortController();
    const subscription = token.onCancellationRequested(() => {
      cancelled.abort();
    });
    const signal = AbortSignal.any([cancelled.signal, ended.signal]);
    calls += 1;
    try {
      const { call, params } = toWireCall(method, message);
      const context: CallContext = {
        signal,
        onProgress: (progress) => {
          notify(PROGRESS, { call, progress });
        },
        onPartial: (partial) => {
          notify(PARTIAL, { call, partial });
        },
      };
      // The table ties parameters to methods on both ends; the engine checks the values.
      return await (engine[method] as (params: unknown, context: CallContext) => Promise<unknown>)(params, context);
    } catch (error) {
      const { code, message: reason } = toEngineError(error, signal);
      log[code === 'cancelled' ? 'debug' : 'warn'](`${method} failed (${code}): ${reason}`);
      // Returned, not thrown: the connection would log a thrown one with its stack.
      return new ResponseError<WireErrorData>(ENGINE_ERROR, reason, { code });
    } finally {
      calls -= 1;
      subscription.dispose();
    }
  };

  for (const method of ENGINE_METHODS) {
    connection.onRequest(method, (message: unknown, token: CancellationToken) => serve(method, message, token));
  }
  connection.onRequest(PING, () => null);
  const timer = setInterval(() => {
    notify(HEARTBEAT, { calls, rssBytes: process.memoryUsage.rss() });
  }, heartbeatIntervalMs);
  const dispose = (): void => {
    if (!ended.signal.aborted) {
      ended.abort();
      clearInterval(timer);
      connection.dispose();
    }
  };
  connection.onClose(dispose);
  connection.listen();
  return { dispose };
}

function toWireCall(method: EngineMethod, message: unknown): WireCall {
  if (typeof message === 'object' && message !== null && 'call' in message && 'params' in message && typeof message.call === 'number') {
    return { call: message.call, params: message.params };
  }
  throw new EngineError('bad-argument', `${method} came without a call number or parameters; client and engine are of different versions`);
}
