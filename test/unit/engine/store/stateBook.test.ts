import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { KnownState } from '../../../../src/core/states/knownStates.js';
import { MIGRATIONS, migrate } from '../../../../src/engine/store/migrations.js';
import { openStore, type Store } from '../../../../src/engine/store/openStore.js';
import { openSqlite } from '../../../../src/engine/store/sqlite.js';
import { createKnown, createUsual } from '../../core/states/stateBuilders.js';
import { createTemporaryFolder } from '../temporaryFolder.js';
import { createRunRecord } from './storeBuilders.js';

const NOW_NS = 1_773_147_600_000_000_000n;
const slow = createKnown('slow', { cart: { 2: 0.25 } }, { limit: 0.75 });
const fails = createKnown('fails', { payment: { 4: 1 }, auth: { 1: 0.5 } });

function open(file = path.join(createTemporaryFolder(), 'store.db')): Store {
  const store = openStore({ file });
  onTestFinished(() => {
    store.close();
  });
  return store;
}

/** A book with the two states. */
function createBook(file?: string) {
  const { stateBook, ...store } = open(file);
  expect(stateBook.add([createUsual('usual'), slow, fails], 0, NOW_NS)).toBe(true);
  const rename = (id: string, name: string) =>
    stateBook.change((states) => {
      const state = states.find((candidate) => candidate.id === id) ?? expect.fail(id);
      return { states: [{ ...state, name, isNamed: true }], description: `${id} is ${name}` };
    }, NOW_NS);
  const namesOf = (): string[] => stateBook.read().states.map(({ name }) => name);
  return { book: stateBook, store, rename, namesOf };
}

describe('the book of states', () => {
  it('gives back what it was given, in that order', () => {
    const { book } = createBook();
    const { states, ...rest } = book.read();
    expect(states).toEqual([createUsual('usual'), slow, fails]);
    expect(rest).toEqual({ edition: 1, revision: 0, lastChange: null });
  });

  it('takes new states only from who knows all others', () => {
    const { book } = createBook();
    expect(book.add([createKnown('late', {})], 0, NOW_NS)).toBe(false);
    expect(book.read().states).toHaveLength(3);
    expect(book.add([createKnown('late', {})], 1, NOW_NS)).toBe(true);
    expect(book.add([], 0, NOW_NS)).toBe(true);
    expect(book.read()).toMatchObject({ edition: 2, revision: 0 });
  });

  it('changes by the user make findings stale, new states do not', () => {
    const { book, rename } = createBook();
    expect(book.readRevision()).toBe(0);
    expect(rename('slow', 'lock')).toMatchObject({ revision: 1, edition: 2, lastChange: 'slow is lock' });
    expect(book.readRevision()).toBe(1);
    expect(book.read().states[1]).toEqual({ ...slow, name: 'lock', isNamed: true });
  });

  it('a change that is refused changes nothing', () => {
    const { book, rename } = createBook();
    rename('slow', 'lock');
    const before = book.read();
    expect(() =>
      book.change(() => {
        throw new Error('no');
      }, NOW_NS),
    ).toThrow('no');
    expect(book.read()).toEqual(before);
    expect(book.undo()).toBe('slow is lock');
  });

  it('undoes the last change, and that once', () => {
    const { book, rename, namesOf } = createBook();
    expect(book.undo()).toBeUndefined();
    rename('slow', 'lock');
    rename('fails', 'down');
    expect(book.undo()).toBe('fails is down');
    expect(namesOf()).toEqual(['usual', 'lock', 'fails']);
    expect(book.read()).toMatchObject({ revision: 3, lastChange: null });
    expect(book.undo()).toBeUndefined();
  });

  it('undoes a split, all of it', () => {
    const { book } = createBook();
    const before = book.read().states;
    const parts: KnownState[] = [
      { ...slow, isPart: true, centroid: fails.centroid, entities: fails.entities },
      createKnown('slow-2', { cart: { 3: 1 } }, { isPart: true }),
    ];
    book.change(() => ({ states: parts, description: 'split' }), NOW_NS);
    expect(book.read().states.map(({ id, isPart }) => [id, isPart])).toEqual([
      ['usual', false],
      ['slow', true],
      ['fails', false],
      ['slow-2', true],
    ]);
    book.undo();
    expect(book.read().states).toEqual(before);
  });

  it('forgets the oldest that no run is in and the user never touched', () => {
    const { book, store, rename } = createBook();
    store.runs.write(createRunRecord());
    rename('slow', 'lock');
    const many = (from: number, count: number) => Array.from({ length: count }, (_, i) => createKnown(`s${from + i}`, { cart: { 2: 1 } }));
    // States s1 and s2 are those of the run.
    book.add(many(0, 400), book.read().edition, NOW_NS + 1n);
    book.add(many(400, 300), book.read().edition, NOW_NS + 2n);
    const ids = book.read().states.map(({ id }) => id);
    expect(ids).toHaveLength(500);
    expect(ids).toEqual(expect.arrayContaining(['slow', 's1', 's2', 's699']));
    expect(ids).not.toEqual(expect.arrayContaining(['fails']));
  });

  it('is shared by all who have the store open', () => {
    const file = path.join(createTemporaryFolder(), 'store.db');
    const { rename } = createBook(file);
    const other = open(file).stateBook;
    const { edition } = other.read();
    rename('slow', 'lock');
    expect(other.add([createKnown('late', {})], edition, NOW_NS)).toBe(false);
    expect([other.readRevision(), other.undo()]).toEqual([1, 'slow is lock']);
  });

  it('comes to a store of the schema before: empty, and its runs are to be looked at again', () => {
    const file = path.join(createTemporaryFolder(), 'store.db');
    const database = openSqlite(file, { maxBytes: 2 ** 30 });
    migrate(database, file, MIGRATIONS.slice(0, 3));
    database.exec(`INSERT INTO runs (name, created_ns, input_key, params, headline, slice_count, dim, result, timeline, complete, heads)
                   VALUES ('run-1', 1, 'key', '{}', 'payment is slow', 0, 4, '{}', '{}', 1, 'default')`);
    database.close();
    const store = open(file);
    expect(store.migration).toMatchObject({ fromVersion: 3, toVersion: MIGRATIONS.length });
    expect([store.runs.findHeads('run-1'), store.runs.findStatesRevision('run-1')]).toEqual(['default', -1]);
    expect(store.stateBook.read()).toEqual({ states: [], edition: 0, revision: 0, lastChange: null });
  });
});
