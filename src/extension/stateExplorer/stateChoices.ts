/** What can be done with a state of the run, as lists and checks for the questions. Knows no VS Code. */
import type { StateView, TimelineView } from '../../protocol/views.js';
import { l10n } from '../localize.js';
import { toCountText } from '../timeText.js';
import { UNKNOWN_STATE } from './stateIcon.js';

export interface StateChoice {
  readonly label: string;
  readonly description: string;
  readonly state: StateView;
}

/** States that this one can become part of: of the same kind, largest first. */
export function toMergeChoices(timeline: TimelineView, state: StateView): readonly StateChoice[] {
  return timeline.states
    .filter((other) => other.id !== state.id && other.id !== UNKNOWN_STATE && other.abnormal === state.abnormal)
    .toSorted((a, b) => b.slices - a.slices)
    .map((other) => ({
      label: other.name,
      description: other.slices === 1 ? l10n.t('1 slice') : l10n.t('{0} slices', toCountText(other.slices)),
      state: other,
    }));
}

/** @returns what is wrong with the name, null when it will do */
export function findNameProblem(timeline: TimelineView, state: StateView, name: string): string | null {
  const text = name.trim();
  if (text === '') {
    return l10n.t('A state needs a name.');
  }
  const other = timeline.states.some(({ id, name: taken }) => id !== state.id && taken === text);
  return other || text === UNKNOWN_STATE ? l10n.t('Another state has this name. Choose another one, or merge the two.') : null;
}
