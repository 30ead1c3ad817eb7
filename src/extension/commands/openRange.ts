import * as vscode from 'vscode';
import { EMPTY_SELECTION, type Selection } from '../../protocol/panelRpc.js';
import { toErrorText } from '../engine/engineCalls.js';
import type { Investigation } from '../selection/investigation.js';
import type { NsRange } from '../selection/selection.js';
import { toDateTimeText, toZoneText } from '../timeText.js';

/** Shows a range of a run, and says so when that is another run than the one before, with the way back. @throws EngineError */
export async function openRange(model: Investigation, run: string, range: NsRange): Promise<void> {
  const { timeline: before, selection } = model.state;
  await openRun(model, run, { ...EMPTY_SELECTION, range });
  const { timeline, timeZone } = model.state;
  if (before === null || timeline === null || before.run === timeline.run) {
    return;
  }
  const goBack = vscode.l10n.t('Go Back');
  const start = `${toDateTimeText(timeline.startNs, timeZone)} ${toZoneText(timeZone, timeline.startNs)}`;
  // What was asked for is done: the message may stand for long.
  void vscode.window.showInformationMessage(vscode.l10n.t('Another run is shown now, from {0} on.', start), goBack).then(async (answer) => {
    if (answer === goBack) {
      await openRun(model, before.run, selection).catch((error: unknown) => vscode.window.showErrorMessage(toErrorText(error)));
    }
  });
}

/** Findings of a run are made anew before it is shown when heads or states have changed since, which takes a while. */
async function openRun(model: Investigation, run: string, selection: Selection): Promise<void> {
  await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title: vscode.l10n.t('Opening the run…') }, () =>
    model.openRun(run, selection),
  );
}
