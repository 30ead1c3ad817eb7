/** Opens a piece of evidence: the file at its line, or an excerpt where VS Code will not open the file. */
import * as vscode from 'vscode';
import type { Subscription } from '../emitter.js';
import { EXCERPT_SCHEME } from '../ids.js';
import { findAllowedPath } from './evidencePaths.js';
import {
  EXCERPT_AROUND,
  EXCERPT_LINE_LENGTH,
  fitsEditor,
  MAX_EDITOR_BYTES,
  readExcerpt,
  REMOTE_CONFIRMATION_BYTES,
  toExcerptText,
} from './excerpt.js';

export interface EvidenceOpenerOptions {
  /** Files and folders of the run that is shown. */
  readonly roots: () => readonly string[];
  readonly column: () => vscode.ViewColumn;
}

export class EvidenceOpener implements Subscription {
  private readonly options: EvidenceOpenerOptions;
  private readonly highlight: vscode.TextEditorDecorationType;
  private readonly disposables: Subscription[] = [];

  constructor(options: EvidenceOpenerOptions) {
    this.options = options;
    this.highlight = vscode.window.createTextEditorDecorationType({
      isWholeLine: true,
      // The colour of the line a debugger stands at: every theme makes it easy to see.
      backgroundColor: new vscode.ThemeColor('editor.stackFrameHighlightBackground'),
      overviewRulerColor: new vscode.ThemeColor('editorOverviewRuler.infoForeground'),
      overviewRulerLane: vscode.OverviewRulerLane.Full,
    });
    this.disposables.push(
      this.highlight,
      vscode.workspace.registerTextDocumentContentProvider(EXCERPT_SCHEME, {
        provideTextDocumentContent: (uri, token) => this.readExcerptDocument(uri, token),
      }),
    );
  }

  /** @param line 1-based. @throws Error with a line for the user when the file is not one of the run's, or cannot be read. */
  async open(path: string, line: number): Promise<void> {
    const real = await findAllowedPath(path, this.options.roots());
    if (real === undefined) {
      throw new Error(vscode.l10n.t('{0} is not one of the files that were embedded, or is no longer there.', path));
    }
    if (await fitsEditor(real, findEditorLimit())) {
      // The path as the user knows it, not where links lead: an editor already open on it is used.
      const document = await vscode.workspace.openTextDocument(vscode.Uri.file(path));
      await this.show(document, line - 1);
      if (line > document.lineCount) {
        void vscode.window.showWarningMessage(
          vscode.l10n.t('{0} has {1} lines; line {2} is gone. The file has changed since it was embedded.', path, document.lineCount, line),
        );
      }
      return;
    }
    const uri = vscode.Uri.from({ scheme: EXCERPT_SCHEME, path: vscode.Uri.file(path).path, query: `line=${line}` });
    const document = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Window, title: vscode.l10n.t('RuntimeSlicer: reading line {0}', line) },
      () => vscode.workspace.openTextDocument(uri),
    );
    await this.show(document, Math.min(line - 1, EXCERPT_AROUND));
  }

  private async show(document: vscode.TextDocument, row: number): Promise<void> {
    const position = document.lineAt(Math.min(Math.max(0, row), document.lineCount - 1)).range.start;
    const editor = await vscode.window.showTextDocument(document, {
      viewColumn: this.options.column(),
      preview: true,
      selection: new vscode.Range(position, position),
    });
    editor.revealRange(new vscode.Range(position, position), vscode.TextEditorRevealType.InCenter);
    editor.setDecorations(this.highlight, [new vscode.Range(position, position)]);
  }

  private async readExcerptDocument(uri: vscode.Uri, token: vscode.CancellationToken): Promise<string> {
    const path = vscode.Uri.file(uri.path).fsPath;
    const line = Number(new URLSearchParams(uri.query).get('line'));
    const real = await findAllowedPath(path, this.options.roots());
    if (real === undefined || !Number.isSafeInteger(line) || line < 1) {
      return vscode.l10n.t('{0} is not one of the files that were embedded, or is no longer there.', path);
    }
    const controller = new AbortController();
    const cancellation = token.onCancellationRequested(() => {
      controller.abort();
    });
    try {
      const excerpt = await readExcerpt({
        path: real,
        line,
        around: EXCERPT_AROUND,
        maxLineLength: EXCERPT_LINE_LENGTH,
        signal: controller.signal,
      });
      return excerpt.found
        ? toExcerptText(excerpt)
        : vscode.l10n.t('{0} no longer has a line {1}: the file has changed since it was embedded.', path, line);
    } finally {
      cancellation.dispose();
    }
  }

  dispose(): void {
    this.disposables.forEach((disposable) => {
      disposable.dispose();
    });
  }
}

/** Files up to this size open without a question: what the user set, else what VS Code does where it runs. */
function findEditorLimit(): number {
  const setting = vscode.workspace.getConfiguration('workbench').inspect<number>('editorLargeFileConfirmation');
  const chosenMb = setting?.workspaceValue ?? setting?.globalValue;
  if (chosenMb !== undefined) {
    return chosenMb * 1024 * 1024;
  }
  return vscode.env.remoteName === undefined ? MAX_EDITOR_BYTES : REMOTE_CONFIRMATION_BYTES;
}
