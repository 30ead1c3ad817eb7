import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../../../src/engine/store/openStore.js';
import { createTemporaryFolder } from '../temporaryFolder.js';
import { createRunRecord, START_NS } from './storeBuilders.js';

const openTestStore = () => openStore({ file: path.join(createTemporaryFolder(), 'store.db') });

describe('a stored run', () => {
  it('gives back everything that was written, also after reopening', () => {
    const record = createRunRecord({ modelBytes: 3 * 2 ** 20 + 17 });
    const first = openTestStore();
    first.runs.write(record);
    first.close();
    const store = openStore({ file: first.file });
    const { runs } = store;
    expect(runs.findTimeline('run-1')).toEqual(record.timeline);
    expect(runs.findSlices('run-1')).toEqual(record.timeline.slices);
    expect(runs.findStates('run-1')).toEqual(record.timeline.states);
    expect(runs.findTransitions('run-1')).toEqual(record.timeline.transitions);
    expect(runs.findEmbeddings('run-1')).toEqual({ dim: 4, rows: record.embeddings.slices });
    expect(runs.findByInput('key-1')).toEqual(record.result);
    expect(Buffer.compare(runs.findModel('run-1') ?? new Uint8Array(), record.model)).toBe(0);
    const [incident] = record.timeline.incidents;
    expect(runs.findFinding('run-1', BigInt(incident?.startNs ?? 0), BigInt(incident?.endNs ?? 0))).toEqual(record.findings[0]);
    store.close();
  });

  it('may have no slices and an empty model', () => {
    const store = openTestStore();
    store.runs.write(createRunRecord({ slices: 0, modelBytes: 0 }));
    expect(store.runs.findSlices('run-1')).toEqual([]);
    expect(store.runs.findEmbeddings('run-1')?.rows.length).toBe(0);
    expect(store.runs.findModel('run-1')?.length).toBe(0);
    store.close();
  });

  it('is found by its time: the latest, and all with the newest first', () => {
    const store = openTestStore();
    expect(store.runs.findLatest()).toBeUndefined();
    store.runs.write(createRunRecord({ run: 'old', createdNs: START_NS }));
    store.runs.write(createRunRecord({ run: 'new', createdNs: START_NS + 2n }));
    store.runs.write(createRunRecord({ run: 'middle', createdNs: START_NS + 1n }));
    expect(store.runs.findLatest()).toBe('new');
    expect(store.runs.list().map(({ run, createdNs }) => [run, createdNs])).toEqual([
      ['new', (START_NS + 2n).toString()],
      ['middle', (START_NS + 1n).toString()],
      ['old', START_NS.toString()],
    ]);
    store.close();
  });

  it('that is not there gives undefined', () => {
    const store = openTestStore();
    const { runs } = store;
    expect(runs.findTimeline('none')).toBeUndefined();
    expect(runs.findSlices('none')).toBeUndefined();
    expect(runs.findModel('none')).toBeUndefined();
    expect(runs.findByInput('none')).toBeUndefined();
    expect(runs.findFinding('none', 0n, 1n)).toBeUndefined();
    store.close();
  });

  it('stays invisible when its writing fails half-way', () => {
    const store = openTestStore();
    const record = createRunRecord();
    const broken = { ...record, embeddings: { ...record.embeddings, slices: new Float32Array(5) } };
    expect(() => {
      store.runs.write(broken);
    }).toThrow('3 slices of dim 4 need 12 numbers, got 5');
    expect(store.runs.findLatest()).toBeUndefined();
    expect(store.runs.findByInput('key-1')).toBeUndefined();
    expect(store.runs.list()).toEqual([]);
    store.close();
  });

  it('may hold an incident that could not be diagnosed', () => {
    const store = openTestStore();
    const record = createRunRecord();
    store.runs.write({ ...record, findings: [undefined] });
    const [incident] = record.timeline.incidents;
    expect(store.runs.findFinding('run-1', BigInt(incident?.startNs ?? 0), BigInt(incident?.endNs ?? 0))).toBeUndefined();
    expect(store.runs.findTimeline('run-1')?.incidents).toEqual(record.timeline.incidents);
    store.close();
  });
});
