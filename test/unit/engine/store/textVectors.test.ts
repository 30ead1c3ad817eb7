import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../../../src/engine/store/openStore.js';
import { createTemporaryFolder } from '../temporaryFolder.js';

const DIM = 384;
const createVectors = (count: number): Float32Array => Float32Array.from({ length: count * DIM }, (_, i) => i / 7);
const openTestStore = () => openStore({ file: path.join(createTemporaryFolder(), 'store.db') });

describe('text vectors', () => {
  it('come back for known texts, in the order asked', () => {
    const store = openTestStore();
    const cache = store.openTextVectors('minilm-1');
    const vectors = createVectors(3);
    cache.put(['a', '', 'c'], vectors);
    expect(cache.find(['c', 'unknown', ''])).toEqual([vectors.slice(2 * DIM), undefined, vectors.slice(DIM, 2 * DIM)]);
    store.close();
  });

  it('of one encoder are not found for another', () => {
    const store = openTestStore();
    store.openTextVectors('minilm-1').put(['a'], createVectors(1));
    expect(store.openTextVectors('minilm-2').find(['a'])).toEqual([undefined]);
    store.close();
  });

  it('are put in more than one transaction, and again without harm', () => {
    const store = openTestStore();
    const cache = store.openTextVectors('minilm-1');
    const texts = Array.from({ length: 5000 }, (_, i) => `text ${i}`);
    const vectors = createVectors(texts.length);
    cache.put(texts, vectors);
    cache.put(texts.slice(0, 10), vectors.slice(0, 10 * DIM));
    expect(cache.find(['text 4999'])).toEqual([vectors.slice(4999 * DIM)]);
    store.close();
  });

  it('need one row per text', () => {
    const store = openTestStore();
    expect(() => {
      store.openTextVectors('minilm-1').put(['a', 'b'], createVectors(1));
    }).toThrow('2 texts need 768 numbers, got 384');
    store.close();
  });

  it('do not put the texts into the file', () => {
    const store = openTestStore();
    store.openTextVectors('minilm-1').put(['card 4111 refused'], createVectors(1));
    store.close();
    expect(fs.readFileSync(store.file).includes('4111')).toBe(false);
  });
});
