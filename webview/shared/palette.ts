/**
 * Categorical hues for states and modalities. Both scales come from a search that maximised the smallest OKLab distance between any two
 * hues over normal vision, protanopia, deuteranopia and tritanopia (Machado et al. 2009): 0.17 in dark and 0.13 in light.
 * Each hue has a contrast of at least 3:1 against the default editor backgrounds of its themes; a test checks both.
 */

export type ThemeKind = 'dark' | 'light' | 'highContrastDark' | 'highContrastLight';

export interface Palette {
  /** Calm hues for usual states: blue, green, violet. */
  readonly usual: readonly [string, string, string];
  /** Warm hues for abnormal states: orange, yellow, red. */
  readonly abnormal: readonly [string, string, string];
  readonly unknown: string;
}

const DARK: Palette = {
  usual: ['#78b0e9', '#7dfee0', '#7d59e5'],
  abnormal: ['#ff7a47', '#fbde24', '#b25674'],
  unknown: '#9d9d9d',
};

const LIGHT: Palette = {
  usual: ['#3a689b', '#3b9f8a', '#a966ef'],
  abnormal: ['#e4671e', '#645613', '#750255'],
  unknown: '#6e6e6e',
};

export function paletteOf(kind: ThemeKind): Palette {
  return kind === 'dark' || kind === 'highContrastDark' ? DARK : LIGHT;
}

/** Editor backgrounds of VS Code's default themes, for checking contrast. */
export const EDITOR_BACKGROUNDS: Record<ThemeKind, string> = {
  dark: '#1f1f1f',
  light: '#ffffff',
  highContrastDark: '#000000',
  highContrastLight: '#ffffff',
};
