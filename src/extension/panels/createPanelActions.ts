/** What panels may ask of the host, done by the parts that can. */
import * as vscode from 'vscode';
import type { PanelKind } from '../../protocol/panelRpc.js';
import type { EvidenceOpener } from '../evidence/evidenceOpener.js';
import type { Investigation } from '../selection/investigation.js';
import type { PanelActions } from './panelMessages.js';
import type { Panels } from './panels.js';
import { toZonedState } from './zonedViews.js';

type HostActions = 'openPanel' | 'openRange' | 'setReference' | 'tune' | 'cancelTuning' | 'useHeads' | 'exportHeads' | 'importHeads';

export function createPanelActions(
  model: Investigation,
  restore: () => Promise<void>,
  opener: EvidenceOpener,
  host: Pick<PanelActions, HostActions>,
): PanelActions {
  return {
    ...host,
    getState: async () => {
      await restore();
      return toZonedState(model.state);
    },
    select: (patch) => {
      model.select(patch);
    },
    openEvidence: (path, line) => opener.open(path, line),
    runCommand: async (command) => {
      await vscode.commands.executeCommand(command);
    },
    hover: (slice, entity) => {
      model.hover(slice, entity);
    },
  };
}

/**
 * On its own a panel opens in the active group, beside the Timeline when that is what is looked at. Heads are tuned in the State map's place:
 * what changes by it, Timeline and Diagnosis, stays in sight.
 */
export function openPanel(panels: Panels, kind: PanelKind): void {
  const beside = kind !== 'timeline' && panels.isOpen('timeline');
  const column = kind === 'tuning' ? panels.findColumn('stateMap') : undefined;
  panels.show(kind, column ?? (beside ? vscode.ViewColumn.Beside : vscode.ViewColumn.Active), false);
}
