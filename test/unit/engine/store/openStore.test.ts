import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { EngineError } from '../../../../src/protocol/engineError.js';
import { SCHEMA_VERSION } from '../../../../src/engine/store/migrations.js';
import { openStore } from '../../../../src/engine/store/openStore.js';
import { assertNodeApi } from '../../../../src/engine/store/sqlite.js';
import { createTemporaryFolder } from '../temporaryFolder.js';
import { createChunk, createIdentity, createParsedFile, createRunRecord } from './storeBuilders.js';

function catchError(action: () => unknown): EngineError {
  try {
    action();
  } catch (error) {
    if (error instanceof EngineError) {
      return error;
    }
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** A closed store with a run large enough to fill some hundred pages. */
function createStoreFile(): string {
  const store = openStore({ file: path.join(createTemporaryFolder(), 'store.db') });
  store.runs.write(createRunRecord({ modelBytes: 2 ** 21 }));
  store.parsedFiles.put(createIdentity(), 'v1', createParsedFile('/data/traces.jsonl', [createChunk(20_000)]));
  store.close();
  return store.file;
}

describe('openStore', () => {
  it('reports an intact store as such', () => {
    const store = openStore({ file: createStoreFile() });
    expect(store.describe()).toMatchObject({ path: store.file, integrity: 'ok', schemaVersion: SCHEMA_VERSION });
    expect(store.describe().sizeBytes).toBeGreaterThan(100_000);
    store.close();
  });

  it('refuses a file that is no database, in words, and leaves it alone', () => {
    const file = path.join(createTemporaryFolder(), 'notes.txt');
    fs.writeFileSync(file, 'my notes '.repeat(1000));
    const error = catchError(() => openStore({ file }));
    expect(error.code).toBe('store');
    expect(error.message).toContain(`${file} is not a RuntimeSlicer store`);
    expect(fs.readFileSync(file, 'utf8')).toContain('my notes');
  });

  it('sets a damaged file aside where it is told to, and begins a new one', () => {
    const file = createStoreFile();
    const damaged = fs.readFileSync(file).fill(0x55, 0, 4096);
    fs.writeFileSync(file, damaged);
    const problems: string[] = [];
    const store = openStore({ file, onDamage: 'setAside', onProblem: (problem) => problems.push(problem) });
    expect(store.runs.findLatest()).toBeUndefined();
    store.close();
    expect(problems[0]).toContain('was damaged; it is kept as');
    const kept = fs.readdirSync(path.dirname(file)).filter((name) => name.startsWith('store.db.damaged-'));
    expect(kept).toHaveLength(1);
    expect(Buffer.compare(fs.readFileSync(path.join(path.dirname(file), kept[0] ?? '')), damaged)).toBe(0);
  });

  it('finds damage inside the file, as a report and as an error with a reason', () => {
    const file = createStoreFile();
    const bytes = fs.readFileSync(file);
    // Everything behind the schema's own pages.
    fs.writeFileSync(file, bytes.fill(0xaa, 8192 * 40));
    const store = openStore({ file });
    expect(store.describe().integrity).not.toBe('ok');
    const error = catchError(() => store.runs.findModel('run-1'));
    expect(error.code).toBe('store');
    expect(error.message).toContain('is damaged');
    store.close();
  });

  it('refuses a folder that cannot be made, naming the file', () => {
    const folder = createTemporaryFolder();
    fs.writeFileSync(path.join(folder, 'file'), '');
    const error = catchError(() => openStore({ file: path.join(folder, 'file', 'store.db') }));
    expect(error.code).toBe('store');
    expect(error.message).toContain('store.db');
    expect(error.message.split('\n')).toHaveLength(1);
  });

  it('fails as on a full disk at its size limit, and what was stored before stays readable', () => {
    const file = createStoreFile();
    const store = openStore({ file, maxBytes: fs.statSync(file).size + 200_000 });
    const error = catchError(() => {
      store.runs.write(createRunRecord({ run: 'run-2', inputKey: 'key-2', createdNs: 2n ** 62n, dim: 20_000, slices: 30 }));
    });
    expect(error.code).toBe('store');
    expect(error.message).toContain('is full');
    expect(store.runs.findLatest()).toBe('run-1');
    expect(store.runs.findTimeline('run-1')?.slices).toHaveLength(3);
    expect(store.describe().integrity).toBe('ok');
    store.close();
  });

  it('says that it is closed rather than crash', () => {
    const store = openStore({ file: createStoreFile() });
    store.close();
    expect(catchError(() => store.runs.list()).code).toBe('store');
  });
});

describe('assertNodeApi', () => {
  it.each([['9'], [undefined], ['']])('refuses Node-API %s with the version it needs', (version) => {
    expect(
      catchError(() => {
        assertNodeApi(version ?? 'none');
      }).message,
    ).toContain('needs Node 22.14 or later');
  });

  it('accepts Node-API 10 and later', () => {
    expect(() => {
      assertNodeApi('10');
      assertNodeApi('11');
    }).not.toThrow();
  });
});
