/** Colour arithmetic on `#rrggbb`, channels 0..1. */

export type Rgb = readonly [number, number, number];

export function parseHex(hex: string): Rgb {
  const channel = (at: number): number => parseInt(hex.slice(at, at + 2), 16) / 255;
  return [channel(1), channel(3), channel(5)];
}

/** sRGB transfer function, channel by channel. */
export function toLinear([r, g, b]: Rgb): Rgb {
  const linear = (c: number): number => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  return [linear(r), linear(g), linear(b)];
}

/** Contrast ratio of WCAG 2.2, 1 to 21. */
export function contrastRatio(first: string, second: string): number {
  const luminance = (hex: string): number => {
    const [r, g, b] = toLinear(parseHex(hex));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const a = luminance(first);
  const b = luminance(second);
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

/** `top` at `alpha` over `bottom`. */
export function blend(top: string, bottom: string, alpha: number): string {
  const over = parseHex(bottom);
  const mixed = parseHex(top).map((channel, index) => channel * alpha + (over[index] ?? 0) * (1 - alpha));
  return `#${mixed
    .map((channel) =>
      Math.round(channel * 255)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`;
}
