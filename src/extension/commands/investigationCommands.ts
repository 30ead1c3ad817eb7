/** Commands that move through what was found. */
import * as vscode from 'vscode';
import type { EvidenceOpener } from '../evidence/evidenceOpener.js';
import type { Investigation } from '../selection/investigation.js';
import type { TreeRow } from '../stateExplorer/treeModel.js';

export async function goToFirstEvidence(model: Investigation, restore: () => Promise<void>, opener: EvidenceOpener): Promise<void> {
  await restore();
  const { selection } = model.state;
  const diagnosis = model.state.diagnosis ?? (selection.range === null ? null : await model.diagnose(selection.range));
  const first = diagnosis?.evidence.find((evidence) => evidence.path !== null);
  if (typeof first?.path !== 'string') {
    void vscode.window.showInformationMessage(vscode.l10n.t('No line of a file shows what is unusual in the selected range.'));
    return;
  }
  await opener.open(first.path, first.line ?? 1);
}

export async function stepIncident(model: Investigation, restore: () => Promise<void>, step: 1 | -1): Promise<void> {
  await restore();
  if (!model.stepIncident(step)) {
    void vscode.window.showInformationMessage(vscode.l10n.t('No abnormal range was found.'));
  }
}

export async function openRow(row: TreeRow, opener: EvidenceOpener): Promise<void> {
  if (row.kind === 'evidence' && row.evidence.path !== null) {
    await opener.open(row.evidence.path, row.evidence.line ?? 1);
  }
}

/** The row's slice, range or state becomes what all views show. */
export function selectRow(row: TreeRow, model: Investigation): void {
  if (row.kind === 'slice') {
    model.select({ slice: row.slice.id, state: null });
  } else if (row.kind === 'incident') {
    model.select(row.selection);
  } else if (row.kind === 'state') {
    model.select({ state: row.state.id });
  }
}
