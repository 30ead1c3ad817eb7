import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createTemporaryFolder } from '../engine/temporaryFolder.js';
import { runTestCli } from './cliRun.js';

const RANGE = ['--from', '2026-03-10T12:00:00Z', '--to', '2026-03-10T12:05:00Z'];
const CART = [...RANGE, '--entity', 'cart', '--type', 'network-delay', '--note', 'seen, twice', '--author', 'ada'];
const FILE =
  'start,end,type,entity\n2026-03-10T12:00:00Z,2026-03-10T12:05:00Z,cpu,cart\n2026-03-10T13:00:00Z,2026-03-10T13:05:00Z,normal,\n';

/** Runs commands on one new store. */
function createCli() {
  const folder = createTemporaryFolder();
  const text = async (...args: string[]): Promise<string> => {
    const { code, out, error } = await runTestCli([...args, '--db', path.join(folder, 'store.db')]);
    expect([code, error]).toEqual([0, '']);
    return out;
  };
  return { folder, text, json: async (...args: string[]) => JSON.parse(await text(...args, '--json')) as unknown };
}

describe('label', () => {
  const saved = { startNs: '1773144000000000000', endNs: '1773144300000000000', entity: 'cart', type: 'network-delay' };

  it('answers with the label and what it replaced', async () => {
    const { json } = createCli();
    expect(await json('label', ...CART)).toMatchObject({ label: { ...saved, note: 'seen, twice', author: 'ada' }, replaced: null });
    expect(await json('label', ...RANGE, '--entity', 'cart', '--type', 'cpu')).toMatchObject({
      label: { ...saved, type: 'cpu', note: '', author: os.userInfo().username },
      replaced: saved,
    });
    expect(await json('labels')).toMatchObject({ labels: [{ ...saved, type: 'cpu' }] });
  });

  it('takes one back', async () => {
    const { json } = createCli();
    await json('label', ...CART);
    expect(await json('label', '--remove', ...RANGE)).toEqual({ removed: null });
    expect(await json('label', '--remove', ...RANGE, '--entity', 'cart')).toMatchObject({ removed: saved });
    expect(await json('labels')).toEqual({ labels: [] });
  });

  it('tells people what it did', async () => {
    const { text } = createCli();
    const range = '2026-03-10T12:00:00Z to 2026-03-10T12:05:00Z';
    expect(await text('label', ...CART)).toBe(`Labelled: network-delay on cart, ${range}\n`);
    expect(await text('label', ...RANGE, '--type', 'normal')).toBe(`Labelled: normal, ${range}\n`);
    expect(await text('label', ...CART)).toBe(`Labelled: network-delay on cart, ${range}\nIn place of: network-delay: seen, twice\n`);
    expect(await text('label', '--remove', ...RANGE, '--entity', 'cart')).toBe(`Removed: network-delay on cart, ${range}\n`);
    expect(await text('label', '--remove', ...RANGE, '--entity', 'cart')).toBe('There is no label of this range and service.\n');
  });
});

describe('labels', () => {
  it('lists them for people', async () => {
    const { text } = createCli();
    expect(await text('labels')).toBe('Nothing is labelled yet.\n');
    await text('label', ...CART);
    expect(await text('labels')).toBe(
      'start                 end                   type           service  author  note\n' +
        '2026-03-10T12:00:00Z  2026-03-10T12:05:00Z  network-delay  cart     ada     seen, twice\n',
    );
  });

  it('imports a file and counts what that changed', async () => {
    const { folder, text, json } = createCli();
    const file = path.join(folder, 'labels.csv');
    fs.writeFileSync(file, FILE);
    await text('label', ...CART);
    expect(await json('labels', '--import', file)).toMatchObject({
      labels: [
        { type: 'cpu', entity: 'cart', note: '', author: '' },
        { type: 'normal', entity: null },
      ],
      added: 1,
      replaced: 1,
      unchanged: 0,
    });
    expect(await text('labels', '--import', file)).toBe('0 labels added, 0 replaced, 2 unchanged\n');
    expect(fs.readFileSync(file, 'utf8')).toBe(FILE);
  });

  it('imports nothing of a file with a bad line, and names it', async () => {
    const { folder, json } = createCli();
    const file = path.join(folder, 'labels.csv');
    fs.writeFileSync(file, `${FILE}noon,,,\n`);
    const { code, out, error } = await runTestCli(['labels', '--import', file, '--db', path.join(folder, 'store.db')]);
    expect([code, out]).toEqual([2, '']);
    expect(error).toContain(`runtimeslicer: ${file}: line 4 has no readable start`);
    expect(await json('labels')).toEqual({ labels: [] });
  });

  it('exports what can be imported again', async () => {
    const { folder, text, json } = createCli();
    const file = path.join(folder, 'new', 'labels.csv');
    await text('label', ...CART);
    expect(await json('labels', '--export', file)).toMatchObject({ labels: [{ type: 'network-delay' }] });
    expect(fs.readFileSync(file, 'utf8')).toMatch(
      /^start,end,type,entity,note,author,created\n2026-03-10T12:00:00Z,2026-03-10T12:05:00Z,network-delay,cart,"seen, twice",ada,20.*Z\n$/,
    );
    expect(await text('labels', '--export', file)).toBe(`1 labels written to ${file}\n`);
    expect(await text('labels', '--import', file)).toBe('0 labels added, 0 replaced, 1 unchanged\n');
  });

  it('imports author and time of making, and keeps those of a label of which the file says the same unsigned', async () => {
    const { folder, json, text } = createCli();
    const file = path.join(folder, 'labels.csv');
    const signed = FILE.replaceAll(',cpu,cart\n', ',cpu,cart,ada,2026-03-10T15:00:00Z\n').replace('entity\n', 'entity,author,created\n');
    fs.writeFileSync(file, signed.replace(',normal,\n', ',normal,,,\n'));
    await text('labels', '--import', file);
    const cpu = { type: 'cpu', author: 'ada', createdNs: '1773154800000000000' };
    expect(await json('labels')).toMatchObject({ labels: [cpu, { type: 'normal', author: '' }] });
    fs.writeFileSync(file, FILE);
    expect(await json('labels', '--import', file)).toMatchObject({ labels: [cpu, {}], added: 0, replaced: 0, unchanged: 2 });
  });

  it('syncs with a file and shows conflicts', async () => {
    const { folder, text, json } = createCli();
    const file = path.join(folder, 'labels.csv');
    await text('label', ...CART);
    expect(await json('labels', '--sync', file)).toMatchObject({ labels: [{}], changedHere: 0, changedInFile: 1, conflicts: [] });
    fs.writeFileSync(file, FILE);
    await text('label', ...RANGE, '--entity', 'cart', '--type', 'memory-leak', '--note', 'grows');
    expect(await text('labels', '--sync', file)).toBe(
      `2 labels; 1 changed here, 0 in ${file}\n\n` +
        '1 changed here and in the file, differently; left alone: --keep here or --keep file decides\n' +
        '  range                                         service  here                in the file\n' +
        '  2026-03-10T12:00:00Z to 2026-03-10T12:05:00Z  cart     memory-leak: grows  cpu\n',
    );
    expect(fs.readFileSync(file, 'utf8')).toBe(FILE);
  });

  /** A label that is `memory-leak` here and `cpu` in the file; another that only the file has. */
  async function createConflict() {
    const cli = createCli();
    const file = path.join(cli.folder, 'labels.csv');
    await cli.text('label', ...RANGE, '--entity', 'cart', '--type', 'memory-leak', '--note', 'grows');
    fs.writeFileSync(file, FILE);
    return { ...cli, file, read: () => fs.readFileSync(file, 'utf8') };
  }

  it('resolves all conflicts for the side that is asked for, and shows what they were', async () => {
    const { text, json, file, read } = await createConflict();
    expect(await text('labels', '--sync', file, '--keep', 'here')).toBe(
      `2 labels; 1 changed here, 1 in ${file}\n\n` +
        '1 changed here and in the file, differently; kept as they are here\n' +
        '  range                                         service  here                in the file\n' +
        '  2026-03-10T12:00:00Z to 2026-03-10T12:05:00Z  cart     memory-leak: grows  cpu\n',
    );
    expect(read()).toContain(',memory-leak,cart,grows,');
    expect(await json('labels', '--sync', file, '--keep', 'here')).toMatchObject({ conflicts: [], resolved: [], changedHere: 0 });
  });

  it("takes the file's, and does not touch it", async () => {
    const { json, file, read } = await createConflict();
    expect(await json('labels', '--sync', file, '--keep', 'file')).toMatchObject({
      labels: [{ type: 'cpu' }, { type: 'normal' }],
      changedHere: 2,
      changedInFile: 0,
      conflicts: [],
      resolved: [{ here: { type: 'memory-leak' }, inFile: { type: 'cpu' } }],
    });
    expect(read()).toBe(FILE);
  });

  it.each([
    [['--keep', 'here'], '--keep says which side of a conflict holds; give it with --sync FILE.csv'],
    [['--sync', 'labels.csv', '--keep', 'mine'], '--keep mine is unknown; it is one of here, file'],
  ])('refuses %j, and does nothing', async (args, problem) => {
    const { code, error } = await runTestCli(['labels', ...args, '--db', path.join(createTemporaryFolder(), 'store.db')]);
    expect([code, error]).toEqual([2, expect.stringContaining(problem)]);
  });
});
