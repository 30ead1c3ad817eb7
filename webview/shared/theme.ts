import { paletteOf, type ThemeKind } from './palette.js';

/** VS Code names the kind of theme in the body's classes. */
export function themeKindOf(body: Element): ThemeKind {
  if (body.classList.contains('vscode-high-contrast-light')) {
    return 'highContrastLight';
  }
  if (body.classList.contains('vscode-high-contrast')) {
    return 'highContrastDark';
  }
  return body.classList.contains('vscode-light') ? 'light' : 'dark';
}

/** Puts the categorical hues beside VS Code's own variables, so that style sheets and SVG name colours in one way. */
export function applyPalette(document: Document): ThemeKind {
  const kind = themeKindOf(document.body);
  const palette = paletteOf(kind);
  const style = document.documentElement.style;
  palette.usual.forEach((hue, index) => {
    style.setProperty(`--rs-usual-${index}`, hue);
  });
  palette.abnormal.forEach((hue, index) => {
    style.setProperty(`--rs-abnormal-${index}`, hue);
  });
  style.setProperty('--rs-unknown', palette.unknown);
  return kind;
}

/** @returns a function that stops watching. */
export function watchTheme(document: Document, onChange: () => void): () => void {
  const observer = new MutationObserver(() => {
    applyPalette(document);
    onChange();
  });
  observer.observe(document.body, { attributes: true, attributeFilter: ['class', 'data-vscode-theme-id'] });
  return () => {
    observer.disconnect();
  };
}

/** Value of a theme variable, for canvas drawing. */
export function themeColour(variable: string, fallback: string): string {
  const value = getComputedStyle(document.documentElement).getPropertyValue(variable).trim();
  return value === '' ? fallback : value;
}

export function prefersReducedMotion(): boolean {
  return typeof matchMedia === 'function' && matchMedia('(prefers-reduced-motion: reduce)').matches;
}
