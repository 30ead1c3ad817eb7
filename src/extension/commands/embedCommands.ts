/** "Embed Runtime Slice" and "Open Sample Incident": from files to open panels. */
import * as vscode from 'vscode';
import type { EmbedProgress } from '../../protocol/engineRpc.js';
import type { EmbedResult } from '../../protocol/views.js';
import type { EngineCalls } from '../engine/engineCalls.js';
import { isCancelled, toErrorText } from '../engine/engineCalls.js';
import { COMMANDS } from '../ids.js';
import { showAllPanels } from '../panels/panelLayout.js';
import type { Panels } from '../panels/panels.js';
import type { EmbedSource, Investigation } from '../selection/investigation.js';
import { readSettings } from '../settings/readSettings.js';
import { toEmbedParams } from '../settings/settings.js';
import type { StateExplorer } from '../stateExplorer/stateExplorer.js';
import { toZonedText } from '../timeText.js';
import { toOverallFraction, toProgressText } from './embedProgress.js';

export interface EmbedContext {
  readonly engine: EngineCalls;
  readonly model: Investigation;
  readonly panels: Panels;
  readonly explorer: StateExplorer;
  readonly log: vscode.LogOutputChannel;
  /** Folder the sample incident is written to. */
  readonly sampleFolder: vscode.Uri;
}

/**
 * The command behind palette and context menu. VS Code hands in the row that was clicked and the whole selection.
 * @returns the result, undefined when nothing was chosen, it was cancelled, or it failed (which the user was told).
 */
export async function embedRuntimeSlice(context: EmbedContext, clicked: unknown, selected: unknown): Promise<EmbedResult | undefined> {
  const uris = toUris(clicked, selected);
  const chosen = uris.length > 0 ? uris : await chooseFiles();
  if (chosen.length === 0) {
    return undefined;
  }
  const elsewhere = chosen.find((uri) => uri.scheme !== 'file');
  if (elsewhere !== undefined) {
    void vscode.window.showErrorMessage(
      vscode.l10n.t('{0} is not a file on disk. RuntimeSlicer reads files of the machine the extension runs on.', elsewhere.toString()),
    );
    return undefined;
  }
  const settings = readSettings((problem) => {
    context.log.warn(problem);
    void vscode.window.showWarningMessage(problem);
  });
  return embed(
    context,
    toEmbedParams(
      chosen.map((uri) => uri.fsPath),
      settings,
    ),
  );
}

export async function openSampleIncident(context: EmbedContext): Promise<EmbedResult | undefined> {
  const settings = readSettings((problem) => {
    context.log.warn(problem);
  });
  return embed(context, async (signal) => {
    const { paths } = await context.engine.call('writeSample', { directory: context.sampleFolder.fsPath }, { signal });
    return toEmbedParams(paths, settings);
  });
}

/** Embeds with cancellable progress; the Timeline opens first, everything else when there is something to show. */
export async function embed(context: EmbedContext, source: EmbedSource): Promise<EmbedResult | undefined> {
  const { model, panels, explorer, log } = context;
  panels.show('timeline', vscode.ViewColumn.Active, true);
  const startedMs = Date.now();
  try {
    const outcome = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title: vscode.l10n.t('Embedding runtime slices'), cancellable: true },
      async (progress, token) => {
        token.onCancellationRequested(() => model.cancel());
        return model.embed(afterPaint(context, source), createReporter(progress));
      },
    );
    if (outcome.kind === 'cancelled') {
      log.info(`embed cancelled after ${Date.now() - startedMs} ms`);
      return undefined;
    }
    const { result } = outcome;
    log.info(
      `embed: ${result.files.length} files, ${result.slices} slices, ${Date.now() - startedMs} ms, ${result.provider}. ${toZonedText(result.headline, 'UTC')}`,
    );
    result.warnings.forEach((warning) => {
      log.warn(toZonedText(warning, 'UTC'));
    });
    await showAllPanels(panels);
    await explorer.show();
    return result;
  } catch (error) {
    if (!isCancelled(error)) {
      log.error(toErrorText(error));
      showFailure(toErrorText(error));
    }
    return undefined;
  }
}

/** The engine takes every core it gets; started at once it makes the panel that shows its progress come seconds later. */
const PAINT_FIRST_MS = 2000;

function afterPaint({ panels }: EmbedContext, source: EmbedSource): EmbedSource {
  return async (signal) => {
    await panels.whenPainted('timeline', PAINT_FIRST_MS);
    return typeof source === 'function' ? source(signal) : source;
  };
}

function createReporter(progress: vscode.Progress<{ message?: string; increment?: number }>): (step: EmbedProgress) => void {
  let reported = 0;
  return (step) => {
    // VS Code adds increments up; phases that come out of order must not move the bar back.
    const percent = Math.max(reported, toOverallFraction(step) * 100);
    progress.report({ message: toProgressText(step), increment: percent - reported });
    reported = percent;
  };
}

/** Does not wait for an answer: a notification may stay open for hours. */
function showFailure(text: string): void {
  const showLog = vscode.l10n.t('Show Log');
  void vscode.window.showErrorMessage(text, showLog).then((answer) => {
    if (answer === showLog) {
      void vscode.commands.executeCommand(COMMANDS.showLog);
    }
  });
}

function toUris(clicked: unknown, selected: unknown): readonly vscode.Uri[] {
  const list = Array.isArray(selected) && selected.length > 0 ? (selected as unknown[]) : [clicked];
  return list.filter((item) => item instanceof vscode.Uri);
}

/** A dialog of Windows and Linux picks either files or folders, not both; hence a question first. The workspace itself is one click away. */
async function chooseFiles(): Promise<readonly vscode.Uri[]> {
  interface Choice extends vscode.QuickPickItem {
    readonly choose: () => Thenable<readonly vscode.Uri[] | undefined>;
  }
  const pick = (files: boolean): Choice['choose'] => {
    return () =>
      vscode.window.showOpenDialog({
        canSelectMany: true,
        canSelectFiles: files,
        canSelectFolders: !files,
        openLabel: vscode.l10n.t('Embed'),
        title: vscode.l10n.t('Select logs, traces and metrics'),
      });
  };
  const folders = (vscode.workspace.workspaceFolders ?? []).filter((folder) => folder.uri.scheme === 'file');
  const choices: Choice[] = [
    ...folders.map((folder) => ({
      label: `$(root-folder) ${vscode.l10n.t('The whole folder {0}', folder.name)}`,
      description: folder.uri.fsPath,
      choose: () => Promise.resolve([folder.uri]),
    })),
    { label: `$(files) ${vscode.l10n.t('Choose files…')}`, choose: pick(true) },
    { label: `$(folder) ${vscode.l10n.t('Choose folders…')}`, choose: pick(false) },
  ];
  const choice = await vscode.window.showQuickPick(choices, {
    title: vscode.l10n.t('Embed Runtime Slice'),
    placeHolder: vscode.l10n.t('Which logs, traces and metrics?'),
  });
  return (await choice?.choose()) ?? [];
}
