import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import BetterSqlite3 from 'better-sqlite3';
import { encodeChunk } from '../../../../src/engine/store/chunkCodec.js';
import { openStore, type Store } from '../../../../src/engine/store/openStore.js';
import type { PruningLimits } from '../../../../src/engine/store/pruning.js';
import { createTemporaryFolder } from '../temporaryFolder.js';
import { createChunk, createIdentity, createParsedFile, createRunRecord } from './storeBuilders.js';

const GENEROUS: PruningLimits = { runs: 100, runBytes: 2 ** 30, parsedFileBytes: 2 ** 30, textVectors: 1000 };

function openTestStore(limits: Partial<PruningLimits>): Store {
  return openStore({ file: path.join(createTemporaryFolder(), 'store.db'), pruning: { ...GENEROUS, ...limits } });
}

function writeRuns(store: Store, count: number, modelBytes = 100): void {
  for (let i = 1; i <= count; i++) {
    store.runs.write(createRunRecord({ run: `run-${i}`, inputKey: `key-${i}`, createdNs: BigInt(i), modelBytes }));
  }
}

describe('prune', () => {
  it('removes nothing within the limits', () => {
    const store = openTestStore({});
    writeRuns(store, 3);
    expect(store.prune()).toEqual({ runs: 0, files: 0, textVectors: 0 });
    store.close();
  });

  it('keeps the newest runs, with nothing left of the others', () => {
    const store = openTestStore({ runs: 2 });
    writeRuns(store, 5);
    expect(store.prune().runs).toBe(3);
    expect(store.runs.list().map(({ run }) => run)).toEqual(['run-5', 'run-4']);
    expect(store.runs.findModel('run-1')).toBeUndefined();
    const direct = new BetterSqlite3(store.file);
    expect(direct.prepare('SELECT count(DISTINCT run) FROM slices').pluck().get()).toBe(2);
    expect(direct.prepare('SELECT count(DISTINCT run) FROM embeddings').pluck().get()).toBe(2);
    direct.close();
    store.close();
  });

  it('keeps the newest run even when it alone is over the size limit', () => {
    const store = openTestStore({ runBytes: 10 });
    writeRuns(store, 3, 10_000);
    store.prune();
    expect(store.runs.list().map(({ run }) => run)).toEqual(['run-3']);
    store.close();
  });

  it('removes the files that were used least recently', async () => {
    const store = openTestStore({ parsedFileBytes: 2.5 * encodeChunk(createChunk(3000, 97)).length });
    for (const name of ['a', 'b', 'c']) {
      store.parsedFiles.put(createIdentity({ path: name }), 'v1', createParsedFile(name, [createChunk(3000, name.charCodeAt(0))]));
      // `used_ms` counts in ms.
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    store.parsedFiles.find(createIdentity({ path: 'a' }), 'v1');
    const { files } = store.prune();
    expect(files).toBe(1);
    expect(store.parsedFiles.find(createIdentity({ path: 'a' }), 'v1')).toBeDefined();
    expect(store.parsedFiles.find(createIdentity({ path: 'b' }), 'v1')).toBeUndefined();
    store.close();
  });

  it('removes the oldest text vectors', () => {
    const store = openTestStore({ textVectors: 2 });
    const cache = store.openTextVectors('minilm-1');
    cache.put(['a', 'b', 'c'], new Float32Array(3 * 384));
    expect(store.prune().textVectors).toBe(1);
    expect(cache.find(['a', 'b', 'c']).map((vector) => vector !== undefined)).toEqual([false, true, true]);
    store.close();
  });

  it('removes what an engine began and never finished, once it is old', () => {
    const store = openTestStore({});
    store.parsedFiles.put(createIdentity(), 'v1', createParsedFile());
    const direct = new BetterSqlite3(store.file);
    direct.exec(`UPDATE files SET complete = 0, used_ms = ${Date.now() - 60_000}`);
    expect(store.prune().files).toBe(0);
    direct.exec(`UPDATE files SET used_ms = ${Date.now() - 2 * 3_600_000}`);
    expect(store.prune().files).toBe(1);
    direct.close();
    store.close();
  });

  it('gives freed space back to the disk', () => {
    const store = openTestStore({ runs: 1 });
    writeRuns(store, 4, 2 ** 21);
    store.describe();
    store.prune();
    store.close();
    // One model of 2 MiB remains of four.
    expect(fs.statSync(store.file).size).toBeLessThan(2 ** 22);
  });
});
