import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import BetterSqlite3 from 'better-sqlite3';
import { migrate, MIGRATIONS, readVersion } from '../../../../src/engine/store/migrations.js';
import { openStore } from '../../../../src/engine/store/openStore.js';
import { openSqlite } from '../../../../src/engine/store/sqlite.js';
import { createTemporaryFolder } from '../temporaryFolder.js';
import { createRunRecord } from './storeBuilders.js';

const ADD_NOTES = 'CREATE TABLE notes (text TEXT NOT NULL); INSERT INTO notes SELECT headline FROM runs;';

/** A store of today's schema with one run, closed. */
function createStoreFile(): string {
  const store = openStore({ file: path.join(createTemporaryFolder(), 'store.db') });
  store.runs.write(createRunRecord());
  store.close();
  return store.file;
}

describe('migrate', () => {
  it('creates a new store without a backup and says so', () => {
    const store = openStore({ file: path.join(createTemporaryFolder(), 'new', 'store.db') });
    expect(store.migration).toEqual({ fromVersion: 0, toVersion: MIGRATIONS.length, backup: undefined });
    store.close();
  });

  it('does nothing to a store of the current schema', () => {
    const store = openStore({ file: createStoreFile() });
    expect(store.migration).toBeUndefined();
    store.close();
  });

  it('keeps a usable copy of the old file before it changes it, and the data in both', () => {
    const file = createStoreFile();
    const database = openSqlite(file, { maxBytes: 2 ** 30 });
    const report = migrate(database, file, [...MIGRATIONS, ADD_NOTES]);
    expect(database.prepare('SELECT text FROM notes').pluck().all()).toEqual(['payment is slow (run-1)']);
    expect(readVersion(database)).toBe(MIGRATIONS.length + 1);
    database.close();
    const backup = openStore({ file: report?.backup ?? '' });
    expect(backup.migration).toBeUndefined();
    expect(backup.runs.findLatest()).toBe('run-1');
    backup.close();
  });

  it('brings a store of the first schema to the current one: runs stay, their findings to be made anew, and there are no labels', () => {
    const file = path.join(createTemporaryFolder(), 'store.db');
    const database = openSqlite(file, { maxBytes: 2 ** 30 });
    migrate(database, file, MIGRATIONS.slice(0, 1));
    database.exec(`INSERT INTO runs (name, created_ns, input_key, params, headline, slice_count, dim, result, timeline, complete)
                   VALUES ('run-1', 1, 'key', '{}', 'payment is slow', 0, 4, '{}', '{}', 1)`);
    database.close();
    const store = openStore({ file });
    expect(store.migration).toMatchObject({
      fromVersion: 1,
      toVersion: MIGRATIONS.length,
      backup: expect.stringContaining('.v1-') as string,
    });
    expect([store.runs.findLatest(), store.runs.findHeads('run-1')]).toEqual(['run-1', '']);
    expect([store.labels.list(), store.labels.readSynced('labels.csv'), store.heads.list()]).toEqual([[], [], []]);
    store.close();
  });

  it('leaves the store as it was when a step fails', () => {
    const file = createStoreFile();
    const database = openSqlite(file, { maxBytes: 2 ** 30 });
    expect(() => migrate(database, file, [...MIGRATIONS, `${ADD_NOTES} SELECT * FROM nowhere;`])).toThrow('nowhere');
    expect(readVersion(database)).toBe(MIGRATIONS.length);
    expect(database.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'notes'").pluck().get()).toBe(0);
    database.close();
    const store = openStore({ file });
    expect(store.runs.findLatest()).toBe('run-1');
    store.close();
  });

  it('refuses a store of a newer version and leaves it alone', () => {
    const file = createStoreFile();
    const direct = new BetterSqlite3(file);
    direct.pragma('user_version = 99');
    direct.close();
    expect(() => openStore({ file })).toThrow('was written by a newer RuntimeSlicer (schema 99');
    expect(() => openStore({ file, onDamage: 'setAside' })).toThrow('newer RuntimeSlicer');
    expect(fs.existsSync(file)).toBe(true);
  });

  it("refuses another program's database and leaves it alone", () => {
    const file = path.join(createTemporaryFolder(), 'bookmarks.db');
    const direct = new BetterSqlite3(file);
    direct.exec('CREATE TABLE bookmarks (url TEXT)');
    direct.close();
    expect(() => openStore({ file, onDamage: 'setAside' })).toThrow('is a SQLite database of another program');
    const again = new BetterSqlite3(file);
    expect(again.prepare('SELECT name FROM sqlite_schema').pluck().all()).toEqual(['bookmarks']);
    again.close();
  });
});
