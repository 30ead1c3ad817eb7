import { describe, expect, it } from 'vitest';
import { findNameProblem, toMergeChoices } from '../../../../src/extension/stateExplorer/stateChoices.js';
import { toStateRows } from '../../../../src/extension/stateExplorer/treeModel.js';
import type { StateView } from '../../../../src/protocol/views.js';
import { buildTimeline } from '../views.js';

const state = (id: string, slices: number, abnormal: boolean, change: Partial<StateView> = {}): StateView => ({
  id,
  name: `${id} name`,
  slices,
  abnormal,
  evidence: [],
  ...change,
});
const [slow, fails, down] = [state('slow', 3, true), state('fails', 9, true), state('down', 1, true)];
const timeline = buildTimeline({ states: [slow, fails, down, state('usual', 90, false), state('unknown', 4, true, { name: 'unknown' })] });

describe('what a state can be merged into', () => {
  it('is every other state of its kind, largest first, and never unknown', () => {
    expect(toMergeChoices(timeline, slow).map(({ label, description, state: { id } }) => [label, description, id])).toEqual([
      ['fails name', '9 slices', 'fails'],
      ['down name', '1 slice', 'down'],
    ]);
    expect(toMergeChoices(timeline, timeline.states[3] ?? slow)).toEqual([]);
  });
});

describe('the name of a state', () => {
  it('must be there, and be no other state’s', () => {
    expect(findNameProblem(timeline, slow, 'lock')).toBeNull();
    expect(findNameProblem(timeline, slow, slow.name)).toBeNull();
    expect(findNameProblem(timeline, slow, '  ')).toBe('A state needs a name.');
    expect(findNameProblem(timeline, slow, ' fails name ')).toContain('Another state has this name');
    expect(findNameProblem(timeline, slow, 'unknown')).toContain('Another state has this name');
  });
});

describe('the row of a pinned state', () => {
  it('says so, to eyes and to screen readers', () => {
    const rows = toStateRows(buildTimeline({ states: [state('slow', 3, true, { isPinned: true }), fails] }), 'UTC');
    expect(rows.map(({ description, accessibleLabel }) => [description, accessibleLabel])).toEqual([
      ['9 slices, abnormal', 'State fails name, abnormal, 9 slices'],
      ['3 slices, abnormal, pinned', 'State slow name, abnormal, 3 slices, pinned'],
    ]);
  });
});
