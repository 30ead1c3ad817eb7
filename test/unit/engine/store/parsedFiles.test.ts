import { describe, expect, it } from 'vitest';
import BetterSqlite3 from 'better-sqlite3';
import path from 'node:path';
import { openStore } from '../../../../src/engine/store/openStore.js';
import { createTemporaryFolder } from '../temporaryFolder.js';
import { createChunk, createIdentity, createParsedFile } from './storeBuilders.js';

function openTestStore(problems: string[] = []) {
  return openStore({ file: path.join(createTemporaryFolder(), 'store.db'), onProblem: (problem) => problems.push(problem) });
}

describe('parsed files', () => {
  it('come back as they were put, marked as cached', () => {
    const store = openTestStore();
    const file = createParsedFile();
    store.parsedFiles.put(createIdentity(), 'v1', file);
    expect(store.parsedFiles.find(createIdentity(), 'v1')).toEqual({ ...file, report: { ...file.report, cached: true } });
    store.close();
  });

  it.each([
    ['path', createIdentity({ path: '/data/other.jsonl' }), 'v1'],
    ['size', createIdentity({ sizeBytes: 1235 }), 'v1'],
    ['time', createIdentity({ mtimeMs: 1_700_000_000_124.5 }), 'v1'],
    ['content', createIdentity({ contentHash: 'cd'.repeat(32) }), 'v1'],
    ['settings', createIdentity(), 'v2'],
  ])('are not found under another %s', (_name, identity, settingsKey) => {
    const store = openTestStore();
    store.parsedFiles.put(createIdentity(), 'v1', createParsedFile());
    expect(store.parsedFiles.find(identity, settingsKey)).toBeUndefined();
    store.close();
  });

  it('are replaced when the file has changed', () => {
    const store = openTestStore();
    store.parsedFiles.put(createIdentity(), 'v1', createParsedFile());
    store.parsedFiles.put(createIdentity({ sizeBytes: 2000 }), 'v1', createParsedFile(undefined, [createChunk(1, 9)]));
    expect(store.parsedFiles.find(createIdentity(), 'v1')).toBeUndefined();
    expect(store.parsedFiles.find(createIdentity({ sizeBytes: 2000 }), 'v1')?.chunks).toEqual([createChunk(1, 9)]);
    store.close();
  });

  it('keep the order of more chunks than one transaction holds', () => {
    const store = openTestStore();
    const chunks = Array.from({ length: 6 }, (_, i) => createChunk(40_000, i + 1));
    store.parsedFiles.put(createIdentity(), 'v1', createParsedFile(undefined, chunks));
    const found = store.parsedFiles.find(createIdentity(), 'v1')?.chunks;
    expect(found?.map((chunk) => chunk.newStrings)).toEqual(chunks.map((chunk) => chunk.newStrings));
    expect(found?.[5]?.spans.traceKey).toEqual(chunks[5]?.spans.traceKey);
    store.close();
  });

  it('are dropped with a word about it when a row is damaged', () => {
    const problems: string[] = [];
    const store = openTestStore(problems);
    store.parsedFiles.put(createIdentity(), 'v1', createParsedFile());
    const direct = new BetterSqlite3(store.file);
    direct.exec("UPDATE chunks SET data = x'02ffff' WHERE ordinal = 1");
    direct.close();
    expect(store.parsedFiles.find(createIdentity(), 'v1')).toBeUndefined();
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('/data/traces.jsonl');
    store.parsedFiles.put(createIdentity(), 'v1', createParsedFile());
    expect(store.parsedFiles.find(createIdentity(), 'v1')).toBeDefined();
    store.close();
  });
});
