import type { Frame } from 'playwright-core';
import { expect } from 'vitest';
import type { Workbench } from './workbench.js';

export interface Theme {
  /** Of pictures. */
  readonly name: string;
  /** In the workbench's list. */
  readonly label: string;
}

export const THEMES: readonly Theme[] = [
  { name: 'dark', label: 'Dark Modern' },
  { name: 'light', label: 'Light Modern' },
  { name: 'high-contrast', label: 'Dark High Contrast' },
  { name: 'high-contrast-light', label: 'Light High Contrast' },
];

/** Chooses the theme, and waits until the panel knows of it. */
export async function showTheme(workbench: Workbench, panel: Frame, { name, label }: Theme): Promise<void> {
  const kind = name.startsWith('high-contrast') ? 'high-contrast' : `vscode-${name}`;
  await workbench.chooseTheme(label);
  await expect.poll(() => panel.locator('body').getAttribute('data-vscode-theme-kind')).toContain(kind);
}
