import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../../src/engine/store/openStore.js';
import { createRunRecord, START_NS } from '../engine/store/storeBuilders.js';
import { createTemporaryFolder } from '../engine/temporaryFolder.js';
import { runTestCli } from './cliRun.js';

/** A store with one run of three slices. */
function createStoreFile(): string {
  const store = openStore({ file: path.join(createTemporaryFolder(), 'store.db') });
  store.runs.write(createRunRecord());
  store.close();
  return store.file;
}

describe('the command line without a command', () => {
  it('shows the help: on stderr as wrong usage, on stdout when asked', async () => {
    const bare = await runTestCli([]);
    expect([bare.code, bare.out]).toEqual([2, '']);
    const asked = await runTestCli(['help']);
    expect([asked.code, asked.error]).toEqual([0, '']);
    expect(asked.out).toBe(bare.error);
    expect(await runTestCli(['--help'])).toEqual(asked);
  });

  it('has the help that was agreed on', async () => {
    await expect((await runTestCli(['help'])).out).toMatchFileSnapshot('golden/help.txt');
    await expect((await runTestCli(['help', 'embed'])).out).toMatchFileSnapshot('golden/help-embed.txt');
    await expect((await runTestCli(['diagnose', '--help'])).out).toMatchFileSnapshot('golden/help-diagnose.txt');
  });

  it('tells its version', async () => {
    const { version } = JSON.parse(fs.readFileSync('package.json', 'utf8')) as { version: string };
    expect(await runTestCli(['--version'])).toEqual({ code: 0, out: `${version}\n`, error: '' });
  });
});

describe('wrong usage', () => {
  it.each([
    ['an unknown command', ['embdd'], 'unknown command embdd; did you mean embed?'],
    ['an unknown command like none', ['xyzzy'], 'unknown command xyzzy'],
    ['an unknown option', ['embed', 'x', '--windw', '60s'], 'unknown option --windw; did you mean --window?'],
    ['an unknown short option', ['states', '-q'], 'unknown option -q'],
    ['an option without its value', ['diagnose', '--at'], '--at needs a value: --at T'],
    ['a switch with a value', ['slices', '--embeddings=yes'], '--embeddings takes no value'],
    ['an option given twice', ['diagnose', '--at', '1', '--at', '2'], '--at is given twice'],
    ['no path', ['embed'], 'name at least one file or folder'],
    ['an argument too many', ['states', 'all'], 'unexpected argument all'],
    ['a length without a unit', ['embed', 'x', '--window', '60'], '--window 60 is not a length of time: write 500ms, 60s, 5m or 1h'],
    [
      'a time that is none',
      ['embed', 'x', '--from', 'noon'],
      '--from noon is not a time: write 2026-03-10T13:00:00Z or ns since the epoch',
    ],
    ['a range that is none', ['embed', 'x', '--reference', '2026-03-10'], '--reference 2026-03-10 is not a range'],
    ['an offset that is none', ['embed', 'x', '--utc-offset', '8'], '--utc-offset 8 is not an offset from UTC: write +08:00'],
    ['an unknown provider', ['embed', 'x', '--provider', 'gpu'], '--provider gpu is unknown; it is one of auto, cpu'],
    ['a range half given', ['diagnose', '--from', '2026-03-10T13:00:00Z'], 'name the time by --at T, or by --from T and --to T'],
    ['both ways of a range', ['diagnose', '--at', '2026-03-10', '--from', '2026-03-10', '--to', '2026-03-11'], 'name the time by --at T'],
    ['no slice', ['similar'], '--slice is missing'],
    ['a slice and a range', ['similar', '--slice', 'x', '--from', '2026-03-10', '--to', '2026-03-11'], 'name a slice by --slice ID'],
    ['half a range', ['similar', '--to', '2026-03-11'], 'name a slice by --slice ID, with --labelled if you like, or a range'],
    ['labelled slices and a range', ['similar', '--labelled', '--from', '2026-03-10', '--to', '2026-03-11'], 'name a slice by --slice ID'],
    ['a limit that is no number', ['similar', '--slice', 'x', '--limit', 'ten'], '--limit ten is not a whole number'],
    ['no labels', ['evaluate'], '--labels is missing'],
    ['a label without a type', ['label', '--from', '2026-03-10', '--to', '2026-03-11'], '--type is missing'],
    ['a label without an end', ['label', '--from', '2026-03-10', '--type', 'cpu'], '--to is missing'],
    [
      'a label that names a service for what is usual',
      ['label', '--from', '2026-03-10', '--to', '2026-03-11', '--type', 'normal', '--entity', 'cart'],
      'the label is normal and names a service; leave the entity empty',
    ],
    [
      'a type for a label to be removed',
      ['label', '--remove', '--from', '2026-03-10', '--to', '2026-03-11', '--type', 'cpu'],
      '--remove takes the range and --entity alone; leave --type out',
    ],
    ['two things to do with labels', ['labels', '--import', 'x', '--sync', 'y'], '--import and --sync exclude each other; give one'],
    ['no folder', ['simulate'], '--out is missing'],
    ['an unknown log level', ['states', '--log-level', 'loud'], '--log-level loud is unknown'],
    ['simulation options out of range', ['simulate', '--out', 'x', '--services', '9999'], 'services'],
  ])('%s ends with code 2, a reason on stderr and nothing on stdout', async (_name, args, reason) => {
    const { code, out, error } = await runTestCli([...args, '--db', path.join(createTemporaryFolder(), 'store.db')]);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(error.split('\n')[0]).toContain(`runtimeslicer: ${reason.startsWith('services') ? '' : reason}`);
    expect(error).toContain(reason);
  });
});

describe('failures', () => {
  it('end with code 1 and one line', async () => {
    const db = path.join(createTemporaryFolder(), 'store.db');
    expect(await runTestCli(['states', '--db', db])).toEqual({
      code: 1,
      out: '',
      error: 'runtimeslicer: nothing is embedded yet; embed some log, trace or metric files first\n',
    });
  });

  it.each([
    ['input that is not there', ['embed', '/does/not/exist'], 'does not exist'],
    [
      'a label file that is not there',
      ['evaluate', '--labels', '/does/not/exist.csv'],
      'the label file /does/not/exist.csv does not exist; check the path',
    ],
  ])('%s is named', async (_name, args, reason) => {
    const { code, error } = await runTestCli([...args, '--db', path.join(createTemporaryFolder(), 'store.db')]);
    expect(code).toBe(1);
    expect(error).toContain(reason);
  });

  it('of the store name the file', async () => {
    const file = path.join(createTemporaryFolder(), 'notes.txt');
    fs.writeFileSync(file, 'notes '.repeat(5000));
    const { code, error } = await runTestCli(['states', '--db', file]);
    expect(code).toBe(1);
    expect(error).toContain(`the store ${file} is not a RuntimeSlicer store`);
  });

  it('by cancellation end with code 1', async () => {
    const { code, error } = await runTestCli(['states', '--db', createStoreFile()], AbortSignal.abort());
    expect([code, error]).toEqual([1, 'runtimeslicer: cancelled\n']);
  });
});

describe('answers', () => {
  const range = ['--from', START_NS.toString(), '--to', (START_NS + 60_000_000_000n).toString()];

  it.each([
    ['runs', [], 'runs', 1],
    ['states', [], 'states', 2],
    ['transitions', [], 'transitions', 1],
    ['slices', [], 'slices', 3],
    ['similar', ['--slice', '1773147720-60'], 'similar', 2],
    ['similar', range, 'incidents', 0],
  ])('of %s are one JSON document of the contract', async (command, args, field, length) => {
    const { code, out, error } = await runTestCli([command, ...args, '--json', '--db', createStoreFile()]);
    expect([code, error]).toEqual([0, '']);
    expect((JSON.parse(out) as Record<string, unknown[]>)[field]).toHaveLength(length);
    expect(out.endsWith('\n')).toBe(true);
  });

  it.each(['runs', 'states', 'transitions', 'slices'])('of %s are text for people by default', async (command) => {
    const { code, out } = await runTestCli([command, '--db', createStoreFile()]);
    expect(code).toBe(0);
    expect(out).not.toMatch(/[{}\u001b]/);
    expect(out.split('\n').length).toBeGreaterThan(1);
  });

  it('of slices hold embeddings only when asked for', async () => {
    const db = createStoreFile();
    expect((await runTestCli(['slices', '--json', '--db', db])).out).not.toContain('embedding');
    const { slices } = JSON.parse((await runTestCli(['slices', '--embeddings', '--json', '--db', db])).out) as {
      slices: { embedding: number[] }[];
    };
    expect(slices.map(({ embedding }) => embedding.length)).toEqual([4, 4, 4]);
  });

  it('of a stored incident come without the model', async () => {
    const db = createStoreFile();
    const args = ['--from', (START_NS + 60_000_000_000n).toString(), '--to', '2026-03-10T13:02:00Z'];
    const { code, out } = await runTestCli(['diagnose', ...args, '--json', '--db', db]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ anomaly: 0.97, rootCauses: [{ entity: 'payment' }] });
    const text = await runTestCli(['diagnose', ...args, '--db', db]);
    expect(text.out).toContain('1.  payment  70 %');
    expect(text.out).toContain('/data/traces.jsonl:17');
  });

  it('are of the run that is named', async () => {
    const db = createStoreFile();
    expect((await runTestCli(['states', '--run', 'run-1', '--db', db])).code).toBe(0);
    const { code, error } = await runTestCli(['states', '--run', 'run-9', '--db', db]);
    expect([code, error]).toEqual([1, 'runtimeslicer: run run-9 is not in the store; list the runs, or embed the files again\n']);
  });

  it('of a model that cannot be read say so in one line', async () => {
    const { code, error } = await runTestCli(['diagnose', ...range, '--db', createStoreFile()]);
    expect(code).toBe(1);
    expect(error).toBe('runtimeslicer: run run-1 was stored by another version and cannot be diagnosed; embed the files again\n');
  });

  it('of simulate are files with labels, the same for the same seed', async () => {
    const [one, two] = [createTemporaryFolder(), createTemporaryFolder()];
    const run = async (folder: string) =>
      runTestCli(['simulate', '--out', folder, '--seed', '5', '--minutes', '2', '--services', '6', '--json']);
    const { files } = JSON.parse((await run(one)).out) as { files: string[] };
    await run(two);
    expect(files.map((file) => path.basename(file))).toContain('labels.csv');
    for (const file of files) {
      expect(fs.readFileSync(path.join(two, path.relative(one, file)), 'utf8')).toBe(fs.readFileSync(file, 'utf8'));
    }
  });
});
