/** Reads the settings from VS Code. */
import * as vscode from 'vscode';
import { SETTINGS, SETTINGS_SECTION } from '../ids.js';
import { type Settings, toSettings } from './settings.js';

export function readSettings(report: (problem: string) => void): Settings {
  const section = vscode.workspace.getConfiguration(SETTINGS_SECTION);
  return toSettings(
    {
      window: section.get(SETTINGS.window),
      executionProvider: section.get(SETTINGS.executionProvider),
      timeZone: section.get(SETTINGS.timeZone),
      utcOffset: section.get(SETTINGS.utcOffset),
      failureTypes: section.get(SETTINGS.failureTypes),
    },
    () => Intl.DateTimeFormat().resolvedOptions().timeZone,
    report,
  );
}
