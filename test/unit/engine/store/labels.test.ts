import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openStore, type Store } from '../../../../src/engine/store/openStore.js';
import type { LabelView } from '../../../../src/protocol/views.js';
import { createTemporaryFolder } from '../temporaryFolder.js';

const FILE = '/work/labels.csv';

function createStore(): Store {
  const store = openStore({ file: path.join(createTemporaryFolder(), 'store.db') });
  onTestFinished(() => {
    store.close();
  });
  return store;
}

function createView(change: Partial<LabelView> = {}): LabelView {
  return {
    startNs: '1773144000000000001',
    endNs: '1773144060000000000',
    entity: 'cart',
    type: 'network-delay',
    note: 'said "why",\nthen left',
    author: 'ada',
    createdNs: '1773150000000000000',
    ...change,
  };
}

describe('the labels of a store', () => {
  it('come back as they were, by start, none to begin with', () => {
    const { labels } = createStore();
    expect(labels.list()).toEqual([]);
    const late = createView({ startNs: '1773144030000000000' });
    const normal = createView({ entity: null, type: 'normal', note: '', author: '' });
    for (const label of [late, createView(), normal]) {
      expect(labels.put(label)).toBeUndefined();
    }
    expect(labels.list()).toEqual([normal, createView(), late]);
  });

  it('are one per range and service: the one before is given back', () => {
    const { labels } = createStore();
    labels.put(createView());
    const changed = createView({ type: 'cpu', createdNs: '5' });
    expect(labels.put(changed)).toEqual(createView());
    expect(labels.list()).toEqual([changed]);
  });

  it('are given back when they are removed', () => {
    const { labels } = createStore();
    labels.put(createView());
    expect(labels.remove(createView({ entity: null }))).toBeUndefined();
    expect(labels.remove(createView())).toEqual(createView());
    expect(labels.remove(createView())).toBeUndefined();
    expect(labels.list()).toEqual([]);
  });

  it('are replaced by what a merge makes of them, those of each file apart', () => {
    const { labels } = createStore();
    labels.put(createView());
    const [here, synced] = [[createView({ type: 'cpu' })], [createView({ note: '' }), createView({ endNs: '1773144070000000000' })]];
    const merged = labels.sync(FILE, (before, syncedBefore) => {
      expect([before, syncedBefore]).toEqual([[createView()], []]);
      return { here, synced };
    });
    expect(merged).toEqual({ here, synced });
    expect(labels.list()).toEqual(here);
    expect(labels.readSynced(FILE)).toEqual(synced);
    expect(labels.readSynced('/work/other.csv')).toEqual([]);
    labels.sync(FILE, (before, syncedBefore) => {
      expect([before, syncedBefore]).toEqual([here, synced]);
      return { here: [], synced: [] };
    });
    expect([labels.list(), labels.readSynced(FILE)]).toEqual([[], []]);
  });

  it('stay when a merge fails, also when it fails while it is written', () => {
    const { labels, file } = createStore();
    labels.put(createView());
    labels.sync(FILE, (here) => ({ here, synced: here }));
    expect(() =>
      labels.sync(FILE, () => {
        throw new Error('no merge');
      }),
    ).toThrow(`the store ${file} failed: no merge`);
    expect(() => labels.sync(FILE, () => ({ here: [], synced: [createView(), createView()] }))).toThrow('UNIQUE');
    expect(labels.list()).toEqual([createView()]);
    expect(labels.readSynced(FILE)).toEqual([createView()]);
  });
});
