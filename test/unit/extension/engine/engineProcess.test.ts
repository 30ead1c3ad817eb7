import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { connectEngine } from '../../../../src/extension/engine/connectEngine.js';
import { EngineProcess, type EngineProcessOptions } from '../../../../src/extension/engine/engineProcess.js';
import type { EmbedParams } from '../../../../src/protocol/views.js';

const PARAMS: EmbedParams = { paths: [], window: 'auto', provider: 'auto' };
const started: EngineProcess[] = [];

function start(mode: string, changes: Partial<EngineProcessOptions> = {}): { readonly engine: EngineProcess; readonly lines: string[] } {
  const lines: string[] = [];
  const engine = new EngineProcess({
    modulePath: path.join(import.meta.dirname, 'childEngine.mjs'),
    args: [mode],
    loadConnection: () => Promise.resolve(connectEngine),
    log: (line) => lines.push(line),
    backOff: { delaysMs: [1, 1], stableMs: 60_000 },
    ...changes,
  });
  started.push(engine);
  return { engine, lines };
}

const pidOf = async (engine: EngineProcess): Promise<number> => Number((await engine.call('runs', {}))[0]?.run);

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((engine) => engine.dispose()));
});

describe('EngineProcess', () => {
  it('starts with the first call and keeps the process for the next', async () => {
    const { engine } = start('works');
    expect(engine.status).toEqual({ kind: 'stopped' });
    const pid = await pidOf(engine);
    expect(await pidOf(engine)).toBe(pid);
    expect(engine.status).toEqual({ kind: 'running', pid });
  });

  it('settles every pending call when the process crashes, names the signal, and starts again', async () => {
    const { engine } = start('works');
    const first = await pidOf(engine);
    const pending = [engine.call('embed', PARAMS), engine.call('doctor', {})];
    const settled = await Promise.allSettled(pending);
    expect(settled.map((outcome) => (outcome.status === 'rejected' ? String(outcome.reason) : 'done'))).toEqual([
      'EngineError: The engine stopped unexpectedly (signal SIGSEGV).',
      'EngineError: The engine stopped unexpectedly (signal SIGSEGV).',
    ]);
    expect(engine.status.kind).toBe('crashed');
    expect(await pidOf(engine)).not.toBe(first);
  });

  it('gives up after repeated failures, keeps what the process said, and works again after a restart', async () => {
    const { engine, lines } = start('exit-at-start');
    const statuses: string[] = [];
    engine.onDidChangeStatus((status) => statuses.push(status.kind));
    for (let attempt = 0; attempt < 3; attempt++) {
      await expect(engine.call('runs', {})).rejects.toThrow('The engine stopped unexpectedly (exit code 3).');
    }
    await expect(engine.call('runs', {})).rejects.toThrow('keeps failing');
    expect(statuses).toEqual(['running', 'crashed', 'running', 'crashed', 'running', 'failed']);
    expect(lines).toContain('native module missing');
    await engine.restart();
    expect(engine.status.kind).toBe('stopped');
    await expect(engine.call('runs', {})).rejects.toThrow('exit code 3');
  });

  it('says so when there is nothing to start', async () => {
    const { engine } = start('works', { modulePath: path.join(import.meta.dirname, 'missing.mjs') });
    await expect(engine.call('runs', {})).rejects.toThrow('exit code 1');
  });

  it('passes progress and cancellation on, and keeps the process', async () => {
    const { engine } = start('works');
    const pid = await pidOf(engine);
    const controller = new AbortController();
    const progress: string[] = [];
    const embed = engine.call('embed', PARAMS, {
      signal: controller.signal,
      onProgress: (step) => {
        progress.push(step.detail);
        controller.abort();
      },
    });
    await expect(embed).rejects.toMatchObject({ code: 'cancelled' });
    expect(progress).toEqual(['a.csv']);
    expect(await pidOf(engine)).toBe(pid);
  });

  it('ends a process that does not stop when cancelled; that is no failure', async () => {
    const { engine } = start('ignore-cancel', { cancelGraceMs: 20 });
    const pid = await pidOf(engine);
    const controller = new AbortController();
    const embed = engine.call('embed', PARAMS, {
      signal: controller.signal,
      onProgress: () => {
        controller.abort();
      },
    });
    await expect(embed).rejects.toMatchObject({ code: 'cancelled' });
    expect(engine.status.kind).toBe('stopped');
    expect(await pidOf(engine)).not.toBe(pid);
  });

  it('refuses a call that was cancelled before it began, without starting anything', async () => {
    const { engine } = start('works');
    await expect(engine.call('runs', {}, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' });
    expect(engine.status.kind).toBe('stopped');
  });

  it('ends a process that stops answering', async () => {
    const { engine } = start('works', { heartbeat: { intervalMs: 20, timeoutMs: 500 } });
    const pid = await pidOf(engine);
    await expect(engine.call('timeline', {})).rejects.toThrow('did not answer');
    await expect.poll(() => isAlive(pid), { timeout: 5000 }).toBe(false);
    expect(engine.status.kind).toBe('crashed');
  });

  it('stops the process and settles its calls when disposed', async () => {
    const { engine } = start('works');
    const pid = await pidOf(engine);
    const embed = engine.call('embed', PARAMS);
    await Promise.all([expect(embed).rejects.toThrow('closing'), engine.dispose()]);
    expect(isAlive(pid)).toBe(false);
    await expect(engine.call('runs', {})).rejects.toThrow('closing');
  });

  it('does not make the process wait for a debugger', async () => {
    const before = process.env.NODE_OPTIONS;
    process.env.NODE_OPTIONS = '--no-such-option';
    try {
      expect(await pidOf(start('works').engine)).toBeGreaterThan(0);
    } finally {
      if (before === undefined) {
        delete process.env.NODE_OPTIONS;
      } else {
        process.env.NODE_OPTIONS = before;
      }
    }
  });
});
