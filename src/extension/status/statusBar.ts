/** The status-bar item: what runs, where, how far. */
import * as vscode from 'vscode';
import { toProgressSummary } from '../commands/embedProgress.js';
import type { Subscription } from '../emitter.js';
import type { EngineProcess } from '../engine/engineProcess.js';
import { COMMANDS } from '../ids.js';
import type { Investigation } from '../selection/investigation.js';
import { toStatusText } from './statusText.js';

export function createStatusBar(
  model: Investigation,
  engine: EngineProcess,
  provider: () => string | null,
): Subscription & { update(): void } {
  const item = vscode.window.createStatusBarItem('runtimeSlicer.status', vscode.StatusBarAlignment.Left, 50);
  item.name = vscode.l10n.t('RuntimeSlicer');
  item.command = COMMANDS.showEngineStatus;
  const update = (): void => {
    const { phase, progress, timeline, error } = model.state;
    const text = toStatusText({
      engine: engine.status,
      running: phase === 'running' ? toProgressSummary(progress) : null,
      failed: phase === 'failed' || error !== null,
      incidents: timeline?.incidents.length ?? null,
      provider: provider(),
    });
    item.text = `$(${text.icon}) ${text.label}`;
    item.tooltip = text.tooltip;
    item.accessibilityInformation = { label: text.tooltip };
    item.backgroundColor = text.severe ? new vscode.ThemeColor('statusBarItem.errorBackground') : undefined;
  };
  const subscriptions = [model.onDidChange(update), engine.onDidChangeStatus(update)];
  update();
  item.show();
  return {
    update,
    dispose: () => {
      subscriptions.forEach((subscription) => {
        subscription.dispose();
      });
      item.dispose();
    },
  };
}
