import { describe, expect, it } from 'vitest';
import type { LabelConflict, LabelDraft } from '../../../../src/protocol/views.js';
import { context, createDraft, createRow, createTable, HEADER } from './labelTable.js';

/** A label that is `memory-leak` here and `disk-full` in the file, and was `cpu` in both. */
async function createConflict() {
  const table = createTable();
  await table.methods.label(createDraft(0), context);
  await table.sync();
  await table.methods.label(createDraft(0, { type: 'memory-leak' }), context);
  table.write(HEADER, createRow(0, 'disk-full'));
  const { conflicts } = await table.sync();
  expect(conflicts).toHaveLength(1);
  const types = async () => (await table.list()).map(({ type }) => type);
  return { ...table, conflicts, types };
}

describe('syncLabels with a resolution', () => {
  it.each([
    ['here', 'memory-leak', 0, 1],
    ['file', 'disk-full', 1, 0],
  ] as const)('keeps the label of the side that is asked for: %s', async (keep, type, changedHere, changedInFile) => {
    const { sync, conflicts, types, read } = await createConflict();
    expect(await sync({ resolve: { keep, conflicts } })).toMatchObject({ changedHere, changedInFile, conflicts: [], resolved: conflicts });
    expect([await types(), read()]).toEqual([[type], [HEADER, createRow(0, type)]]);
    expect(await sync()).toMatchObject({ changedHere: 0, changedInFile: 0, conflicts: [] });
  });

  it.each(['here', 'file'] as const)('takes it back, so that both sides are what they were: %s', async (keep) => {
    const { sync, conflicts, types, read } = await createConflict();
    const { resolved } = await sync({ resolve: { keep, conflicts } });
    expect(await sync({ reopen: { keep, conflicts: resolved } })).toMatchObject({ conflicts });
    expect([await types(), read()]).toEqual([['memory-leak'], [HEADER, createRow(0, 'disk-full')]]);
  });

  it.each(['here', 'file'] as const)('takes a removal back too: %s', async (keep) => {
    const { sync, types, write, read } = await createConflict();
    write(HEADER);
    const { conflicts } = await sync();
    const { resolved } = await sync({ resolve: { keep, conflicts } });
    expect([await types(), read()]).toEqual(keep === 'here' ? [['memory-leak'], [HEADER, createRow(0, 'memory-leak')]] : [[], [HEADER]]);
    await sync({ reopen: { keep, conflicts: resolved } });
    expect([await types(), read()]).toEqual([['memory-leak'], [HEADER]]);
  });

  it('overwrites nothing that changed after it was listed', async () => {
    const { sync, conflicts, write, read, types } = await createConflict();
    write(HEADER, createRow(0, 'exception'));
    const { resolved, conflicts: now } = await sync({ resolve: { keep: 'here', conflicts } });
    expect([resolved, now]).toMatchObject([[], [{ here: { type: 'memory-leak' }, inFile: { type: 'exception' } }]]);
    expect([await types(), read()]).toEqual([['memory-leak'], [HEADER, createRow(0, 'exception')]]);
  });

  it('leaves conflicts alone that are not named', async () => {
    const { methods, sync, conflicts, write, read } = await createConflict();
    await methods.label(createDraft(1), context);
    write(HEADER, createRow(0, 'disk-full'), createRow(1, 'exception'));
    expect(await sync({ resolve: { keep: 'file', conflicts } })).toMatchObject({
      conflicts: [{ inFile: { type: 'exception' } }],
      resolved: [{}],
    });
    expect(read()).toEqual([HEADER, createRow(0, 'disk-full'), createRow(1, 'exception')]);
  });

  it('writes a file that does not say when or by whom as it was, when that is taken back', async () => {
    const { methods, sync, write, read } = createTable();
    const header = 'start,end,type,entity,ticket';
    const row = '2026-03-10T12:00:00Z,2026-03-10T12:01:00Z,disk-full,cart,OPS-1';
    await methods.label(createDraft(0, { author: '' }), context);
    write(header, row);
    const { conflicts } = await sync();
    await sync({ resolve: { keep: 'here', conflicts } });
    expect(read()[1]).toMatch(/,cpu,cart,OPS-1,2026-03-10T15:00:00Z$/);
    await sync({ reopen: { keep: 'here', conflicts } });
    expect(read()).toEqual([`${header},created`, `${row},`]);
  });

  it.each<[string, Partial<LabelDraft>]>([
    ['has no type', { type: '' }],
    ['ends before it starts', { endNs: '0' }],
  ])('refuses what cannot be a label: it %s', async (problem, change) => {
    const { sync, conflicts } = await createConflict();
    const bad = conflicts.map((conflict): LabelConflict => ({ ...conflict, inFile: createDraft(0, change) }));
    await expect(sync({ reopen: { keep: 'here', conflicts: bad } })).rejects.toThrow(problem);
  });
});
