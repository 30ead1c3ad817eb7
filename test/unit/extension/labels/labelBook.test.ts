import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LabelBook } from '../../../../src/extension/labels/labelBook.js';
import { EngineError } from '../../../../src/protocol/engineError.js';
import type { LabelConflict } from '../../../../src/protocol/views.js';
import { context, CREATED_MS, createTable } from '../../engine/labels/labelTable.js';
import { createEngine, type Answers } from '../engineFake.js';
import { buildLabel, ns } from '../views.js';

/**
 * A book on real label methods, store and file.
 * @param changes answers that take the place of theirs, for what cannot be brought about otherwise
 */
function create(changes: (real: Required<Pick<Answers, 'label' | 'removeLabel' | 'syncLabels'>>) => Answers = () => ({}), hasFile = true) {
  let clockMs = CREATED_MS;
  // A later label is a later one by the clock too.
  const table = createTable(() => (clockMs += 1000));
  const { methods, file } = table;
  const real = {
    labels: async (params) => methods.labels(params, context),
    label: async (params) => methods.label(params, context),
    removeLabel: async (params) => methods.removeLabel(params, context),
    syncLabels: async (params) => methods.syncLabels(params, context),
  } satisfies Answers;
  const engine = createEngine({ ...real, ...changes(real) });
  const errors: unknown[] = [];
  const book = new LabelBook(engine, { file: () => (hasFile ? file : null), onError: (error) => errors.push(error) });
  const told: (readonly string[])[] = [];
  book.onDidChange((labels) => told.push(labels.map(({ type }) => type)));
  const asked: (readonly LabelConflict[])[] = [];
  book.onDidFindConflicts((conflicts) => asked.push(conflicts));
  const problems: string[] = [];
  book.onDidFindProblem((text) => problems.push(text));
  const types = (): string[] => book.labels.map(({ type }) => type);
  return { ...table, engine, book, told, asked, errors, problems, types };
}

const draft = (type: string, fromSeconds = 0, entity: string | null = 'cart', note = '') => {
  const { startNs, endNs } = buildLabel(type, { startNs: ns(fromSeconds), endNs: ns(fromSeconds + 60) });
  return { startNs, endNs, type, entity, note, author: 'Ana' };
};

describe('LabelBook', () => {
  it('keeps a label and brings store and file together', async () => {
    const { book, engine, told, file, read } = create();
    const [made] = await book.add([draft('network-delay')]);
    expect(made).toMatchObject({ label: { type: 'network-delay', author: 'Ana' }, replaced: null });
    expect(engine.asked).toEqual(['label', 'syncLabels']);
    expect(engine.params.at(-1)).toEqual({ file });
    expect(read()[1]).toContain(',network-delay,cart,');
    expect(book.labels).toHaveLength(1);
    expect(told).toEqual([['network-delay']]);
  });

  it('touches no file where there is to be none', async () => {
    const { book, engine, folder } = create(() => ({}), false);
    await book.add([draft('network-delay')]);
    expect(fs.existsSync(folder)).toBe(false);
    expect(engine.asked).toEqual(['label', 'labels']);
    expect(book.labels).toHaveLength(1);
  });

  it('undoes the last action: a new label goes, a replaced one comes back, a removed one too', async () => {
    const { book, types, list } = create();
    await book.add([draft('network-delay')]);
    await book.add([draft('memory-leak')]);
    await book.remove(draft('memory-leak'));
    expect([await list(), book.canUndo]).toEqual([[], true]);
    await book.undo();
    expect(types()).toEqual(['memory-leak']);
    await book.undo();
    expect(types()).toEqual(['network-delay']);
    await book.undo();
    expect(types()).toEqual([]);
    expect([book.canUndo, await book.undo()]).toEqual([false, 0]);
  });

  it('brings a label back with its author and the time at which it was made, in the file too', async () => {
    const { book, read } = create();
    await book.add([draft('network-delay')]);
    const [label, text] = [book.labels[0], read()];
    await book.add([{ ...draft('memory-leak'), author: 'Bob' }]);
    expect(book.labels[0]?.createdNs).not.toBe(label?.createdNs);
    await book.undo();
    expect([book.labels, read()]).toEqual([[label], text]);
    await book.remove(draft('network-delay'));
    await book.undo();
    expect([book.labels, read()]).toEqual([[label], text]);
  });

  it('takes the labels of a state back together', async () => {
    const { book } = create();
    await book.add([draft('exception', 0), draft('exception', 120), draft('exception', 240)]);
    expect(book.labels).toHaveLength(3);
    expect(await book.undo()).toBe(3);
    expect(book.labels).toEqual([]);
  });

  it('can undo what was made before a failure, and goes on after it', async () => {
    let calls = 0;
    const { book } = create(({ label }) => ({
      label: (params, callContext) => {
        calls += 1;
        return calls === 2 ? Promise.reject(new EngineError('store', 'disk full')) : label(params, callContext);
      },
    }));
    await expect(book.add([draft('exception', 0), draft('exception', 120)])).rejects.toThrow('disk full');
    expect(book.labels).toHaveLength(1);
    expect(await book.undo()).toBe(1);
    expect(book.labels).toEqual([]);
  });

  it('labels although the file cannot be read, says why once, and again after it could', async () => {
    const { book, problems, write, file } = create();
    write('start,end,type,entity', 'noon,later,cpu,cart');
    await book.add([draft('exception')]);
    expect(book.labels).toMatchObject([{ type: 'exception' }]);
    await book.load();
    expect(problems).toEqual([expect.stringContaining(`${file}: line 2 has no readable start`)]);
    write('start,end,type,entity');
    await book.load();
    write('start,end,type,entity', 'noon,later,cpu,cart');
    await book.load();
    expect(problems).toHaveLength(2);
  });

  it('keeps an undo that failed', async () => {
    let broken = false;
    const { book } = create(({ removeLabel }) => ({
      removeLabel: (key, callContext) => (broken ? Promise.reject(new EngineError('store', 'locked')) : removeLabel(key, callContext)),
    }));
    await book.add([draft('exception')]);
    broken = true;
    await expect(book.undo()).rejects.toThrow('locked');
    expect(book.canUndo).toBe(true);
    broken = false;
    expect([await book.undo(), book.labels]).toEqual([1, []]);
  });

  it('does one thing after the other', async () => {
    const order: string[] = [];
    const { book } = create(({ label }) => ({
      label: async (params, callContext) => {
        order.push(`start ${params.type}`);
        await new Promise((resolve) => setImmediate(resolve));
        order.push(`end ${params.type}`);
        return label(params, callContext);
      },
    }));
    await Promise.all([book.add([draft('a')]), book.add([draft('b')])]);
    expect(order).toEqual(['start a', 'end a', 'start b', 'end b']);
  });

  /** A label that another window changed in the store, and somebody else in the file. */
  async function createConflict() {
    const parts = create();
    const { book, methods, write, read } = parts;
    await book.add([draft('memory-leak')]);
    const inFile = read().map((line) => line.replace('memory-leak', 'disk-full'));
    await methods.label(draft('memory-leak', 0, 'cart', 'sure'), context);
    write(...inFile);
    await book.load();
    const [conflict] = book.conflicts;
    if (conflict === undefined) throw new Error('there is no conflict');
    expect(conflict).toMatchObject({ here: { note: 'sure' }, inFile: { type: 'disk-full' } });
    return { ...parts, conflict, inFile };
  }

  it('tells of a conflict once, of another one too, and again of one that was over', async () => {
    const { book, asked, conflict, write, inFile } = await createConflict();
    await book.load();
    expect(asked).toEqual([[conflict]]);
    write(...inFile.map((line) => line.replace('disk-full', 'exception')));
    await book.load();
    expect(asked.slice(1)).toMatchObject([[{ inFile: { type: 'exception' } }]]);
    write(...inFile);
    await book.load();
    expect(asked.slice(2)).toEqual([[conflict]]);
  });

  it.each([
    ['here', 'memory-leak'],
    ['file', 'disk-full'],
  ] as const)('ends a conflict in favour of one side, and brings it back by undo: %s', async (keep, type) => {
    const { book, asked, conflict, types, read, inFile } = await createConflict();
    expect(await book.resolve(conflict, keep)).toBe(true);
    expect([types(), book.conflicts, read()[1]]).toEqual([[type], [], expect.stringContaining(`,${type},`)]);
    expect(await book.undo()).toBe(1);
    expect([types(), book.conflicts, read(), asked]).toEqual([['memory-leak'], [conflict], inFile, [[conflict], [conflict]]]);
  });

  it('resolves nothing that changed after it was shown', async () => {
    const { book, conflict, write, inFile, read, types } = await createConflict();
    const other = inFile.map((line) => line.replace('disk-full', 'exception'));
    write(...other);
    expect(await book.resolve(conflict, 'here')).toBe(false);
    expect([types(), read(), book.conflicts]).toMatchObject([['memory-leak'], other, [{ inFile: { type: 'exception' } }]]);
    await book.undo();
    expect([book.labels, book.canUndo]).toEqual([[], false]);
  });

  it('reports a listener that throws, and goes on', async () => {
    const { book, errors } = create();
    book.onDidChange(() => {
      throw new Error('listener');
    });
    await book.load();
    expect(errors).toHaveLength(1);
  });
});
