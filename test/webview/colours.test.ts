import { describe, expect, it } from 'vitest';
import { blend, contrastRatio, parseHex, toLinear, type Rgb } from '../../webview/shared/contrast.js';
import { EDITOR_BACKGROUNDS, paletteOf, type ThemeKind } from '../../webview/shared/palette.js';
import themes from './fixtures/themes.json' with { type: 'json' };

const KINDS: readonly ThemeKind[] = ['dark', 'light', 'highContrastDark', 'highContrastLight'];

/** Machado, Oliveira, Fernandes (2009), severity 1, linear RGB. */
const VISIONS: Record<string, readonly Rgb[]> = {
  normal: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

function seen(hex: string, vision: string): Rgb {
  const [r, g, b] = toLinear(parseHex(hex));
  const [red, green, blue] = (VISIONS[vision] ?? []).map(([x, y, z]) => x * r + y * g + z * b);
  return [red ?? 0, green ?? 0, blue ?? 0];
}

/** Björn Ottosson's OKLab from linear sRGB. */
function okLab(linear: Rgb): Rgb {
  const [r, g, b] = [Math.max(0, linear[0]), Math.max(0, linear[1]), Math.max(0, linear[2])];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

describe('hues', () => {
  it.each(KINDS)('have a contrast of 3:1 against the editor background in %s', (kind) => {
    const palette = paletteOf(kind);
    for (const hue of [...palette.usual, ...palette.abnormal, palette.unknown]) {
      expect(contrastRatio(hue, EDITOR_BACKGROUNDS[kind]), hue).toBeGreaterThanOrEqual(3);
    }
  });

  it.each(KINDS.flatMap((kind) => Object.keys(VISIONS).map((vision) => [kind, vision] as const)))(
    'can be told apart in %s with %s',
    (kind, vision) => {
      const hues = [...paletteOf(kind).usual, ...paletteOf(kind).abnormal];
      hues.forEach((first, index) => {
        for (const second of hues.slice(index + 1)) {
          const a = okLab(seen(first, vision));
          const b = okLab(seen(second, vision));
          expect(Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]), `${first} ${second}`).toBeGreaterThan(0.12);
        }
      });
    },
  );

  it.each([
    ['dark', 'dark'],
    ['light', 'light'],
    ['highContrastDark', 'highContrast'],
  ] as const)('leave names on tinted ribbons readable at 4.5:1 in %s', (kind, theme) => {
    const foreground = themes[theme].variables.foreground;
    for (const hue of [...paletteOf(kind).usual, ...paletteOf(kind).abnormal, paletteOf(kind).unknown]) {
      // 0.2 is the tint's opacity in timeline.css.
      expect(contrastRatio(foreground, blend(hue, EDITOR_BACKGROUNDS[kind], 0.2)), hue).toBeGreaterThanOrEqual(4.5);
    }
  });

  it('computes WCAG contrast', () => {
    expect(contrastRatio('#000000', '#ffffff')).toBeCloseTo(21, 5);
    expect(contrastRatio('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
  });
});
