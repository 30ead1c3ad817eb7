import * as vscode from 'vscode';
import { CONTEXT_KEYS } from './ids.js';
import type { LabelBook } from './labels/labelBook.js';
import type { Investigation } from './selection/investigation.js';

/** Tells VS Code, where they have changed, what the `when` clauses of package.json ask for. */
export function createContextKeys(model: Investigation, book: LabelBook): () => void {
  const last = new Map<string, unknown>();
  return () => {
    const { phase, diagnosis, timeline, labels } = model.state;
    const keys: readonly (readonly [string, unknown])[] = [
      [CONTEXT_KEYS.phase, phase],
      [CONTEXT_KEYS.hasDiagnosis, diagnosis !== null],
      [CONTEXT_KEYS.hasAbnormalRanges, timeline !== null && timeline.incidents.length > 0],
      [CONTEXT_KEYS.hasLabels, labels.length > 0],
      [CONTEXT_KEYS.hasLabelToUndo, book.canUndo],
      [CONTEXT_KEYS.hasLabelConflicts, book.conflicts.length > 0],
      [CONTEXT_KEYS.hasChosenReference, timeline !== null && !timeline.referenceIsAutomatic],
    ];
    for (const [key, value] of keys) {
      if (last.get(key) !== value) {
        last.set(key, value);
        void vscode.commands.executeCommand('setContext', key, value);
      }
    }
  };
}
