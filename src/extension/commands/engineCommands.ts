/** Commands about the engine itself: its status as a document, restart. */
import * as vscode from 'vscode';
import type { DoctorReport, HeadVersionView } from '../../protocol/views.js';
import { toErrorText } from '../engine/engineCalls.js';
import type { EngineProcess, EngineStatus } from '../engine/engineProcess.js';
import type { Subscription } from '../emitter.js';
import { STATUS_SCHEME } from '../ids.js';
import type { Investigation } from '../selection/investigation.js';
import { readSettings } from '../settings/readSettings.js';
import { toStatusDocument } from '../status/statusDocument.js';

/** Shows the engine's report in a read-only document; asking again refreshes it. */
export class EngineStatusDocument implements Subscription {
  private readonly uri = vscode.Uri.from({ scheme: STATUS_SCHEME, path: '/RuntimeSlicer status.md' });
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  private readonly registration: Subscription;
  private text = '';

  constructor() {
    this.registration = vscode.workspace.registerTextDocumentContentProvider(STATUS_SCHEME, {
      onDidChange: this.changed.event,
      provideTextDocumentContent: () => this.text,
    });
  }

  /** @returns the engine's report, undefined when it gave none (the document says why). */
  async show(engine: EngineProcess, model: Investigation, column: vscode.ViewColumn): Promise<DoctorReport | undefined> {
    // Bad settings were reported when they were read to embed.
    const { provider } = readSettings(() => undefined);
    const doctor = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Window, title: vscode.l10n.t('RuntimeSlicer: asking the engine') },
      () => engine.call('doctor', { provider }).catch(toErrorText),
    );
    // The report says what is wrong with an engine that does not answer this.
    const versions: readonly HeadVersionView[] = await engine.call('heads', {}).catch(() => []);
    this.text = toStatusDocument(toEngineStatusText(engine.status), doctor, model.result, model.state.timeZone, versions);
    this.changed.fire(this.uri);
    const document = await vscode.workspace.openTextDocument(this.uri);
    await vscode.window.showTextDocument(document, { preview: true, viewColumn: column });
    return typeof doctor === 'string' ? undefined : doctor;
  }

  dispose(): void {
    this.registration.dispose();
    this.changed.dispose();
  }
}

function toEngineStatusText(status: EngineStatus): string {
  switch (status.kind) {
    case 'stopped':
      return vscode.l10n.t('not running; starts when it is needed');
    case 'running':
      return vscode.l10n.t('running, process {0}', status.pid ?? '?');
    case 'crashed':
      return vscode.l10n.t('{0} It starts again when it is needed.', status.reason);
    case 'failed':
      return vscode.l10n.t('{0} It was given up after repeated failures: "RuntimeSlicer: Restart Engine" tries again.', status.reason);
  }
}
