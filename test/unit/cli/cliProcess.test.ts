import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Diagnosis, EmbedResult, StateView } from '../../../src/protocol/views.js';
import { bundleProgram, removeBundle } from '../engine/bundle.js';
import { createTemporaryFolder } from '../engine/temporaryFolder.js';

const TIMEOUT = { timeout: 120_000 };
const SMALL_INCIDENT = ['--seed', '3', '--minutes', '6', '--services', '5', '--json'];
let program = '';
beforeAll(async () => {
  program = await bundleProgram('src/cli/main.ts');
});
afterAll(() => {
  removeBundle(program);
});

interface Finished {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

function start(
  args: readonly string[],
  onError: (text: string, stop: (signal: NodeJS.Signals) => void) => void = () => undefined,
): Promise<Finished> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let out = '';
  let error = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    error += text;
    onError(error, (signal) => child.kill(signal));
  });
  return new Promise((resolve) =>
    child.once('close', (code) => {
      resolve({ code, out, error });
    }),
  );
}

describe('the program', () => {
  it('ends with the exit codes of the contract', TIMEOUT, async () => {
    const db = path.join(createTemporaryFolder(), 'store.db');
    expect((await start(['--version'])).code).toBe(0);
    expect((await start(['states', '--db', db])).code).toBe(1);
    expect((await start(['states', '--db', db, '--jsn'])).code).toBe(2);
  });

  it('puts one JSON document on stdout, and progress on stderr', TIMEOUT, async () => {
    const folder = createTemporaryFolder();
    const db = path.join(folder, 'store.db');
    const simulated = JSON.parse((await start(['simulate', '--out', path.join(folder, 'incident'), ...SMALL_INCIDENT])).out) as {
      files: string[];
    };
    const files = simulated.files.filter((file) => !file.endsWith('labels.csv'));
    const { code, out, error } = await start(['embed', ...files, '--window', '60s', '--provider', 'cpu', '--db', db, '--json']);
    expect(error).toContain('Reading');
    expect(code).toBe(0);
    expect(out.trimEnd().split('\n')).toHaveLength(1);
    const result = JSON.parse(out) as EmbedResult;
    expect(result.files.map((file) => file.path)).toEqual(files);
    expect(result.slices).toBeGreaterThan(8);

    const { states } = JSON.parse((await start(['states', '--db', db, '--json'])).out) as { states: StateView[] };
    expect(states.reduce((sum, state) => sum + state.slices, 0)).toBe(result.slices);
    const [from, to] = [result.files[0]?.firstNs ?? '', result.files[0]?.lastNs ?? ''];
    const diagnosis = JSON.parse((await start(['diagnose', '--from', from, '--to', to, '--db', db, '--json'])).out) as Diagnosis;
    expect(diagnosis.rootCauses.map(({ entity }) => entity).sort()).toEqual([...result.entities].sort());

    const again = await start(['embed', ...files, '--window', '60s', '--provider', 'cpu', '--db', db, '--json']);
    expect(JSON.parse(again.out)).toMatchObject({ run: result.run, reused: true });
  });

  it('stops cleanly on Ctrl-C, with a store that stays whole', TIMEOUT, async () => {
    const folder = createTemporaryFolder();
    const db = path.join(folder, 'store.db');
    let stopped = false;
    await start(['simulate', '--out', path.join(folder, 'incident'), ...SMALL_INCIDENT]);
    const finished = await start(['embed', path.join(folder, 'incident'), '--provider', 'cpu', '--db', db], (error, stop) => {
      if (error.includes('Reading') && !stopped) {
        stopped = true;
        stop('SIGINT');
      }
    });
    expect(finished.code).toBe(1);
    expect(finished.out).toBe('');
    expect(finished.error.trimEnd().endsWith('runtimeslicer: cancelled')).toBe(true);
    expect((await start(['runs', '--db', db, '--json'])).out).toBe('{"runs":[]}\n');
  });

  it('survives a reader that leaves early', TIMEOUT, async () => {
    const child = spawn(process.execPath, [program, 'help'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect(code).toBe(0);
  });

  it('starts without loading the ONNX runtime', () => {
    const text = fs.readFileSync(program, 'utf8');
    expect(text).not.toMatch(/from ["']onnxruntime-node["']/);
  });
});
