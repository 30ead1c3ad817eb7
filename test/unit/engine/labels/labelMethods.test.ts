import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { LabelDraft } from '../../../../src/protocol/views.js';
import { createTemporaryFolder } from '../temporaryFolder.js';
import { context, CREATED_MS, createDraft, createMethods, createRow, createTable, HEADER, SIGNED } from './labelTable.js';

describe('label', () => {
  it('keeps what is said, tidied, with the time at which it was said', async () => {
    const { methods, list } = createTable();
    const draft = createDraft(0, { type: ' cpu ', entity: '', note: ' a\r\nb ', author: 'ada ' });
    const label = { ...createDraft(0), entity: null, note: 'a\nb', createdNs: '1773154800000000000' };
    expect(await methods.label(draft, context)).toEqual({ label, replaced: null });
    expect(await list()).toEqual([label]);
  });

  it('keeps the time of a label that says it', async () => {
    const { methods, list } = createTable();
    await methods.label(createDraft(0, { createdNs: '7' }), context);
    expect(await list()).toMatchObject([{ createdNs: '7' }]);
  });

  it('gives back what it replaces, from which the change can be undone', async () => {
    let clockMs = CREATED_MS;
    const { methods, list } = createTable(() => clockMs++);
    const { label: before } = await methods.label(createDraft(0), context);
    const { replaced } = await methods.label(createDraft(0, { type: 'memory-leak' }), context);
    expect(replaced).toEqual(before);
    await methods.label(replaced ?? createDraft(9), context);
    expect(await list()).toEqual([before]);
  });

  it('takes back: removed labels are given back, null when there was none', async () => {
    const { methods, list } = createTable();
    const { label } = await methods.label(createDraft(0, { type: 'normal', entity: null }), context);
    expect(await methods.removeLabel(createDraft(0), context)).toBeNull();
    expect(await methods.removeLabel({ ...createDraft(0), entity: ' ' }, context)).toEqual(label);
    expect(await list()).toEqual([]);
  });

  it.each<[Partial<LabelDraft>, string]>([
    [{ endNs: createDraft(0).startNs }, 'the label ends before it starts'],
    [{ startNs: 'noon' }, 'start is not a time in ns'],
    [{ endNs: '9999999999999999999' }, 'the label has a time outside of the years'],
    [{ createdNs: '9999999999999999999' }, 'the label has a time outside of the years'],
    [{ type: ' ' }, 'the label has no type; write normal or a failure type'],
    [{ type: 'x'.repeat(101) }, 'the label has type of 101 characters'],
    [{ type: 'a\nb' }, 'the label has control characters or line ends in type'],
    [{ type: 'normal' }, 'the label is normal and names a service'],
    [{ note: 'a\u0007' }, 'the label has control characters in note'],
  ])('refuses %j and keeps nothing', async (change, problem) => {
    const { methods, list } = createTable();
    expect(() => methods.label(createDraft(0, change), context)).toThrow(problem);
    expect(await list()).toEqual([]);
  });

  it('refuses to remove what cannot be', () => {
    const { methods } = createTable();
    expect(() => methods.removeLabel(createDraft(0, { endNs: '9999999999999999999' }), context)).toThrow('outside of the years');
  });
});

describe('syncLabels', () => {
  it('makes no file and no folder when there is nothing to write', async () => {
    const { sync, folder } = createTable();
    expect(await sync()).toEqual({ labels: [], changedHere: 0, changedInFile: 0, conflicts: [], resolved: [] });
    expect(fs.existsSync(folder)).toBe(false);
  });

  it('writes the labels into a new file, and leaves no other file', async () => {
    const { methods, sync, read, folder } = createTable();
    await methods.label(createDraft(1), context);
    await methods.label(createDraft(0, { note: 'a, b' }), context);
    expect(await sync()).toMatchObject({ changedHere: 0, changedInFile: 2 });
    expect(read()).toEqual([HEADER, createRow(0, 'cpu', `"a, b",${SIGNED}`), createRow(1)]);
    expect(fs.readdirSync(folder)).toEqual(['labels.csv']);
  });

  it('takes over what a file holds and does not touch it', async () => {
    const { sync, list, write, file } = createTable();
    write('entity,type,start,end,ticket', 'cart,cpu,2026-03-10T13:00:00+01:00,2026-03-10T12:01:00Z,OPS-1');
    const before = fs.readFileSync(file, 'utf8');
    fs.utimesSync(file, 1, 1);
    const label = { ...createDraft(0, { author: '' }), createdNs: '1773154800000000000' };
    expect(await sync()).toEqual({ labels: [label], changedHere: 1, changedInFile: 0, conflicts: [], resolved: [] });
    expect(await sync()).toEqual({ labels: [label], changedHere: 0, changedInFile: 0, conflicts: [], resolved: [] });
    expect(await list()).toEqual([label]);
    expect([fs.readFileSync(file, 'utf8'), fs.statSync(file).mtimeMs]).toEqual([before, 1000]);
  });

  it('carries changes and removals both ways', async () => {
    const { methods, sync, read, write, list } = createTable();
    for (const at of [0, 1, 2, 3]) {
      await methods.label(createDraft(at), context);
    }
    await sync();
    await methods.removeLabel(createDraft(0), context);
    await methods.label(createDraft(1, { type: 'memory-leak' }), context);
    write(HEADER, createRow(0), createRow(1), createRow(2, 'disk-full'), createRow(4));
    expect(await sync()).toMatchObject({ changedHere: 3, changedInFile: 2, conflicts: [] });
    expect(read()).toEqual([HEADER, createRow(1, 'memory-leak'), createRow(2, 'disk-full'), createRow(4)]);
    expect((await list()).map(({ type }) => type)).toEqual(['memory-leak', 'disk-full', 'cpu']);
    expect(await sync()).toMatchObject({ changedHere: 0, changedInFile: 0 });
  });

  it('brings the labels of two people together through the file', async () => {
    const { methods: ada, file, read } = createTable();
    const bob = createMethods();
    await ada.label(createDraft(0), context);
    await bob.label(createDraft(0, { author: 'bob' }), context);
    await bob.label(createDraft(1, { author: 'bob' }), context);
    await ada.syncLabels({ file }, context);
    await bob.syncLabels({ file }, context);
    expect(read()).toEqual([HEADER, createRow(0), createRow(1).replace('ada', 'bob')]);
    await bob.removeLabel(createDraft(0), context);
    expect(await bob.syncLabels({ file }, context)).toMatchObject({ changedInFile: 1 });
    expect(await ada.syncLabels({ file }, context)).toMatchObject({ changedHere: 2, conflicts: [] });
    expect(await ada.labels({}, context)).toEqual(await bob.labels({}, context));
  });

  it('brings the time of making to another store through the file, and keeps it when the file does not say it', async () => {
    const { methods: ada, file, read, write } = createTable();
    const bob = createMethods(() => CREATED_MS + 60_000);
    await ada.label(createDraft(0), context);
    await ada.syncLabels({ file }, context);
    await bob.syncLabels({ file }, context);
    expect(await bob.labels({}, context)).toEqual(await ada.labels({}, context));
    write(...read().map((line) => line.replace(',created', ',').replace('2026-03-10T15:00:00Z', '').replace('cpu', 'disk-full')));
    await bob.syncLabels({ file }, context);
    expect(await bob.labels({}, context)).toMatchObject([{ type: 'disk-full', author: 'ada', createdNs: `${CREATED_MS}000000` }]);
  });

  it('shows a conflict until both are the same, and overwrites neither side', async () => {
    const { methods, sync, read, write, list } = createTable();
    await methods.label(createDraft(0), context);
    await sync();
    await methods.label(createDraft(0, { type: 'memory-leak' }), context);
    write(HEADER, createRow(0, 'disk-full'));
    for (const { conflicts, changedHere, changedInFile } of [await sync(), await sync()]) {
      expect([changedHere, changedInFile]).toEqual([0, 0]);
      expect(conflicts).toMatchObject([
        { key: { startNs: createDraft(0).startNs, entity: 'cart' }, here: { type: 'memory-leak' }, inFile: { type: 'disk-full' } },
      ]);
      expect(read()).toEqual([HEADER, createRow(0, 'disk-full')]);
      expect(await list()).toMatchObject([{ type: 'memory-leak' }]);
    }
    await methods.label(createDraft(0, { type: 'disk-full' }), context);
    expect(await sync()).toMatchObject({ changedHere: 0, changedInFile: 0, conflicts: [] });
    await methods.label(createDraft(0, { type: 'memory-leak' }), context);
    expect(await sync()).toMatchObject({ changedInFile: 1, conflicts: [] });
  });

  it('takes a removal against a change for a conflict, with the side that has none as null', async () => {
    const { methods, sync, write, read } = createTable();
    await methods.label(createDraft(0), context);
    await methods.label(createDraft(1), context);
    await sync();
    await methods.label(createDraft(0, { note: 'sure' }), context);
    await methods.removeLabel(createDraft(1), context);
    write(HEADER, createRow(1, 'disk-full'));
    expect((await sync()).conflicts).toMatchObject([
      { here: { note: 'sure' }, inFile: null },
      { here: null, inFile: { type: 'disk-full' } },
    ]);
    expect(read()).toEqual([HEADER, createRow(1, 'disk-full')]);
  });

  it.each([
    ['a row that cannot be read', [HEADER, createRow(0), 'noon,later,cpu,cart,,,'], 'line 3 has no readable start'],
    ['conflict marks of git', [HEADER, '<<<<<<< HEAD', createRow(0)], 'line 2 has no readable start'],
    ['nothing', [''], 'line 1 lacks the columns'],
  ])('changes nothing when the file holds %s', async (_name, lines, problem) => {
    const { methods, sync, write, file, list } = createTable();
    await methods.label(createDraft(0), context);
    await sync();
    await methods.removeLabel(createDraft(0), context);
    await methods.label(createDraft(1), context);
    write(...lines);
    const before = [fs.readFileSync(file, 'utf8'), await list()];
    await expect(sync()).rejects.toMatchObject({ code: 'bad-argument', message: expect.stringContaining(`${file}: ${problem}`) as string });
    expect([fs.readFileSync(file, 'utf8'), await list()]).toEqual(before);
    write(HEADER, createRow(0));
    expect(await sync()).toMatchObject({ changedHere: 0, changedInFile: 2, conflicts: [] });
  });

  it('refuses a file that is not UTF-8 rather than lose its letters', async () => {
    const { sync, write, file } = createTable();
    write(HEADER);
    fs.appendFileSync(file, Buffer.from('2026-03-10,2026-03-11,cpu,caf\xe9\n', 'latin1'));
    await expect(sync()).rejects.toThrow(`${file} is not UTF-8; save it as CSV in UTF-8`);
  });

  it('writes a file that went away again, and removes nothing because of it', async () => {
    const { methods, sync, read, folder, list } = createTable();
    await methods.label(createDraft(0), context);
    await methods.label(createDraft(1), context);
    await sync();
    fs.rmSync(folder, { recursive: true });
    await methods.removeLabel(createDraft(1), context);
    expect(await sync()).toMatchObject({ changedHere: 0, changedInFile: 1, conflicts: [] });
    expect(read()).toEqual([HEADER, createRow(0)]);
    expect(await list()).toHaveLength(1);
  });

  it('says which file cannot be written, and counts nothing as done', async () => {
    const { methods, sync, folder, file } = createTable();
    await methods.label(createDraft(0), context);
    fs.writeFileSync(folder, 'a file where the folder should be');
    await expect(sync()).rejects.toThrow(file);
    fs.rmSync(folder);
    expect(await sync()).toMatchObject({ changedInFile: 1 });
  });

  it.skipIf(process.platform === 'win32')('writes to what a link leads to', async () => {
    const { methods, sync, file, folder } = createTable();
    const target = path.join(createTemporaryFolder(), 'shared.csv');
    fs.writeFileSync(target, `${HEADER}\n`, { mode: 0o640 });
    fs.mkdirSync(folder);
    fs.symlinkSync(target, file);
    await methods.label(createDraft(0), context);
    await sync();
    expect(fs.lstatSync(file).isSymbolicLink()).toBe(true);
    expect(fs.readFileSync(target, 'utf8')).toBe(`${HEADER}\n${createRow(0)}\n`);
    expect(fs.statSync(target).mode & 0o777).toBe(0o640);
  });
});
