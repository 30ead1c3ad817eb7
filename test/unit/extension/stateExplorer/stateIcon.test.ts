import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { toStateIcons } from '../../../../src/extension/stateExplorer/stateIcon.js';
import { paletteOf } from '../../../../webview/shared/palette.js';
import { styleStates } from '../../../../webview/shared/stateStyle.js';
import { buildState } from '../views.js';

const states = [
  buildState('unknown'),
  ...Array.from({ length: 10 }, (_, index) => buildState(`usual-${index}`)),
  ...Array.from({ length: 10 }, (_, index) => buildState(`abnormal-${index}`, { abnormal: true })),
];

const SHAPE_OF_ICON = {
  'circle-outline': 'circle',
  'circle-filled': 'circle',
  'primitive-square': 'square',
  'debug-breakpoint-log': 'diamond',
  'triangle-up': 'triangle',
  'star-full': 'star',
  add: 'cross',
} as const;

describe('toStateIcons', () => {
  it('gives each state the hue and shape it has in the panels', () => {
    const icons = toStateIcons(states);
    for (const style of styleStates(states)) {
      const icon = icons.get(style.id);
      const colour = style.kind === 'unknown' ? 'runtimeSlicer.unknown' : `runtimeSlicer.${style.kind}${style.hue + 1}`;
      expect(icon?.colour, style.id).toBe(colour);
      expect(icon === undefined ? undefined : SHAPE_OF_ICON[icon.icon], style.id).toBe(style.shape);
    }
  });

  it('has the palette of the panels in package.json', () => {
    interface Colour {
      readonly id: string;
      readonly defaults: Readonly<Record<'dark' | 'light' | 'highContrast' | 'highContrastLight', string>>;
    }
    const file = path.resolve(import.meta.dirname, '../../../../package.json');
    const { contributes } = JSON.parse(fs.readFileSync(file, 'utf8')) as { readonly contributes: { readonly colors: readonly Colour[] } };
    const themes = [
      ['dark', 'dark'],
      ['light', 'light'],
      ['highContrast', 'highContrastDark'],
      ['highContrastLight', 'highContrastLight'],
    ] as const;
    for (const [theme, kind] of themes) {
      const palette = paletteOf(kind);
      const declared = contributes.colors.map(({ id, defaults }) => [id, defaults[theme]]);
      expect(declared).toEqual([
        ...palette.usual.map((hue, index) => [`runtimeSlicer.usual${index + 1}`, hue]),
        ...palette.abnormal.map((hue, index) => [`runtimeSlicer.abnormal${index + 1}`, hue]),
        ['runtimeSlicer.unknown', palette.unknown],
      ]);
    }
  });
});
