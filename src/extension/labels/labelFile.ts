/** The label file of the workspace: where it lies, what happens when somebody else changes it. */
import * as vscode from 'vscode';
import type { LabelConflict } from '../../protocol/views.js';
import type { Subscription } from '../emitter.js';
import type { LabelBook } from './labelBook.js';
import { toLabelRangeText, toLabelText } from './labelChoices.js';

const LABEL_FILE = '.runtimeslicer/labels.csv';
/** Editors and Git write a file in several steps; the last one counts. */
const QUIET_MS = 300;

/** @returns the path of the label file; null when no folder on disk is open, or it is not trusted. */
export function findLabelFile(): string | null {
  const folder = vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file');
  return folder === undefined || !vscode.workspace.isTrusted ? null : vscode.Uri.joinPath(folder.uri, LABEL_FILE).fsPath;
}

/** Brings store and file together whenever the file changes, and asks the user where both say something else. */
export function watchLabelFile(book: LabelBook, zone: () => string, reportError: (error: unknown) => void): Subscription {
  const folder = vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file');
  let timer: NodeJS.Timeout | undefined;
  const read = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      book.load().catch(reportError);
    }, QUIET_MS);
  };
  const watcher =
    folder === undefined ? undefined : vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(folder, LABEL_FILE));
  const subscriptions = [
    ...(watcher === undefined ? [] : [watcher, watcher.onDidChange(read), watcher.onDidCreate(read), watcher.onDidDelete(read)]),
    vscode.workspace.onDidGrantWorkspaceTrust(read),
    book.onDidFindProblem((text) => {
      void showProblem(text);
    }),
    book.onDidFindConflicts((conflicts) => {
      conflicts.forEach((conflict) => {
        void askAbout(conflict, book, zone()).catch(reportError);
      });
    }),
  ];
  return {
    dispose: () => {
      clearTimeout(timer);
      subscriptions.forEach((subscription) => {
        subscription.dispose();
      });
    },
  };
}

async function showProblem(text: string): Promise<void> {
  const file = findLabelFile();
  const open = vscode.l10n.t('Open File');
  const answer = await vscode.window.showWarningMessage(text, ...(file === null ? [] : [open]));
  if (answer === open && file !== null) {
    await vscode.window.showTextDocument(vscode.Uri.file(file));
  }
}

async function askAbout(conflict: LabelConflict, book: LabelBook, zone: string): Promise<void> {
  const describe = (label: LabelConflict['here']): string => (label === null ? vscode.l10n.t('removed') : toLabelText(label));
  const take = vscode.l10n.t("Use the File's");
  const open = vscode.l10n.t('Open File');
  const answer = await vscode.window.showWarningMessage(
    vscode.l10n.t(
      'The label of {0} was changed here and in the file: here {1}, in the file {2}.',
      toLabelRangeText(conflict.key, zone),
      describe(conflict.here),
      describe(conflict.inFile),
    ),
    take,
    open,
  );
  const file = findLabelFile();
  if (answer === take) {
    await book.takeFromFile(conflict);
  } else if (answer === open && file !== null) {
    await vscode.window.showTextDocument(vscode.Uri.file(file));
  }
}
