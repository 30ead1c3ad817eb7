import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HeadVersionView, TuneReport } from '../../../src/protocol/views.js';
import { createTemporaryFolder } from '../engine/temporaryFolder.js';
import { writeShop } from '../engine/labelledShop.js';
import { runTestCli, type CliRun } from './cliRun.js';

/** A simulated shop, embedded, with its labels, once for all tests. */
let folder = '';
beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'runtimeslicer-'));
  const [shop, db] = [path.join(folder, 'shop'), path.join(folder, 'store.db')];
  await writeShop(shop);
  await expectSuccess(['embed', shop, '--db', db, '--provider', 'cpu']);
  await expectSuccess(['labels', '--import', path.join(shop, 'labels.csv'), '--db', db]);
}, 120_000);
afterAll(() => {
  fs.rmSync(folder, { recursive: true, force: true });
});

async function expectSuccess(args: readonly string[]): Promise<string> {
  const { code, out, error } = await runTestCli(args);
  expect([code, error]).toEqual([0, expect.not.stringContaining('runtimeslicer:')]);
  return out;
}

/** Runs commands on one store: a copy of the shop's, or a new one. */
function createCli(of: 'shop' | 'nothing' = 'shop') {
  const place = createTemporaryFolder();
  const db = path.join(place, 'store.db');
  if (of === 'shop') {
    fs.copyFileSync(path.join(folder, 'store.db'), db);
  }
  const text = (...args: string[]): Promise<string> => expectSuccess([...args, '--db', db]);
  return {
    place,
    text,
    json: async <T>(...args: string[]) => JSON.parse(await text(...args, '--json')) as T,
    run: (...args: string[]): Promise<CliRun> => runTestCli([...args, '--db', db]),
  };
}

interface HeadList {
  readonly heads: readonly HeadVersionView[];
}

describe('tune', () => {
  it('answers with a report, and the version is in use', async () => {
    const { json } = createCli();
    const report = await json<TuneReport>('tune', '--seed', '3');
    expect(report).toMatchObject({ labels: 17, labelsWithoutRun: [], skipped: [], types: [{ type: 'normal', labels: 9 }, {}, {}] });
    expect(report.heads.map(({ head, measure }) => [head, measure])).toEqual([
      ['detection', 'AUROC'],
      ['failure-type', 'macro-F1'],
      ['root-cause', 'AC@1'],
    ]);
    const { heads } = await json<HeadList>('heads');
    expect(heads.map(({ version, isUsed }) => [version, isUsed])).toEqual([
      [report.version?.version, true],
      ['default', false],
    ]);
  });

  it('tunes the head that is named', async () => {
    const { json } = createCli();
    expect(await json('tune', '--head', 'root-cause', '--always')).toMatchObject({
      version: { heads: ['root-cause'] },
      heads: [{ head: 'root-cause' }],
    });
  });

  it('tells people what it is worth and how to go back', async () => {
    const { text } = createCli();
    const told = await text('tune', '--head', 'failure-type');
    expect(told).toMatch(/^17 labelled ranges: 9 normal, 4 exception, 4 network-delay\n/);
    expect(told).toMatch(/failure-type +macro-F1 +8 +1\.00 \[1\.00, 1\.00\]/);
    expect(told).toMatch(/\nFindings are made with heads \S+ now; back with: heads --use default\n$/);
  });

  it('adapts the encoder only when asked to, and without labels too', async () => {
    const { json } = createCli();
    const { heads, version } = await json<TuneReport>('tune', '--adapt', '--always', '--head', 'root-cause');
    expect(heads.map(({ head, measure }) => [head, measure])).toEqual([
      ['encoder', 'match probability'],
      ['root-cause', 'AC@1'],
    ]);
    expect(version?.heads).toEqual(['encoder', 'root-cause']);
    const { text } = createCli('nothing');
    const told = await text('tune', '--adapt');
    expect(told).toContain('No label: the encoder alone.');
    expect(told).toContain('encoder: not tuned. Adapting needs at least 40 slices; 0 are embedded.');
  });

  it('changes nothing on a dry run', async () => {
    const { text, json } = createCli();
    expect(await text('tune', '--dry-run')).toMatch(/\nWhat is in use stays\.\n$/);
    expect(await json('heads')).toMatchObject({ heads: [{ version: 'default', isUsed: true }] });
  });

  it('says that there are no labels, or no run', async () => {
    const { run, text } = createCli('nothing');
    expect(await run('tune')).toMatchObject({ code: 2, out: '', error: expect.stringContaining('there are no labels yet') as string });
    await text('labels', '--import', path.join(folder, 'shop', 'labels.csv'));
    expect(await run('tune')).toMatchObject({ code: 1, out: '', error: expect.stringContaining('no embedded run covers any') as string });
  });

  it.each([
    [['--head', 'heads'], '--head heads is unknown; it is one of detection, failure-type, root-cause, all'],
    [['--always', '--dry-run'], '--always and --dry-run exclude each other'],
    [['--seed', 'seven'], '--seed'],
    [['now'], 'now'],
  ])('refuses %j', async (args, problem) => {
    const { run } = createCli('nothing');
    expect(await run('tune', ...args)).toMatchObject({ code: 2, out: '', error: expect.stringContaining(problem) as string });
  });
});

describe('heads', () => {
  it('are switched, listed and brought back', async () => {
    const { json, text } = createCli();
    const before = await json('slices');
    const version = (await json<TuneReport>('tune', '--always')).version?.version ?? '';
    expect(await json('slices')).not.toEqual(before);
    expect(await text('heads')).toMatch(
      new RegExp(`^ +version .*\\n\\* +${version} .* 17 +detection AUROC .*\\n +default +shipped +0\\s*$`),
    );
    expect((await json<HeadList>('heads', '--use', 'default')).heads.map(({ isUsed }) => isUsed)).toEqual([false, true]);
    expect(await json('slices')).toEqual(before);
    expect(await text('heads', '--use', version)).toMatch(new RegExp(`\\n\\* +${version} `));
  });

  it('go from one store to another as a file', async () => {
    const { place, text, json } = createCli();
    const version = (await json<TuneReport>('tune', '--head', 'root-cause', '--always')).version?.version ?? '';
    const file = path.join(place, 'there', 'heads.safetensors');
    expect(await text('heads', '--export', file)).toBe(`Heads ${version} written to ${file}\n`);
    expect(await json('heads', '--export', file, '--version', version)).toEqual({ file });
    const other = createCli('nothing');
    expect(await other.json('heads', '--import', file)).toMatchObject({
      heads: [
        { version, isUsed: false, heads: ['root-cause'], labels: 17 },
        { version: 'default', isUsed: true },
      ],
    });
    expect(await other.json('heads', '--use', version)).toMatchObject({ heads: [{ version, isUsed: true }, { isUsed: false }] });
  });

  it.each([
    [['--use', 'none'], 'there are no heads none; list the versions first'],
    [['--use', 'default', '--import', 'a'], '--use and --import exclude each other; give one'],
    [['--version', 'default'], '--version says which heads to export; give --export with it'],
    [['--export', 'a'], 'the default heads are part of RuntimeSlicer; export a tuned version'],
    [['--export', 'a', '--version', 'none'], 'there are no heads none'],
    [['default'], 'default'],
  ])('refuse %j', async (args, problem) => {
    const { run } = createCli('nothing');
    expect(await run('heads', ...args)).toMatchObject({ code: 2, out: '', error: expect.stringContaining(problem) as string });
  });

  it('refuse a file that holds none', async () => {
    const { run, json, place } = createCli('nothing');
    const file = path.join(place, 'labels.csv');
    fs.writeFileSync(file, 'start,end,type,entity\n');
    expect(await run('heads', '--import', file)).toMatchObject({
      code: 2,
      error: expect.stringContaining(`${file} holds no heads`) as string,
    });
    expect(await run('heads', '--import', `${file}.not`)).toMatchObject({
      code: 1,
      error: expect.stringContaining('cannot be read') as string,
    });
    expect(await json('heads')).toMatchObject({ heads: [{ version: 'default' }] });
  });
});
