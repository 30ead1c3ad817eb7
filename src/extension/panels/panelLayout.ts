/** Where panels and evidence open: Timeline wide and low on top, Diagnosis and State map side by side below it. */
import * as vscode from 'vscode';
import type { Panels } from './panels.js';

/** Arranges the editor area only when it is still one group: somebody's own arrangement is left alone. */
export async function showAllPanels(panels: Panels): Promise<void> {
  const single = vscode.window.tabGroups.all.length === 1;
  if (single) {
    await vscode.commands.executeCommand('vscode.setEditorLayout', {
      orientation: 1,
      groups: [{ size: 0.48 }, { size: 0.52, groups: [{ size: 0.58 }, { size: 0.42 }] }],
    });
  }
  panels.show('timeline', vscode.ViewColumn.One, true);
  panels.show('stateMap', single ? vscode.ViewColumn.Three : vscode.ViewColumn.Beside, true);
  panels.show('diagnosis', single ? vscode.ViewColumn.Two : vscode.ViewColumn.Beside, false);
}

/** A column for text that leaves Timeline and Diagnosis in sight: one that shows text already, else the State map's, else a new one. */
export function toEvidenceColumn(panels: Panels): vscode.ViewColumn {
  const timeline = panels.findColumn('timeline');
  const diagnosis = panels.findColumn('diagnosis');
  const free = vscode.window.tabGroups.all.filter((group) => group.viewColumn !== timeline && group.viewColumn !== diagnosis);
  const withText = free.find((group) => group.activeTab?.input instanceof vscode.TabInputText);
  const column = withText?.viewColumn ?? panels.findColumn('stateMap') ?? free[0]?.viewColumn;
  if (column !== undefined && free.some((group) => group.viewColumn === column)) {
    return column;
  }
  return timeline === undefined && diagnosis === undefined ? vscode.ViewColumn.Active : vscode.ViewColumn.Beside;
}
