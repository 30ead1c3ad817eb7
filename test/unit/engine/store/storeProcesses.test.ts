import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openStore } from '../../../../src/engine/store/openStore.js';
import { bundleProgram, removeBundle } from '../bundle.js';
import { createTemporaryFolder } from '../temporaryFolder.js';
import { createIdentity } from './storeBuilders.js';

let program = '';
beforeAll(async () => {
  program = await bundleProgram('test/unit/engine/store/storeChild.ts');
});
afterAll(() => {
  removeBundle(program);
});

interface StoreChild {
  readonly process: ChildProcess;
  output(): string;
  until(text: string): Promise<void>;
  readonly exited: Promise<number | null>;
}

function start(args: readonly string[], user?: { uid: number; gid: number }): StoreChild {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['pipe', 'pipe', 'inherit'], ...user });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let output = '';
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  return {
    process: child,
    output: () => output,
    exited,
    async until(text) {
      while (!output.includes(text)) {
        if (child.exitCode !== null) {
          throw new Error(`child ended with ${child.exitCode} before it said ${text}: ${output}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
  };
}

describe('two processes on one store', () => {
  it('both add and rename states, and none is lost', { timeout: 60_000 }, async () => {
    const file = path.join(createTemporaryFolder(), 'store.db');
    const children = ['a', 'b'].map((name) => start([file, name, '40', 'states']));
    await Promise.all(children.map((child) => child.until('ready')));
    children.forEach((child) => child.process.stdin?.write('go\n'));
    expect(await Promise.all(children.map((child) => child.exited))).toEqual([0, 0]);
    const store = openStore({ file });
    const { states, edition, revision } = store.stateBook.read();
    store.close();
    expect(states.map(({ name }) => name).toSorted()).toEqual(
      ['a', 'b'].flatMap((name) => Array.from({ length: 40 }, (_, i) => `renamed ${name}-${i}`)).toSorted(),
    );
    expect([edition, revision]).toEqual([160, 80]);
  });

  it('both write everything, and the file stays whole', { timeout: 60_000 }, async () => {
    const file = path.join(createTemporaryFolder(), 'store.db');
    const children = ['a', 'b'].map((name) => start([file, name, '8']));
    await Promise.all(children.map((child) => child.until('ready')));
    children.forEach((child) => child.process.stdin?.write('go\n'));
    await Promise.all(children.map((child) => child.exited));
    children.forEach((child) => {
      expect(child.output()).toMatch(/wrote 7\ndone\n$/);
    });
    const store = openStore({ file });
    expect(store.describe().integrity).toBe('ok');
    expect(
      store.runs
        .list()
        .map(({ run }) => run)
        .sort(),
    ).toEqual(['a', 'b'].flatMap((name) => Array.from({ length: 8 }, (_, i) => `${name}-${i}`)));
    expect(store.parsedFiles.find(createIdentity({ path: '/data/b-7' }), 'v1')).toBeDefined();
    store.close();
  });

  it('may create it at the same moment', { timeout: 60_000 }, async () => {
    for (let round = 0; round < 4; round++) {
      const file = path.join(createTemporaryFolder(), 'store.db');
      const children = Array.from({ length: 3 }, (_, i) => start([file, `p${i}`, '0', 'open']));
      await Promise.all(children.map((child) => child.until('ready')));
      children.forEach((child) => child.process.stdin?.write('go\n'));
      await Promise.all(children.map((child) => child.exited));
      expect(children.map((child) => child.output())).toEqual(children.map(() => 'ready\ndone\n'));
    }
  });
});

describe('a process that is killed while it writes', () => {
  it('leaves a whole store with everything it had finished', { timeout: 60_000 }, async () => {
    const file = path.join(createTemporaryFolder(), 'store.db');
    for (const at of [1, 3]) {
      const child = start([file, `k${at}`, '100000']);
      await child.until('ready');
      child.process.stdin?.write('go\n');
      await child.until(`wrote ${at}\n`);
      child.process.kill('SIGKILL');
      await child.exited;
      const store = openStore({ file });
      expect(store.describe().integrity).toBe('ok');
      const finished = [...child.output().matchAll(/wrote (\d+)/g)].map((match) => match[1] ?? '');
      for (const i of finished.slice(-5)) {
        expect(store.runs.findModel(`k${at}-${i}`)?.length).toBe(200_000);
        expect(store.parsedFiles.find(createIdentity({ path: `/data/k${at}-${i}` }), 'v1')?.chunks).toHaveLength(1);
      }
      for (const { run } of store.runs.list()) {
        expect(store.runs.findModel(run)?.length).toBe(200_000);
      }
      store.close();
    }
  });
});

describe('a process that is killed while it replaces a run', () => {
  it('leaves the run whole, as it was or as it was to be, and one of its name', { timeout: 60_000 }, async () => {
    const file = path.join(createTemporaryFolder(), 'store.db');
    for (const afterMs of [0, 30, 60]) {
      const child = start([file, 'run-1', '100000', 'replace']);
      await child.until('ready');
      child.process.stdin?.write('go\n');
      await child.until('replaced 0\n');
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      child.process.kill('SIGKILL');
      await child.exited;
      const store = openStore({ file });
      expect(store.describe().integrity).toBe('ok');
      const last = Number([...child.output().matchAll(/replaced (\d+)/g)].at(-1)?.[1]);
      expect([`version ${last}`, `version ${last + 1}`]).toContain(store.runs.findHeads('run-1'));
      expect(store.runs.list().map(({ run }) => run)).toEqual(['run-1']);
      expect(store.runs.findModel('run-1')?.length).toBe(20_000_000);
      expect(store.runs.findSlices('run-1')).toHaveLength(3);
      store.close();
    }
  });
});

describe.skipIf(process.platform === 'win32')('a folder that may not be written', () => {
  it('is refused with the file, the reason and what to do', { timeout: 60_000 }, async () => {
    const folder = createTemporaryFolder();
    const file = path.join(folder, 'store.db');
    fs.chmodSync(folder, 0o555);
    // The superuser may write everywhere: as such, the child runs as nobody.
    const nobody = { uid: 65_534, gid: 65_534 };
    const child = start([file, 'x', '1', 'open'], process.getuid?.() === 0 ? nobody : undefined);
    await child.until('ready');
    child.process.stdin?.write('go\n');
    expect(await child.exited).toBe(1);
    expect(child.output()).toContain(`the store ${file} cannot be opened; check that the folder exists and may be written`);
    fs.chmodSync(folder, 0o755);
  });
});
