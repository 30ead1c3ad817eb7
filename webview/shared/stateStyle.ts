import * as d3 from 'd3';
import type { SliceView, StateView } from '../../src/protocol/views.js';
import type { Palette } from './palette.js';

export type StateShape = 'circle' | 'square' | 'diamond' | 'triangle' | 'star' | 'cross';

/** How a state looks everywhere. Hue and shape together are unique for the first nine usual and nine abnormal states. */
export interface StateStyle {
  readonly id: string;
  readonly name: string;
  readonly slices: number;
  readonly abnormal: boolean;
  /** Drawn as an outline only: `unknown`. */
  readonly hollow: boolean;
  readonly kind: 'usual' | 'abnormal' | 'unknown';
  /** Index of the hue within its kind. */
  readonly hue: 0 | 1 | 2;
  readonly shape: StateShape;
  /** CSS colour that follows the theme. */
  readonly colour: string;
  /** Degrees of the hatching that marks abnormal states beside their colour. */
  readonly hatchAngle: number;
}

export const UNKNOWN_STATE = 'unknown';

const SHAPES = { usual: ['circle', 'square', 'diamond'], abnormal: ['triangle', 'star', 'cross'] } as const;
const HATCH_ANGLES = [45, 135, 90] as const;

/** One style for each state, in the order given: the look of a state does not change when the list is filtered or sorted for display. */
export function styleStates(states: readonly StateView[]): readonly StateStyle[] {
  const seen = { usual: 0, abnormal: 0 };
  return states.map((state) => {
    const base = { id: state.id, name: state.name, slices: state.slices, abnormal: state.abnormal };
    if (state.id === UNKNOWN_STATE) {
      return { ...base, hollow: true, kind: 'unknown', hue: 0, shape: 'circle', colour: 'var(--rs-unknown)', hatchAngle: 0 };
    }
    const kind = state.abnormal ? 'abnormal' : 'usual';
    const index = seen[kind]++;
    const hue = (index % 3) as 0 | 1 | 2;
    const shape = SHAPES[kind][(index + Math.floor(index / 3)) % 3] ?? 'circle';
    return { ...base, hollow: false, kind, hue, shape, colour: `var(--rs-${kind}-${hue})`, hatchAngle: HATCH_ANGLES[hue] };
  });
}

/** The state's colour as `#rrggbb`, for canvas. */
export function hexOf(style: StateStyle, palette: Palette): string {
  return style.kind === 'unknown' ? palette.unknown : palette[style.kind][style.hue];
}

const SYMBOLS: Record<StateShape, d3.SymbolType> = {
  circle: d3.symbolCircle,
  square: d3.symbolSquare,
  diamond: d3.symbolDiamond,
  triangle: d3.symbolTriangle,
  star: d3.symbolStar,
  cross: d3.symbolCross,
};

/** SVG path of a shape centred on the origin. All shapes of one radius cover the same area, so size stays comparable. */
export function shapePath(shape: StateShape, radius: number): string {
  return d3.symbol(SYMBOLS[shape], Math.PI * radius * radius)() ?? '';
}

/** Abnormal states first, then by size; `unknown` last. */
export function byUrgency(a: StateStyle, b: StateStyle): number {
  const rank = { abnormal: 0, usual: 1, unknown: 2 };
  return rank[a.kind] - rank[b.kind] || b.slices - a.slices;
}

/** Styles of a run's states. A slice may name a state that is not in the list (`unknown`, when no slice had it before): it gets one too. */
export function styleRunStates(states: readonly StateView[], slices: readonly Pick<SliceView, 'state'>[]): readonly StateStyle[] {
  const listed = new Set(states.map((state) => state.id));
  const counts = new Map<string, number>();
  for (const slice of slices) {
    if (!listed.has(slice.state)) {
      counts.set(slice.state, (counts.get(slice.state) ?? 0) + 1);
    }
  }
  const unlisted = [...counts].map(([id, count]) => ({ id, name: id, slices: count, abnormal: false, evidence: [] }));
  return styleStates([...states, ...unlisted]);
}
