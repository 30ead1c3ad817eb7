/** What a user does with known states, as the states that change by it. Nothing here looks at slices. */
import { resolveMerges, type KnownState } from './knownStates.js';
import { toDistinct } from './stateNames.js';

/** Longer names have no room in any view. */
export const MAX_NAME_LENGTH = 120;

/** Why something cannot be done with states, and what can. */
export class StateRefusal extends Error {
  override readonly name = 'StateRefusal';
}

/** A state as cut by `cutState`. */
export type Part = Pick<KnownState, 'entities' | 'centroid' | 'limit' | 'size'>;

export type StateOperation =
  | { readonly kind: 'rename'; readonly state: string; readonly name: string }
  | { readonly kind: 'merge'; readonly state: string; readonly into: string }
  | { readonly kind: 'split'; readonly state: string; readonly parts: readonly [Part, Part] }
  | { readonly kind: 'pin'; readonly state: string; readonly isPinned: boolean };

/**
 * @returns the states that change, the one that the operation names first
 * @throws StateRefusal that says why it cannot be done, and what can
 */
export function applyOperation(known: readonly KnownState[], operation: StateOperation): readonly KnownState[] {
  const state = getState(known, operation.state);
  switch (operation.kind) {
    case 'rename':
      return [{ ...state, name: toName(known, state, operation.name), isNamed: true }];
    case 'merge':
      return [merge(state, getState(known, operation.into))];
    case 'split':
      return split(known, state, operation.parts);
    case 'pin':
      return [pin(state, operation.isPinned)];
  }
}

/** @throws StateRefusal for a state that is not known or no longer stands for itself */
export function getState(known: readonly KnownState[], id: string): KnownState {
  const state = known.find((candidate) => candidate.id === id);
  if (state === undefined) {
    throw new StateRefusal(
      id === 'unknown'
        ? 'unknown is no state: it holds the slices that fit none'
        : `there is no state ${id}; list the states for their ids`,
    );
  }
  if (state.mergedInto !== null) {
    throw new StateRefusal(`state ${id} was merged into ${resolveMerges(known, state).id}; name that one`);
  }
  return state;
}

function toName(known: readonly KnownState[], state: KnownState, text: string): string {
  const name = text.trim().replace(/\s+/gu, ' ');
  if (name === '' || name.length > MAX_NAME_LENGTH) {
    throw new StateRefusal(`the name has ${name.length} characters; it must have 1 to ${MAX_NAME_LENGTH}`);
  }
  const other = known.find((candidate) => candidate.id !== state.id && candidate.mergedInto === null && candidate.name === name);
  if (other !== undefined || name === 'unknown') {
    throw new StateRefusal(`another state has this name (${other?.id ?? 'unknown'}); choose another name, or merge the two`);
  }
  return name;
}

function merge(state: KnownState, into: KnownState): KnownState {
  if (state.id === into.id) {
    throw new StateRefusal(`state ${state.id} cannot be merged into itself; name another state`);
  }
  if (state.isPinned) {
    throw new StateRefusal(`state ${state.id} is pinned; unpin it first, or merge ${into.id} into it`);
  }
  if (state.abnormal !== into.abnormal) {
    const [usual, abnormal] = state.abnormal ? [into.id, state.id] : [state.id, into.id];
    throw new StateRefusal(`state ${usual} is usual and ${abnormal} is abnormal; only states of one kind can be merged`);
  }
  return { ...state, mergedInto: into.id };
}

function pin(state: KnownState, isPinned: boolean): KnownState {
  if (!state.abnormal) {
    throw new StateRefusal(`state ${state.id} is usual; only abnormal states can be pinned`);
  }
  return { ...state, isPinned };
}

/** The larger part stays what the state was; what had been merged into it stays with it. */
function split(known: readonly KnownState[], state: KnownState, [larger, smaller]: readonly [Part, Part]): readonly KnownState[] {
  const [distinct] = toDistinct([state.name], known);
  return [
    { ...state, ...larger, isPart: true },
    {
      ...state,
      ...smaller,
      id: distinct?.id ?? `${state.id}-2`,
      name: distinct?.name ?? `${state.name} (2)`,
      isNamed: false,
      isPinned: false,
      isPart: true,
    },
  ];
}
