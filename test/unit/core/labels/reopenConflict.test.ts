import { describe, expect, it } from 'vitest';
import type { Label } from '../../../../src/core/labels/label.js';
import { mergeLabels } from '../../../../src/core/labels/mergeLabels.js';
import { reopenConflict } from '../../../../src/core/labels/reopenConflict.js';
import { createLabel } from './labelBuilders.js';

const A = createLabel(0, { type: 'cpu' });
const B = createLabel(0, { type: 'memory-leak' });
const C = createLabel(0, { type: 'network-delay' });
const D = createLabel(0, { type: 'disk-full' });
const OTHER = createLabel(1);
const list = (label?: Label): Label[] => (label === undefined ? [OTHER] : [label, OTHER]);

describe('reopenConflict', () => {
  it.each([
    ['two new labels', undefined, A, B],
    ['two changes', A, B, C],
    ['a change here, a removal in the file', A, B, undefined],
    ['a removal here, a change in the file', A, undefined, B],
  ])('takes both resolutions of %s back to the conflict, and leaves other labels alone', (_name, base, here, inFile) => {
    const open = mergeLabels(list(base), list(here), list(inFile));
    const [conflict] = open.conflicts;
    for (const kept of ['here', 'file'] as const) {
      const resolved = mergeLabels(open.base, open.here, open.inFile, () => kept);
      const sides = conflict === undefined ? resolved : reopenConflict(resolved, conflict, kept);
      expect(mergeLabels(sides.base, sides.here, sides.inFile)).toEqual(open);
    }
  });

  it('leaves a side alone that was changed after the resolution', () => {
    const [conflict] = mergeLabels([A], [B], [C]).conflicts;
    if (conflict === undefined) throw new Error('no conflict');
    const changedFile = reopenConflict({ base: [B], here: [B], inFile: [D] }, conflict, 'here');
    expect(mergeLabels(changedFile.base, changedFile.here, changedFile.inFile).conflicts).toMatchObject([{ here: B, inFile: D }]);
    const changedBoth = reopenConflict({ base: [D], here: [D], inFile: [D] }, conflict, 'here');
    expect(mergeLabels(changedBoth.base, changedBoth.here, changedBoth.inFile)).toMatchObject({ here: [D], inFile: [D], conflicts: [] });
  });
});
