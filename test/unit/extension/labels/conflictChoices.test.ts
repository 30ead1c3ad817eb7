import { describe, expect, it } from 'vitest';
import { toConflictChoices, toConflictsText, toSideChoices } from '../../../../src/extension/labels/conflictChoices.js';
import type { LabelConflict } from '../../../../src/protocol/views.js';
import { buildLabel, ns } from '../views.js';

const conflict: LabelConflict = {
  key: { startNs: ns(0), endNs: ns(60), entity: 'cart' },
  base: null,
  here: buildLabel('memory-leak', { note: 'grows\nslowly' }),
  inFile: null,
};

describe('what resolving label conflicts says', () => {
  it('names range and both sides of one conflict, and the number of many', () => {
    expect(toConflictsText([conflict], 'UTC')).toBe(
      'The label of 08:00:00 – 08:01:00 UTC was changed here and in the file: here “memory leak on cart: grows slowly”, in the file removed.',
    );
    expect(toConflictsText([conflict, conflict], 'UTC')).toBe('2 labels were changed here and in the file, differently.');
  });

  it('offers each conflict, and both sides with what they say', () => {
    expect(toConflictChoices([conflict], 'UTC')).toEqual([
      {
        label: '08:00:00 – 08:01:00 UTC',
        description: 'cart',
        detail: 'Here: “memory leak on cart: grows slowly”. In the file: removed.',
        value: conflict,
      },
    ]);
    expect(toSideChoices(conflict)).toEqual([
      { label: 'Keep Mine', description: '“memory leak on cart: grows slowly”', value: 'here' },
      { label: "Take the File's", description: 'removed', value: 'file' },
    ]);
  });
});
