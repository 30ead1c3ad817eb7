import { describe, expect, it } from 'vitest';
import { findSimilar } from '../../../../src/engine/similar/similar.js';
import type { LabelView } from '../../../../src/protocol/views.js';
import { createSlice, START_NS } from '../store/storeBuilders.js';

const SLICES = [0, 1, 2, 3].map(createSlice);
/** Slice 0 is less like slice 3 than the others are. */
const EMBEDDINGS = { dim: 2, rows: Float32Array.of(0, 1, 1, 0, 1, 0, 1, 0) };
const ASKED = SLICES[3]?.id ?? '';

/** Times in seconds after the first slice begins; slices are a minute long. */
function createLabel(fromS: number, toS: number, type: string, entity: string | null): LabelView {
  const toNs = (seconds: number): string => (START_NS + BigInt(seconds) * 1_000_000_000n).toString();
  return { startNs: toNs(fromS), endNs: toNs(toS), type, entity, note: '', author: '', createdNs: '0' };
}

describe('findSimilar', () => {
  it('lists earlier slices by similarity, with what people said of them', () => {
    const labels = [createLabel(0, 60, 'normal', null), createLabel(61, 110, 'cpu', 'cart'), createLabel(61, 110, 'cpu', 'payment')];
    const found = findSimilar({ slice: ASKED }, SLICES, EMBEDDINGS, [], labels);
    expect(found.map(({ slice, labels: said }) => [slice.id, said])).toEqual([
      [SLICES[1]?.id, ['cpu on cart', 'cpu on payment']],
      [SLICES[2]?.id, []],
      [SLICES[0]?.id, ['normal']],
    ]);
  });

  it.each([
    ['the second half of a slice and no more', 30, 60, true],
    ['half of itself in a slice', 40, 80, false],
    ['more than half of itself in a slice', 39, 79, true],
    ['half of a slice, being longer', 30, 300, false],
    ['more than half of a slice, being longer', 29, 300, true],
    ['the time right after a slice', 60, 90, false],
  ])('takes a label of %s for one of the slice: %s to %s s, %s', (_name, from, to, isSaid) => {
    const found = findSimilar({ slice: ASKED }, SLICES, EMBEDDINGS, [], [createLabel(from, to, 'cpu', 'cart')]);
    expect(found.at(-1)?.labels).toEqual(isSaid ? ['cpu on cart'] : []);
  });

  it('keeps labelled slices alone when asked to, before it counts', () => {
    const labels = [createLabel(0, 60, 'normal', null)];
    const found = findSimilar({ slice: ASKED, limit: 1, labelled: true }, SLICES, EMBEDDINGS, [], labels);
    expect(found.map(({ slice }) => slice.id)).toEqual([SLICES[0]?.id]);
    expect(findSimilar({ slice: ASKED, labelled: true }, SLICES, EMBEDDINGS, [], [])).toEqual([]);
  });
});
