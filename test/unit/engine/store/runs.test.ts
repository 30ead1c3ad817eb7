import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../../../src/engine/store/openStore.js';
import type { RunRecord } from '../../../../src/engine/store/runRecord.js';
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

describe('a run that is replaced', () => {
  const changed = createRunRecord({ slices: 5, modelBytes: 3 * 2 ** 20 });
  const replacement: RunRecord = { ...changed, heads: 'v2', findings: [undefined] };

  it('keeps its name, its time and its place, and is wholly the new one', () => {
    const store = openTestStore();
    const { runs } = store;
    runs.write(createRunRecord());
    runs.write(createRunRecord({ run: 'later', inputKey: 'key-2', createdNs: START_NS + 1n }));
    runs.replace(replacement);
    expect(runs.list().map(({ run, createdNs }) => [run, createdNs])).toEqual([
      ['later', (START_NS + 1n).toString()],
      ['run-1', START_NS.toString()],
    ]);
    expect(runs.findHeads('run-1')).toBe('v2');
    expect(runs.findTimeline('run-1')).toEqual(changed.timeline);
    expect(runs.findSlices('run-1')).toHaveLength(5);
    expect(runs.findModel('run-1')).toEqual(Buffer.from(changed.model));
    expect(runs.findByInput('key-1')).toEqual(changed.result);
    const [incident] = changed.timeline.incidents;
    expect(runs.findFinding('run-1', BigInt(incident?.startNs ?? 0), BigInt(incident?.endNs ?? 0))).toBeUndefined();
    store.close();
  });

  it('can be written again from what is kept of it', () => {
    const store = openTestStore();
    const record = createRunRecord();
    store.runs.write(record);
    const source = store.runs.findSource('run-1');
    const { inputKey, createdNs, params, result, embeddings } = record;
    expect(source).toEqual({ inputKey, createdNs, params, result, embeddings });
    store.runs.replace({ ...record, ...source });
    expect(store.runs.findSource('run-1')).toEqual(source);
    store.close();
  });

  it('stays as it was when the writing of the new one fails half-way', () => {
    const store = openTestStore();
    const record = createRunRecord();
    store.runs.write(record);
    expect(() => {
      store.runs.replace({ ...replacement, embeddings: { ...replacement.embeddings, slices: new Float32Array(5) } });
    }).toThrow('got 5');
    expect(store.runs.findTimeline('run-1')).toEqual(record.timeline);
    expect(store.runs.findHeads('run-1')).toBe('default');
    expect(store.runs.list()).toHaveLength(1);
    store.runs.replace(replacement);
    expect(store.runs.findHeads('run-1')).toBe('v2');
    store.close();
  });

  it('is not lost to another process that prunes while the new one is written', () => {
    const store = openTestStore();
    const other = openStore({ file: store.file });
    // Made long ago, as an unfinished run of that age would be abandoned.
    store.runs.write(createRunRecord());
    let pruned = 0;
    const model = new Proxy(replacement.model, {
      get: (target, property) => {
        if (property === 'subarray' && pruned === 0) {
          pruned += 1;
          other.prune();
        }
        const value = Reflect.get(target, property, target) as unknown;
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
    store.runs.replace({ ...replacement, model });
    expect(pruned).toBe(1);
    expect(store.runs.findHeads('run-1')).toBe('v2');
    expect(store.runs.findSlices('run-1')).toHaveLength(5);
    other.close();
    store.close();
  });
});
