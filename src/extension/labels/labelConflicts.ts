/** Resolving labels that were changed here and in the label file: from the message that tells of them, or from a list of all. */
import * as vscode from 'vscode';
import type { LabelSide } from '../../core/labels/mergeLabels.js';
import type { LabelConflict } from '../../protocol/views.js';
import { COMMANDS } from '../ids.js';
import { toConflictChoices, toConflictsText, toSideChoices, toSideText } from './conflictChoices.js';
import type { LabelBook } from './labelBook.js';
import { type LabelContext, sayOfLabels } from './labelCommands.js';
import { openLabelFile } from './labelFile.js';

/** Offers to resolve a single conflict at once; many would be as many messages, and are resolved from a list. */
export async function tellConflicts(book: LabelBook, conflicts: readonly LabelConflict[], zone: string): Promise<void> {
  const [only, ...others] = conflicts;
  if (only === undefined) {
    return;
  }
  const openFile = vscode.l10n.t('Open File');
  const list = vscode.l10n.t('Resolve…');
  const sides = others.length === 0 ? toSideChoices(only) : [];
  const answers = others.length === 0 ? sides.map(({ label }) => label) : [list];
  const answer = await vscode.window.showWarningMessage(toConflictsText(conflicts, zone), ...answers, openFile);
  const side = sides.find(({ label }) => label === answer);
  if (side !== undefined) {
    await resolve(book, only, side.value);
  } else if (answer === list) {
    await vscode.commands.executeCommand(COMMANDS.resolveLabelConflicts);
  } else if (answer === openFile) {
    await openLabelFile();
  }
}

/** One conflict after the other until none is left or the list is left. */
export async function resolveLabelConflicts({ book, model }: LabelContext): Promise<void> {
  await book.load();
  const title = vscode.l10n.t('Resolve Label Conflicts');
  do {
    const conflict = await vscode.window.showQuickPick(toConflictChoices(book.conflicts, model.state.timeZone), {
      title,
      placeHolder: book.conflicts.length === 0 ? vscode.l10n.t('No label is in conflict with the file.') : vscode.l10n.t('Which label?'),
      matchOnDescription: true,
      matchOnDetail: true,
    });
    if (conflict === undefined) {
      return;
    }
    const side = await vscode.window.showQuickPick(toSideChoices(conflict.value), { title, placeHolder: conflict.label });
    if (side !== undefined) {
      await resolve(book, conflict.value, side.value);
    }
  } while (book.conflicts.length > 0);
}

async function resolve(book: LabelBook, conflict: LabelConflict, keep: LabelSide): Promise<void> {
  if (await book.resolve(conflict, keep)) {
    const kept = toSideText(keep === 'here' ? conflict.here : conflict.inFile);
    sayOfLabels(vscode.l10n.t('Both sides agree now: {0}. "Undo Last Label" brings the conflict back.', kept));
  } else {
    void vscode.window.showWarningMessage(vscode.l10n.t('This label was changed again meanwhile. Nothing was overwritten.'));
  }
}
