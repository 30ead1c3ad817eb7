/** The engine as an object on the far side of a JSON-RPC connection. Says nothing about how the process is started. */
import { CancellationTokenSource, ConnectionError, ErrorCodes, ResponseError, type MessageConnection } from 'vscode-jsonrpc';
import { EngineError, isEngineErrorCode } from './engineError.js';
import type { CallContext, EngineApi, EngineMethod, EngineMethods } from './engineRpc.js';
import { ENGINE_METHODS, HEARTBEAT, PARTIAL, PING, PROGRESS } from './engineWire.js';
import type { Heartbeat, PartialNotice, ProgressNotice, WireCall } from './engineWire.js';

export interface EngineClient {
  /** Every call settles: with the reply, an `EngineError`, or, when the connection ends first, an `EngineError` that says so. */
  readonly api: EngineApi;
  /** Resolves when the engine's event loop answers. */
  ping(): Promise<void>;
  /** @returns removes the listener */
  onHeartbeat(listener: (heartbeat: Heartbeat) => void): () => void;
  /** Called once when the connection ends, whoever ended it. */
  onClose(listener: () => void): void;
  /** Rejects the calls in hand. */
  dispose(): void;
}

/** Takes over the connection: starts to listen on it, and disposes of it. */
export function createEngineClient(connection: MessageConnection): EngineClient {
  const contexts = new Map<number, CallContext>();
  const heartbeatListeners = new Set<(heartbeat: Heartbeat) => void>();
  const closeListeners = new Set<() => void>();
  let lastCall = 0;
  let closed = false;

  const close = (): void => {
    if (closed) {
      return;
    }
    closed = true;
    // Disposing rejects pending requests, which the end of the transport alone does not.
    connection.dispose();
    closeListeners.forEach((listener) => {
      listener();
    });
  };
  connection.onClose(close);
  // A message that cannot be written (the peer died, its pipe is still open) has no reply to wait for.
  connection.onError(close);
  connection.onNotification(PROGRESS, ({ call, progress }: ProgressNotice) => contexts.get(call)?.onProgress(progress));
  connection.onNotification(PARTIAL, ({ call, partial }: PartialNotice) => contexts.get(call)?.onPartial(partial));
  connection.onNotification(HEARTBEAT, (heartbeat: Heartbeat) => {
    heartbeatListeners.forEach((listener) => {
      listener(heartbeat);
    });
  });
  connection.listen();

  const request = async <M extends EngineMethod>(
    method: M,
    params: EngineMethods[M]['params'],
    context: CallContext,
  ): Promise<EngineMethods[M]['result']> => {
    refuseAborted(context.signal);
    const call = ++lastCall;
    const cancellation = new CancellationTokenSource();
    const cancel = (): void => {
      cancellation.cancel();
    };
    contexts.set(call, context);
    context.signal.addEventListener('abort', cancel, { once: true });
    try {
      const message: WireCall = { call, params };
      return await connection.sendRequest<EngineMethods[M]['result']>(method, message, cancellation.token);
    } catch (error) {
      throw toEngineError(error, closed);
    } finally {
      context.signal.removeEventListener('abort', cancel);
      contexts.delete(call);
      cancellation.dispose();
    }
  };

  return {
    api: Object.fromEntries(ENGINE_METHODS.map((method) => [method, request.bind(undefined, method)])) as EngineApi,
    async ping() {
      try {
        await connection.sendRequest(PING);
      } catch (error) {
        throw toEngineError(error, closed);
      }
    },
    onHeartbeat(listener) {
      heartbeatListeners.add(listener);
      return () => heartbeatListeners.delete(listener);
    },
    onClose(listener) {
      if (closed) {
        listener();
      } else {
        closeListeners.add(listener);
      }
    },
    dispose: close,
  };
}

function refuseAborted(signal: AbortSignal): void {
  if (signal.aborted) {
    throw new EngineError('cancelled', 'cancelled');
  }
}

function toEngineError(error: unknown, closed: boolean): EngineError {
  if (error instanceof ResponseError && error.code !== ErrorCodes.PendingResponseRejected) {
    const data: unknown = error.data;
    const code = typeof data === 'object' && data !== null && 'code' in data ? data.code : undefined;
    return new EngineError(isEngineErrorCode(code) ? code : 'internal', error.message, { cause: error });
  }
  if (closed || error instanceof ResponseError || error instanceof ConnectionError) {
    return new EngineError('internal', 'the engine has stopped before it answered', { cause: error });
  }
  return new EngineError('internal', `the engine cannot be reached: ${error instanceof Error ? error.message : String(error)}`, {
    cause: error,
  });
}
