import { describe, expect, it } from 'vitest';
import { LabelBook } from '../../../../src/extension/labels/labelBook.js';
import { EngineError } from '../../../../src/protocol/engineError.js';
import type { LabelConflict, LabelView } from '../../../../src/protocol/views.js';
import { createEngine, type Answers } from '../engineFake.js';
import { buildLabel, ns } from '../views.js';

const FILE = '/shop/.runtimeslicer/labels.csv';
const keyOf = (label: { startNs: string; endNs: string; entity: string | null }): string =>
  `${label.startNs} ${label.endNs} ${label.entity ?? ''}`;

/** An engine that keeps labels as the real one does: one for each range and service. */
function createLabelEngine(changes: Answers = {}) {
  const kept = new Map<string, LabelView>();
  const list = (): LabelView[] => [...kept.values()];
  const conflicts: LabelConflict[] = [];
  const engine = createEngine({
    labels: () => Promise.resolve(list()),
    label: (draft) => {
      const replaced = kept.get(keyOf(draft)) ?? null;
      const label = { ...draft, createdNs: ns(0) };
      kept.set(keyOf(draft), label);
      return Promise.resolve({ label, replaced });
    },
    removeLabel: (key) => {
      const removed = kept.get(keyOf(key)) ?? null;
      kept.delete(keyOf(key));
      return Promise.resolve(removed);
    },
    syncLabels: () => Promise.resolve({ labels: list(), changedHere: 0, changedInFile: 0, conflicts: [...conflicts] }),
    ...changes,
  });
  return { engine, kept, conflicts };
}

function create(file: string | null = FILE, changes: Answers = {}) {
  const parts = createLabelEngine(changes);
  const errors: unknown[] = [];
  const book = new LabelBook(parts.engine, { file: () => file, onError: (error) => errors.push(error) });
  const told: (readonly string[])[] = [];
  book.onDidChange((labels) => told.push(labels.map(({ type }) => type)));
  const asked: (readonly LabelConflict[])[] = [];
  book.onDidFindConflicts((conflicts) => asked.push(conflicts));
  const problems: string[] = [];
  book.onDidFindProblem((text) => problems.push(text));
  return { ...parts, book, told, asked, errors, problems };
}

const draft = (type: string, fromSeconds = 0, entity: string | null = 'cart') => {
  const { startNs, endNs } = buildLabel(type, { startNs: ns(fromSeconds), endNs: ns(fromSeconds + 60) });
  return { startNs, endNs, type, entity, note: '', author: 'Ana' };
};

describe('LabelBook', () => {
  it('keeps a label and brings store and file together', async () => {
    const { book, engine, told } = create();
    const [made] = await book.add([draft('network-delay')]);
    expect(made).toMatchObject({ label: { type: 'network-delay', author: 'Ana' }, replaced: null });
    expect(engine.asked).toEqual(['label', 'syncLabels']);
    expect(engine.params.at(-1)).toEqual({ file: FILE });
    expect(book.labels).toHaveLength(1);
    expect(told).toEqual([['network-delay']]);
  });

  it('touches no file where there is to be none', async () => {
    const { book, engine } = create(null);
    await book.add([draft('network-delay')]);
    expect(engine.asked).toEqual(['label', 'labels']);
    expect(book.labels).toHaveLength(1);
  });

  it('undoes the last action: a new label goes, a replaced one comes back, a removed one too', async () => {
    const { book, kept } = create();
    await book.add([draft('network-delay')]);
    await book.add([draft('memory-leak')]);
    await book.remove(draft('memory-leak'));
    expect([kept.size, book.canUndo]).toEqual([0, true]);
    const types = (): string[] => book.labels.map(({ type }) => type);
    await book.undo();
    expect(types()).toEqual(['memory-leak']);
    await book.undo();
    expect(types()).toEqual(['network-delay']);
    await book.undo();
    expect(types()).toEqual([]);
    expect([book.canUndo, await book.undo()]).toEqual([false, 0]);
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
    const base = createLabelEngine();
    const { book } = create(FILE, {
      label: (params) => {
        calls += 1;
        return calls === 2 ? Promise.reject(new EngineError('store', 'disk full')) : base.engine.call('label', params).then((made) => made);
      },
      syncLabels: () => Promise.resolve({ labels: [...base.kept.values()], changedHere: 0, changedInFile: 0, conflicts: [] }),
      removeLabel: (key) => base.engine.call('removeLabel', key),
    });
    await expect(book.add([draft('exception', 0), draft('exception', 120)])).rejects.toThrow('disk full');
    expect(book.labels).toHaveLength(1);
    expect(await book.undo()).toBe(1);
    expect(book.labels).toEqual([]);
  });

  it('labels although the file cannot be read, says why once, and again after it could', async () => {
    let broken = true;
    const { book, problems } = create(FILE, {
      syncLabels: () =>
        broken
          ? Promise.reject(new EngineError('bad-argument', 'labels.csv, line 3: no time'))
          : Promise.resolve({ labels: [], changedHere: 0, changedInFile: 0, conflicts: [] }),
    });
    await book.add([draft('exception')]);
    expect(book.labels).toMatchObject([{ type: 'exception' }]);
    await book.load();
    expect(problems).toEqual(['labels.csv, line 3: no time']);
    broken = false;
    await book.load();
    broken = true;
    await book.load();
    expect(problems).toHaveLength(2);
  });

  it('keeps an undo that failed', async () => {
    let broken = false;
    const { book } = create(FILE, {
      removeLabel: () => (broken ? Promise.reject(new EngineError('store', 'locked')) : Promise.resolve(null)),
    });
    await book.add([draft('exception')]);
    broken = true;
    await expect(book.undo()).rejects.toThrow('locked');
    expect(book.canUndo).toBe(true);
  });

  it('does one thing after the other', async () => {
    const order: string[] = [];
    const { book } = create(FILE, {
      label: async (params) => {
        order.push(`start ${params.type}`);
        await new Promise((resolve) => setImmediate(resolve));
        order.push(`end ${params.type}`);
        return { label: { ...params, createdNs: ns(0) }, replaced: null };
      },
    });
    await Promise.all([book.add([draft('a')]), book.add([draft('b')])]);
    expect(order).toEqual(['start a', 'end a', 'start b', 'end b']);
  });

  it('tells of conflicts once, and ends them in favour of the file', async () => {
    const { book, asked, conflicts, kept } = create();
    await book.add([draft('network-delay')]);
    const here = [...kept.values()][0] ?? null;
    const inFile = buildLabel('memory-leak', { startNs: ns(0), endNs: ns(60) });
    const conflict = { key: draft(''), here, inFile };
    conflicts.push(conflict);
    await book.load();
    await book.load();
    expect(asked).toEqual([[conflict]]);
    conflicts.length = 0;
    await book.takeFromFile(conflict);
    expect(book.labels).toMatchObject([{ type: 'memory-leak' }]);
    conflicts.push(conflict);
    await book.load();
    expect(asked).toHaveLength(2);
    conflicts.length = 0;
    await book.takeFromFile({ ...conflict, inFile: null });
    expect(book.labels).toEqual([]);
    await book.undo();
    expect(book.labels).toMatchObject([{ type: 'network-delay' }]);
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
