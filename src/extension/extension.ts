/** Entry point: makes the parts, joins them, registers commands. Nothing here starts the engine or reads a file of telemetry. */
import fs from 'node:fs';
import * as vscode from 'vscode';
import type { ProviderName } from '../protocol/views.js';
import { embedRuntimeSlice, openSampleIncident, type EmbedContext } from './commands/embedCommands.js';
import { EngineStatusDocument } from './commands/engineCommands.js';
import { goToFirstEvidence, openRow, selectRow, stepIncident } from './commands/investigationCommands.js';
import { openRange } from './commands/openRange.js';
import { chooseReferenceRange, setReference } from './commands/referenceCommands.js';
import { registerCommands } from './commands/registerCommands.js';
import { createContextKeys } from './contextKeys.js';
import { type EngineCalls, toErrorText } from './engine/engineCalls.js';
import { EngineProcess } from './engine/engineProcess.js';
import { parseLogLine } from './engine/logLine.js';
import { EvidenceOpener } from './evidence/evidenceOpener.js';
import { type CommandId, COMMANDS, SETTINGS, SETTINGS_SECTION, TREE_COMMANDS } from './ids.js';
import { joinLabelsAndHeads } from './joinLabelsAndHeads.js';
import { LabelBook } from './labels/labelBook.js';
import { labelRange, labelRow, removeLabel, undoLabel, type LabelContext } from './labels/labelCommands.js';
import { resolveLabelConflicts } from './labels/labelConflicts.js';
import { findLabelFile } from './labels/labelFile.js';
import { setTranslator } from './localize.js';
import { createPanelActions, openPanel } from './panels/createPanelActions.js';
import { toEvidenceColumn } from './panels/panelLayout.js';
import { Panels } from './panels/panels.js';
import { toZonedEvent } from './panels/zonedViews.js';
import { Investigation } from './selection/investigation.js';
import { readSettings } from './settings/readSettings.js';
import { mergeState, pinState, renameState, splitState, type StateContext, undoStateChange } from './stateExplorer/stateCommands.js';
import { StateExplorer } from './stateExplorer/stateExplorer.js';
import type { TreeRow } from './stateExplorer/treeModel.js';
import { createStatusBar } from './status/statusBar.js';
import { createTuningActions } from './tuning/tuningCommands.js';
import { TuningSession } from './tuning/tuningSession.js';

/** What `activate` returns, for tests inside the host and for other extensions of the same author. */
export interface RuntimeSlicerApi {
  readonly engine: EngineCalls;
  readonly model: Investigation;
}

/** The supervised process, stopped by `deactivate`, which VS Code waits for. */
let running: EngineProcess | undefined;

export function activate(context: vscode.ExtensionContext): RuntimeSlicerApi {
  setTranslator((message, ...args) => vscode.l10n.t(message, ...args));
  const log = vscode.window.createOutputChannel('RuntimeSlicer', { log: true });
  const reportError = (error: unknown): void => {
    log.error(toErrorText(error));
  };
  const storeUri = vscode.Uri.joinPath(context.storageUri ?? context.globalStorageUri, 'runtimeSlicer.db');
  const engine = createEngine(context, storeUri, log);
  running = engine;
  const model = new Investigation(engine, { timeZone: readSettings(ignoreProblem).timeZone, onError: reportError });
  const book = new LabelBook(engine, { file: findLabelFile, onError: reportError });
  const tuning = new TuningSession(engine, { isTrusted: () => vscode.workspace.isTrusted, onError: reportError });
  const restore = createRestore(model, storeUri, reportError);
  const labelContext: LabelContext = { book, model };
  const stateContext: StateContext = { engine, model };

  const opener: EvidenceOpener = new EvidenceOpener({ roots: () => model.params?.paths ?? [], column: () => toEvidenceColumn(panels) });
  const tuningActions = createTuningActions(tuning, reportError);
  const panels: Panels = new Panels({
    extensionUri: context.extensionUri,
    log,
    actions: createPanelActions(model, restore, opener, {
      openPanel: (kind) => {
        openPanel(panels, kind);
      },
      openRange: (run, range) => openRange(model, run, range),
      setReference: (range) => setReference(embedContext, range),
      ...tuningActions,
    }),
  });
  const explorer = new StateExplorer(model, restore);
  const statusDocument = new EngineStatusDocument();
  let provider: ProviderName | null = null;
  const statusBar = createStatusBar(model, engine, () => model.result?.provider ?? provider);
  const embedContext: EmbedContext = {
    engine,
    model,
    panels,
    explorer,
    log,
    sampleFolder: vscode.Uri.joinPath(context.globalStorageUri, 'sampleIncident'),
  };

  const openTuning = async (): Promise<void> => {
    openPanel(panels, 'tuning');
    await Promise.all([book.load(), tuning.refresh()]);
  };

  const commands: Readonly<Record<CommandId, (...args: unknown[]) => unknown>> = {
    [COMMANDS.embedRuntimeSlice]: (clicked, selected) => embedRuntimeSlice(embedContext, clicked, selected),
    [COMMANDS.openSampleIncident]: () => openSampleIncident(embedContext),
    [COMMANDS.openTimeline]: () => {
      openPanel(panels, 'timeline');
    },
    [COMMANDS.openStateMap]: () => {
      openPanel(panels, 'stateMap');
    },
    [COMMANDS.openDiagnosis]: () => {
      openPanel(panels, 'diagnosis');
    },
    [COMMANDS.showEngineStatus]: async () => {
      const doctor = await statusDocument.show(engine, model, toEvidenceColumn(panels));
      provider = doctor?.providers.find((attempt) => attempt.chosen)?.provider ?? provider;
      statusBar.update();
    },
    [COMMANDS.chooseReferenceRange]: () => chooseReferenceRange(embedContext),
    [COMMANDS.resetReference]: () => setReference(embedContext, null),
    [COMMANDS.cancel]: () => model.cancel(),
    [COMMANDS.restartEngine]: async () => {
      await engine.restart();
      await restore();
    },
    [COMMANDS.showLog]: () => {
      log.show();
    },
    [COMMANDS.goToFirstEvidence]: () => goToFirstEvidence(model, restore, opener),
    [COMMANDS.nextAbnormalRange]: () => stepIncident(model, restore, 1),
    [COMMANDS.previousAbnormalRange]: () => stepIncident(model, restore, -1),
    [COMMANDS.labelRange]: () => labelRange(labelContext),
    [COMMANDS.undoLabel]: () => undoLabel(labelContext),
    [COMMANDS.removeLabel]: () => removeLabel(labelContext),
    [COMMANDS.resolveLabelConflicts]: () => resolveLabelConflicts(labelContext),
    [COMMANDS.undoStateChange]: () => undoStateChange(stateContext),
    [COMMANDS.fineTuneHead]: openTuning,
    [COMMANDS.adaptToSystem]: async () => {
      await openTuning();
      tuningActions.tune({ evenIfWorse: false, adapt: true });
    },
  };
  const treeCommands: Readonly<Record<string, (row: TreeRow) => unknown>> = {
    [TREE_COMMANDS.openEvidence]: (row) => openRow(row, opener),
    [TREE_COMMANDS.copy]: (row) => vscode.env.clipboard.writeText(row.tooltip),
    [TREE_COMMANDS.revealInTimeline]: (row) => {
      selectRow(row, model);
      openPanel(panels, 'timeline');
    },
    [TREE_COMMANDS.showMore]: (row) => {
      explorer.showMore(row);
    },
    [TREE_COMMANDS.labelState]: (row) => labelRow(labelContext, row),
    [TREE_COMMANDS.renameState]: (row) => renameState(stateContext, row),
    [TREE_COMMANDS.mergeState]: (row) => mergeState(stateContext, row),
    [TREE_COMMANDS.splitState]: (row) => splitState(stateContext, row),
    [TREE_COMMANDS.pinState]: (row) => pinState(stateContext, row, true),
    [TREE_COMMANDS.unpinState]: (row) => pinState(stateContext, row, false),
  };
  context.subscriptions.push(
    log,
    panels,
    opener,
    explorer,
    statusDocument,
    statusBar,
    model.onDidChange((event) => {
      panels.broadcast(toZonedEvent(event, model.state.timeZone));
    }),
    model.onDidChange(createContextKeys(model, book)),
    ...joinLabelsAndHeads(model, book, tuning, reportError),
    engine.onDidChangeStatus((status) => {
      if (status.kind === 'failed') {
        showEngineFailure(status.reason);
      }
    }),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(`${SETTINGS_SECTION}.${SETTINGS.timeZone}`)) {
        model.setTimeZone(readSettings((problem) => void vscode.window.showWarningMessage(problem)).timeZone);
      }
    }),
    ...registerCommands({ ...commands, ...treeCommands }, reportError),
    {
      dispose: () => {
        tuning.dispose();
        book.dispose();
        model.dispose();
      },
    },
  );
  return { engine, model };
}

export async function deactivate(): Promise<void> {
  await running?.dispose();
  running = undefined;
}

/** A setting that cannot be used is reported when it is changed and by the next embed, not on every start. */
function ignoreProblem(): void {
  return undefined;
}

function createEngine(context: vscode.ExtensionContext, storeUri: vscode.Uri, log: vscode.LogOutputChannel): EngineProcess {
  return new EngineProcess({
    modulePath: context.asAbsolutePath('dist/engine.mjs'),
    args: ['--db', storeUri.fsPath],
    beforeStart: () => {
      fs.mkdirSync(vscode.Uri.joinPath(storeUri, '..').fsPath, { recursive: true });
    },
    loadConnection: async () => (await import('./engine/connectEngine.js')).connectEngine,
    log: (line) => {
      const { level, text } = parseLogLine(line);
      log[level](text);
    },
  });
}

/** Brings back the last run when a view is first looked at. Without a store there is none, and no engine is started to find out. */
function createRestore(model: Investigation, storeUri: vscode.Uri, reportError: (error: unknown) => void): () => Promise<void> {
  return async () => {
    if (model.state.timeline !== null || !fs.existsSync(storeUri.fsPath)) {
      return;
    }
    try {
      await model.loadLatest();
    } catch (error) {
      // The state is `failed` now, which every view shows.
      reportError(error);
    }
  };
}

function showEngineFailure(reason: string): void {
  const showLog = vscode.l10n.t('Show Log');
  const restart = vscode.l10n.t('Restart Engine');
  void vscode.window.showErrorMessage(vscode.l10n.t('The engine keeps failing: {0}', reason), showLog, restart).then((answer) => {
    if (answer === showLog) {
      void vscode.commands.executeCommand(COMMANDS.showLog);
    } else if (answer === restart) {
      void vscode.commands.executeCommand(COMMANDS.restartEngine);
    }
  });
}
