import { fork, spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createMessageConnection, IPCMessageReader, IPCMessageWriter, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node';
import { createEngineClient, type EngineClient } from '../../../../src/protocol/engineClient.js';
import { bundleProgram, removeBundle } from '../bundle.js';
import { createContext } from '../engineBuilders.js';
import { createTemporaryFolder } from '../temporaryFolder.js';

const TIMEOUT = { timeout: 30_000 };
let program = '';
beforeAll(async () => {
  program = await bundleProgram('src/engine/main.ts');
});
afterAll(() => {
  removeBundle(program);
});

interface RunningEngine {
  readonly child: ChildProcess;
  readonly client: EngineClient;
  readonly exited: Promise<number | NodeJS.Signals | null>;
  readonly errorOutput: () => string;
}

function startEngine(args: readonly string[]): RunningEngine {
  const child = fork(program, [...args], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const client = createEngineClient(createMessageConnection(new IPCMessageReader(child), new IPCMessageWriter(child)));
  onTestFinished(() => {
    client.dispose();
    child.kill('SIGKILL');
  });
  const exited = new Promise<number | NodeJS.Signals | null>((resolve) =>
    child.once('exit', (code, signal) => {
      resolve(signal ?? code);
    }),
  );
  return { child, client, exited, errorOutput: () => errors };
}

async function untilGone(pid: number): Promise<void> {
  await expect
    .poll(
      () => {
        try {
          process.kill(pid, 0);
          // A zombie of a container without an init is gone as well.
          return fs.existsSync(`/proc/${pid}/stat`) && fs.readFileSync(`/proc/${pid}/stat`, 'utf8').includes(' Z ');
        } catch {
          return true;
        }
      },
      { timeout: 10_000 },
    )
    .toBe(true);
}

describe('the engine process', () => {
  it('answers, and ends by itself when its parent lets go of it', TIMEOUT, async () => {
    const { child, client, exited } = startEngine(['--db', path.join(createTemporaryFolder(), 'store.db')]);
    expect(await client.api.timeline({}, createContext())).toBeNull();
    await expect(client.api.states({}, createContext())).rejects.toMatchObject({ code: 'no-run' });
    child.disconnect();
    expect(await exited).toBe(0);
  });

  it('writes the sample incident', TIMEOUT, async () => {
    const folder = createTemporaryFolder();
    const { client } = startEngine(['--db', path.join(folder, 'store.db')]);
    const { paths } = await client.api.writeSample({ directory: path.join(folder, 'sample') }, createContext());
    expect(paths.length).toBeGreaterThan(3);
    expect(paths.every((file) => fs.statSync(file).size > 0)).toBe(true);
    expect(fs.existsSync(path.join(folder, 'sample', 'labels.csv'))).toBe(true);
  });

  it('rejects the calls in hand when it is killed', TIMEOUT, async () => {
    const { child, client, exited } = startEngine(['--db', path.join(createTemporaryFolder(), 'store.db')]);
    await client.ping();
    child.kill('SIGSTOP');
    const call = client.api.runs({}, createContext());
    const outcome = expect(call).rejects.toMatchObject({ name: 'EngineError', code: 'internal' });
    child.kill('SIGKILL');
    await exited;
    await outcome;
    await expect(client.api.runs({}, createContext())).rejects.toMatchObject({ name: 'EngineError' });
  });

  it('ends when its parent is killed', TIMEOUT, async () => {
    const host = spawn(process.execPath, [
      path.join(import.meta.dirname, 'hostProgram.mjs'),
      program,
      path.join(createTemporaryFolder(), 'store.db'),
    ]);
    const pid = await new Promise<number>((resolve) =>
      host.stdout.once('data', (text: Buffer) => {
        resolve(Number(text.toString()));
      }),
    );
    expect(pid).toBeGreaterThan(0);
    host.kill('SIGKILL');
    await untilGone(pid);
  });

  it('stays up with a store it cannot open, and says why to every call', TIMEOUT, async () => {
    const folder = createTemporaryFolder();
    fs.writeFileSync(path.join(folder, 'file'), '');
    const { client } = startEngine(['--db', path.join(folder, 'file', 'store.db')]);
    for (let i = 0; i < 2; i++) {
      await expect(client.api.runs({}, createContext())).rejects.toMatchObject({
        code: 'store',
        message: expect.stringContaining('store.db') as string,
      });
    }
    await client.ping();
  });

  it('refuses to start without a store, in one line', TIMEOUT, async () => {
    const { exited, errorOutput } = startEngine([]);
    expect(await exited).toBe(1);
    expect(errorOutput()).toBe('the engine needs --db FILE\n');
  });

  it('logs to a file when told to', TIMEOUT, async () => {
    const folder = createTemporaryFolder();
    const logFile = path.join(folder, 'logs', 'engine.log');
    const { client, child, exited } = startEngine(['--db', path.join(folder, 'store.db'), '--log', logFile, '--log-level', 'debug']);
    await client.ping();
    child.disconnect();
    await exited;
    expect(fs.readFileSync(logFile, 'utf8')).toMatch(/^\d{4}-\S+Z INFO {2}engine .* started, pid \d+/);
  });

  it('speaks over stdin and stdout as well', TIMEOUT, async () => {
    const child = spawn(process.execPath, [program, '--stdio', '--db', path.join(createTemporaryFolder(), 'store.db')], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    const exited = new Promise((resolve) => child.once('exit', resolve));
    const client = createEngineClient(createMessageConnection(new StreamMessageReader(child.stdout), new StreamMessageWriter(child.stdin)));
    expect(await client.api.runs({}, createContext())).toEqual([]);
    child.stdin.end();
    expect(await exited).toBe(0);
  });
});
