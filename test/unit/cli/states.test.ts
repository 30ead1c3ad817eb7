import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StateView } from '../../../src/protocol/views.js';
import { createTemporaryFolder } from '../engine/temporaryFolder.js';
import { writeShop } from '../engine/labelledShop.js';
import { runTestCli, type CliRun } from './cliRun.js';

let folder = '';
beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'runtimeslicer-'));
  await writeShop(path.join(folder, 'shop'));
  const { code } = await runTestCli(['embed', path.join(folder, 'shop'), '--db', path.join(folder, 'store.db'), '--provider', 'cpu']);
  expect(code).toBe(0);
}, 120_000);
afterAll(() => {
  fs.rmSync(folder, { recursive: true, force: true });
});

interface StateList {
  readonly states: readonly StateView[];
  readonly change?: string | null;
}

function createCli() {
  const db = path.join(createTemporaryFolder(), 'store.db');
  fs.copyFileSync(path.join(folder, 'store.db'), db);
  const run = (...args: string[]): Promise<CliRun> => runTestCli(['states', ...args, '--db', db]);
  const json = async (...args: string[]): Promise<StateList> => {
    const { code, out, error } = await run(...args, '--json');
    expect([code, error]).toEqual([0, '']);
    return JSON.parse(out) as StateList;
  };
  return { run, json };
}

describe('states', () => {
  it('are listed as ever when nothing is changed', async () => {
    const { json } = createCli();
    const list = await json();
    expect(Object.keys(list)).toEqual(['states']);
    expect(list.states.every((state) => !('isPinned' in state))).toBe(true);
  });

  it('are renamed, merged, pinned and split, and each is undone', async () => {
    const { json, run } = createCli();
    const { states } = await json();
    const [a = '', b = ''] = states.filter(({ abnormal, id }) => abnormal && id !== 'unknown').map(({ id }) => id);
    const idsOf = (list: StateList): string[] => list.states.map(({ id }) => id);
    expect(await json('--rename', a, 'the lock')).toMatchObject({ change: expect.stringContaining('is now called the lock') as string });
    expect((await json('--undo')).states).toEqual(states);
    expect(idsOf(await json('--merge', a, b))).not.toContain(a);
    expect((await json('--undo')).states).toEqual(states);
    expect((await json('--pin', a)).states.find(({ id }) => id === a)?.isPinned).toBe(true);
    expect((await json('--unpin', a)).states).toEqual(states);
    expect(idsOf(await json('--split', a))).toContain(`${a}-2`);
    expect((await json('--undo')).states).toEqual(states);
    expect(await json('--undo')).toEqual({ change: null });
    expect((await run('--undo')).out).toBe('There is no change to undo.\n');
    expect((await run('--rename', a, 'the lock')).out).toMatch(/is now called the lock\n\nStates\n/);
  }, 60_000);

  it.each([
    [['--rename', 'a'], 'give both: --rename ID NAME; a name with spaces goes in quotes'],
    [['--rename', 'a', 'b', 'c'], 'give both: --rename ID NAME'],
    [['--merge', 'a'], 'give both: --merge ID INTO'],
    [['--pin', 'a', 'b'], 'unexpected argument b'],
    [['a'], 'unexpected argument a'],
    [['--pin', 'a', '--undo'], '--pin and --undo are two changes; make one at a time'],
  ])('%j is wrong usage', async (args, message) => {
    const { code, error } = await createCli().run(...args);
    expect([code, error]).toEqual([2, expect.stringContaining(message)]);
  });
});
