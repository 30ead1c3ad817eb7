/** How a state looks in the side bar: the hue and shape that the panels give it, as theme colour and product icon. */
import type { StateView } from '../../protocol/views.js';

export interface StateIcon {
  /** Product icon whose shape is the one of the panels. */
  readonly icon: 'circle-filled' | 'primitive-square' | 'debug-breakpoint-log' | 'triangle-up' | 'star-full' | 'add' | 'circle-outline';
  /** Theme colour declared in package.json. */
  readonly colour: string;
}

export const UNKNOWN_STATE = 'unknown';

const ICONS = {
  usual: ['circle-filled', 'primitive-square', 'debug-breakpoint-log'],
  abnormal: ['triangle-up', 'star-full', 'add'],
} as const;

export const STATE_COLOURS = {
  usual: ['runtimeSlicer.usual1', 'runtimeSlicer.usual2', 'runtimeSlicer.usual3'],
  abnormal: ['runtimeSlicer.abnormal1', 'runtimeSlicer.abnormal2', 'runtimeSlicer.abnormal3'],
  unknown: 'runtimeSlicer.unknown',
} as const;

/** Same order of hues and shapes as `styleStates` of the panels: hues cycle, shapes shift by one after each cycle. */
export function toStateIcons(states: readonly StateView[]): ReadonlyMap<string, StateIcon> {
  const seen = { usual: 0, abnormal: 0 };
  return new Map(
    states.map((state): readonly [string, StateIcon] => {
      if (state.id === UNKNOWN_STATE) {
        return [state.id, { icon: 'circle-outline', colour: STATE_COLOURS.unknown }];
      }
      const kind = state.abnormal ? 'abnormal' : 'usual';
      const index = seen[kind]++;
      const icon = ICONS[kind][(index + Math.floor(index / 3)) % 3] ?? ICONS[kind][0];
      return [state.id, { icon, colour: STATE_COLOURS[kind][index % 3] ?? STATE_COLOURS[kind][0] }];
    }),
  );
}
