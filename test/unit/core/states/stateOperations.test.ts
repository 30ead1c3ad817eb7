import { describe, expect, it } from 'vitest';
import type { KnownState } from '../../../../src/core/states/knownStates.js';
import { applyOperation, type Part, type StateOperation } from '../../../../src/core/states/stateOperations.js';
import { createKnown, createUsual } from './stateBuilders.js';

const known: readonly KnownState[] = [
  createUsual('usual'),
  createUsual('usual-busier'),
  createKnown('slow', { cart: { 2: 1 } }),
  createKnown('fails', { payment: { 4: 1 } }),
  createKnown('pinned', { search: { 1: 1 } }, { isPinned: true }),
  createKnown('gone', { search: { 2: 1 } }, { mergedInto: 'fails' }),
];
const apply = (operation: StateOperation): readonly KnownState[] => applyOperation(known, operation);
const part = (size: number, family: number): Part => ({ entities: ['cart'], centroid: Float32Array.of(family), limit: 0.6, size });

describe('what a user does with states', () => {
  it('renames', () => {
    expect(apply({ kind: 'rename', state: 'slow', name: '  cart   lock ' })).toMatchObject([
      { id: 'slow', name: 'cart lock', isNamed: true },
    ]);
  });

  it('merges', () => {
    expect(apply({ kind: 'merge', state: 'slow', into: 'fails' })).toMatchObject([{ id: 'slow', mergedInto: 'fails' }]);
    expect(apply({ kind: 'merge', state: 'usual-busier', into: 'usual' })).toMatchObject([{ id: 'usual-busier', mergedInto: 'usual' }]);
  });

  it('splits: the larger part stays what it was, the other one is new', () => {
    expect(apply({ kind: 'split', state: 'pinned', parts: [part(7, 1), part(3, 2)] })).toMatchObject([
      { id: 'pinned', name: 'pinned', isPinned: true, isPart: true, size: 7 },
      { id: 'pinned-2', name: 'pinned (2)', isPinned: false, isPart: true, size: 3, mergedInto: null },
    ]);
  });

  it('pins and unpins', () => {
    expect(apply({ kind: 'pin', state: 'slow', isPinned: true })).toMatchObject([{ id: 'slow', isPinned: true }]);
    expect(apply({ kind: 'pin', state: 'pinned', isPinned: false })).toMatchObject([{ id: 'pinned', isPinned: false }]);
  });

  it.each<readonly [StateOperation, string]>([
    [{ kind: 'rename', state: 'none', name: 'x' }, 'there is no state none; list the states'],
    [{ kind: 'rename', state: 'unknown', name: 'x' }, 'unknown is no state'],
    [{ kind: 'rename', state: 'gone', name: 'x' }, 'state gone was merged into fails; name that one'],
    [{ kind: 'rename', state: 'slow', name: ' ' }, 'the name has 0 characters'],
    [{ kind: 'rename', state: 'slow', name: 'x'.repeat(121) }, 'the name has 121 characters'],
    [{ kind: 'rename', state: 'slow', name: 'fails' }, 'another state has this name (fails)'],
    [{ kind: 'rename', state: 'slow', name: 'unknown' }, 'another state has this name'],
    [{ kind: 'merge', state: 'slow', into: 'slow' }, 'cannot be merged into itself'],
    [{ kind: 'merge', state: 'slow', into: 'gone' }, 'state gone was merged into fails'],
    [{ kind: 'merge', state: 'pinned', into: 'slow' }, 'state pinned is pinned; unpin it first'],
    [{ kind: 'merge', state: 'slow', into: 'usual' }, 'state usual is usual and slow is abnormal'],
    [{ kind: 'merge', state: 'usual', into: 'slow' }, 'state usual is usual and slow is abnormal'],
    [{ kind: 'pin', state: 'usual', isPinned: true }, 'state usual is usual; only abnormal states can be pinned'],
  ])('refuses %o', (operation, message) => {
    expect(() => apply(operation)).toThrow(message);
  });
});
