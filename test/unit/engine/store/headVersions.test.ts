import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { HeadVersionRecord } from '../../../../src/engine/store/headVersions.js';
import { openStore, type Store } from '../../../../src/engine/store/openStore.js';
import { createTemporaryFolder } from '../temporaryFolder.js';

function createRecord(version: string, createdNs: bigint): Omit<HeadVersionRecord, 'isUsed'> {
  return { version, createdNs, encoder: 'ab'.repeat(32), notes: `{"version":"${version}"}` };
}

function openTestStore(): Store {
  const store = openStore({ file: path.join(createTemporaryFolder(), 'store.db') });
  onTestFinished(() => {
    store.close();
  });
  return store;
}

describe('versions of heads', () => {
  it('are none in a new store', () => {
    const { heads } = openTestStore();
    expect(heads.list()).toEqual([]);
    expect(heads.find('a')).toBeUndefined();
    heads.use(undefined);
  });

  it('are listed with the newest first, also those of one time, and come back as they were, also after reopening', () => {
    const store = openTestStore();
    store.heads.put(createRecord('a', 5n), Uint8Array.of(1, 2));
    store.heads.put(createRecord('b', 1_773_147_600_000_000_001n), Uint8Array.of(3));
    store.heads.put(createRecord('c', 5n), new Uint8Array(0));
    store.heads.use('a');
    const other = openStore({ file: store.file });
    expect(other.heads.list()).toEqual([
      { ...createRecord('b', 1_773_147_600_000_000_001n), isUsed: false },
      { ...createRecord('c', 5n), isUsed: false },
      { ...createRecord('a', 5n), isUsed: true },
    ]);
    expect(['a', 'b', 'c'].map((version) => [...(other.heads.find(version) ?? [])])).toEqual([[1, 2], [3], []]);
    other.close();
  });

  it('are in use one at a time, or none', () => {
    const { heads } = openTestStore();
    heads.put(createRecord('a', 1n), Uint8Array.of(1));
    heads.put(createRecord('b', 2n), Uint8Array.of(2));
    const used = (): string[] => heads.list().flatMap(({ version, isUsed }) => (isUsed ? [version] : []));
    expect(used()).toEqual([]);
    heads.use('a');
    heads.use('b');
    expect(used()).toEqual(['b']);
    heads.use(undefined);
    expect(used()).toEqual([]);
  });

  it('stay in use when one is asked for that is not there', () => {
    const { heads } = openTestStore();
    heads.put(createRecord('a', 1n), Uint8Array.of(1));
    heads.use('a');
    expect(() => {
      heads.use('b');
    }).toThrow('there are no heads b in the store');
    expect(heads.list()).toMatchObject([{ version: 'a', isUsed: true }]);
  });

  it('take the place of an equal version and stay in use', () => {
    const { heads } = openTestStore();
    heads.put(createRecord('a', 1n), Uint8Array.of(1));
    heads.use('a');
    heads.put({ ...createRecord('a', 9n), notes: '{}' }, Uint8Array.of(7));
    expect(heads.list()).toMatchObject([{ version: 'a', createdNs: 9n, notes: '{}', isUsed: true }]);
    expect(heads.find('a')).toEqual(Buffer.of(7));
  });
});
