import { MessageChannel } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createMessageConnection, PortMessageReader, PortMessageWriter } from 'vscode-jsonrpc/node';
import { silentLogger } from '../../../../src/engine/logger.js';
import { serveEngine, type EngineServer } from '../../../../src/engine/rpc/serveEngine.js';
import { createEngineClient, type EngineClient } from '../../../../src/protocol/engineClient.js';
import { EngineError } from '../../../../src/protocol/engineError.js';
import type { EmbedProgress, EngineApi } from '../../../../src/protocol/engineRpc.js';
import { ENGINE_METHODS } from '../../../../src/protocol/engineWire.js';
import { createContext } from '../engineBuilders.js';

const refuse = (): Promise<never> => Promise.reject(new EngineError('internal', 'not part of this test'));

function connect(methods: Partial<EngineApi>): { client: EngineClient; server: EngineServer; endTransport: () => void } {
  const { port1, port2 } = new MessageChannel();
  const engine = { ...Object.fromEntries(ENGINE_METHODS.map((method) => [method, refuse])), ...methods } as EngineApi;
  const server = serveEngine(createMessageConnection(new PortMessageReader(port1), new PortMessageWriter(port1)), engine, {
    log: silentLogger,
    heartbeatIntervalMs: 5,
  });
  const client = createEngineClient(createMessageConnection(new PortMessageReader(port2), new PortMessageWriter(port2)));
  onTestFinished(() => {
    client.dispose();
    server.dispose();
    port1.close();
    port2.close();
  });
  const endTransport = (): void => {
    port1.close();
  };
  return { client, server, endTransport };
}

/** Rejects when its call is cancelled, as every method of the engine does. */
const untilAborted: EngineApi['states'] = (_params, { signal }) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(new EngineError('cancelled', 'stopped'));
    });
  });

describe('a call over RPC', () => {
  it('carries parameters and result', async () => {
    const { client } = connect({
      states: (scope) => Promise.resolve([{ id: scope.run ?? '', name: 'usual', slices: 1, abnormal: false, evidence: [] }]),
    });
    expect(await client.api.states({ run: 'r1' }, createContext())).toEqual([
      { id: 'r1', name: 'usual', slices: 1, abnormal: false, evidence: [] },
    ]);
  });

  it('carries null', async () => {
    const { client } = connect({ timeline: () => Promise.resolve(null) });
    expect(await client.api.timeline({}, createContext())).toBeNull();
  });

  it.each(['no-run', 'store', 'bad-argument', 'model'] as const)('rejects with the code %s and the reason', async (code) => {
    const { client } = connect({ states: () => Promise.reject(new EngineError(code, 'what and what to do')) });
    const error: unknown = await client.api.states({}, createContext()).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(EngineError);
    expect(error).toMatchObject({ code, message: 'what and what to do' });
  });

  it('hides stack and quotes of an unforeseen failure', async () => {
    const { client } = connect({ states: () => Promise.reject(new SyntaxError('Unexpected token, "secret" is not valid JSON')) });
    const error: unknown = await client.api.states({}, createContext()).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'internal', message: 'unexpected failure: SyntaxError' });
    expect(JSON.stringify((error as EngineError).cause)).not.toMatch(/secret|engineRpc\.test/);
  });

  it('brings progress and partial results to the call they belong to', async () => {
    const toProgress = (detail: string): EmbedProgress => ({ phase: 'parse', fraction: 0.5, detail, records: 1 });
    const { client } = connect({
      transitions: ({ run = '' }, { onProgress, onPartial }) => {
        onProgress(toProgress(run));
        onPartial({ startNs: '1', binMs: 10, density: { log: [1], trace: [], metric: [] } });
        return Promise.resolve([]);
      },
    });
    const seen: string[] = [];
    const partials: string[] = [];
    await Promise.all(
      ['a', 'b'].map((run) =>
        client.api.transitions(
          { run },
          {
            ...createContext(),
            onProgress: ({ detail }) => seen.push(`${run} got ${detail}`),
            onPartial: ({ startNs }) => partials.push(startNs),
          },
        ),
      ),
    );
    expect(seen.sort()).toEqual(['a got a', 'b got b']);
    expect(partials).toEqual(['1', '1']);
  });

  it('is cancelled by its signal, on the engine side too', async () => {
    const { client } = connect({ states: untilAborted });
    const cancellation = new AbortController();
    const call = client.api.states({}, createContext(cancellation.signal));
    setTimeout(() => {
      cancellation.abort();
    }, 10);
    await expect(call).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('with an aborted signal is never sent', async () => {
    let calls = 0;
    const { client } = connect({
      states: () => {
        calls += 1;
        return Promise.resolve([]);
      },
    });
    await expect(client.api.states({}, createContext(AbortSignal.abort()))).rejects.toMatchObject({ code: 'cancelled' });
    await client.ping();
    expect(calls).toBe(0);
  });

  it('rejects when the client is disposed of, as do later ones', async () => {
    const { client } = connect({ states: untilAborted });
    const call = client.api.states({}, createContext());
    const outcome = expect(call).rejects.toMatchObject({
      name: 'EngineError',
      code: 'internal',
      message: 'the engine has stopped before it answered',
    });
    client.dispose();
    await outcome;
    await expect(client.api.states({}, createContext())).rejects.toMatchObject({ name: 'EngineError', code: 'internal' });
    await expect(client.ping()).rejects.toMatchObject({ name: 'EngineError' });
  });

  it('rejects when the far side ends', async () => {
    const { client, endTransport } = connect({ states: () => new Promise(() => undefined) });
    const closed = new Promise<void>((resolve) => {
      client.onClose(resolve);
    });
    const outcome = expect(client.api.states({}, createContext())).rejects.toMatchObject({ name: 'EngineError', code: 'internal' });
    await client.ping();
    endTransport();
    await outcome;
    await closed;
  });

  it('is aborted on the engine side when the client is gone', async () => {
    const aborted = Promise.withResolvers<undefined>();
    const begun = Promise.withResolvers<undefined>();
    const { client, server } = connect({
      states: (_params, { signal }) => {
        begun.resolve(undefined);
        signal.addEventListener('abort', () => {
          aborted.resolve(undefined);
        });
        return new Promise(() => undefined);
      },
    });
    client.api.states({}, createContext()).catch(() => undefined);
    await begun.promise;
    server.dispose();
    await aborted.promise;
  });
});

describe('the heartbeat', () => {
  it('tells the calls in hand until its listener is removed', async () => {
    const { client } = connect({ states: untilAborted });
    const cancellation = new AbortController();
    const call = client.api.states({}, createContext(cancellation.signal)).catch(() => undefined);
    const heartbeat = await new Promise<{ calls: number; rssBytes: number }>((resolve) => {
      const remove = client.onHeartbeat((beat) => {
        if (beat.calls === 1) {
          remove();
          resolve(beat);
        }
      });
    });
    expect(heartbeat.rssBytes).toBeGreaterThan(1_000_000);
    cancellation.abort();
    await call;
  });
});
