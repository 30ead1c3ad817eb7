/** The label file of the workspace: where it lies, what happens when somebody else changes it. */
import * as vscode from 'vscode';
import type { Subscription } from '../emitter.js';
import type { LabelBook } from './labelBook.js';

const LABEL_FILE = '.runtimeslicer/labels.csv';
/** Editors and Git write a file in several steps; the last one counts. */
const QUIET_MS = 300;

/** @returns the path of the label file; null when no folder on disk is open, or it is not trusted. */
export function findLabelFile(): string | null {
  const folder = vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file');
  return folder === undefined || !vscode.workspace.isTrusted ? null : vscode.Uri.joinPath(folder.uri, LABEL_FILE).fsPath;
}

/** Brings store and file together whenever the file changes, and says when it cannot be read. */
export function watchLabelFile(book: LabelBook, reportError: (error: unknown) => void): Subscription {
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

export async function openLabelFile(): Promise<void> {
  const file = findLabelFile();
  if (file !== null) {
    await vscode.window.showTextDocument(vscode.Uri.file(file));
  }
}

async function showProblem(text: string): Promise<void> {
  const open = vscode.l10n.t('Open File');
  const answer = await vscode.window.showWarningMessage(text, ...(findLabelFile() === null ? [] : [open]));
  if (answer === open) {
    await openLabelFile();
  }
}
