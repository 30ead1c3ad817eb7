/** "Fine-Tune Head from Workspace Data" and what its panel asks for: training, files of heads. */
import * as vscode from 'vscode';
import type { TuningChoices } from '../../protocol/panelRpc.js';
import { COMMANDS } from '../ids.js';
import type { PanelActions } from '../panels/panelMessages.js';
import { toDateTimeText } from '../timeText.js';
import type { TuningSession } from './tuningSession.js';
import { toTuneSentence } from './tuningText.js';

type TuningActions = Pick<PanelActions, 'tune' | 'cancelTuning' | 'useHeads' | 'exportHeads' | 'importHeads'>;

export function createTuningActions(session: TuningSession, reportError: (error: unknown) => void): TuningActions {
  return {
    tune: (choices) => {
      // The panel shows what went wrong; it does not wait for the end, which may be minutes away.
      tune(session, choices).catch(reportError);
    },
    cancelTuning: () => {
      session.cancel();
    },
    useHeads: (version) => session.use(version),
    exportHeads: async (version) => {
      const uri = await vscode.window.showSaveDialog({ defaultUri: toDefaultUri(session, version), filters: fileFilters() });
      if (uri !== undefined) {
        await session.exportTo(version, uri.fsPath);
        vscode.window.setStatusBarMessage(vscode.l10n.t('Exported to {0}.', uri.fsPath), 6000);
      }
    },
    importHeads: async () => {
      const [uri] = (await vscode.window.showOpenDialog({ filters: fileFilters(), openLabel: vscode.l10n.t('Import') })) ?? [];
      if (uri !== undefined) {
        await session.importFrom(uri.fsPath);
      }
    },
  };
}

async function tune(session: TuningSession, choices: TuningChoices): Promise<void> {
  const report = await vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Window,
      title: choices.adapt ? vscode.l10n.t('RuntimeSlicer: adapting to this system') : vscode.l10n.t('RuntimeSlicer: fine-tuning heads'),
    },
    () => session.tune(choices),
  );
  if (report === undefined) {
    return;
  }
  const show = vscode.l10n.t('Show');
  void vscode.window.showInformationMessage(toTuneSentence(report), show).then((answer) => {
    if (answer === show) {
      void vscode.commands.executeCommand(COMMANDS.fineTuneHead);
    }
  });
}

function fileFilters(): Record<string, string[]> {
  return { [vscode.l10n.t('Heads')]: ['safetensors'] };
}

/** A file in the workspace folder, named for the day of the training. */
function toDefaultUri(session: TuningSession, version: string): vscode.Uri {
  const createdNs = session.state.versions.find((known) => known.version === version)?.createdNs ?? null;
  const day = createdNs === null ? '' : `-${toDateTimeText(createdNs, 'UTC').slice(0, 10)}`;
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.Uri.file('/');
  return vscode.Uri.joinPath(folder, `heads${day}.safetensors`);
}
