/** The state explorer: shows the tree model in the side bar, linked both ways with the selection of the other views. */
import * as vscode from 'vscode';
import type { HostEvent } from '../../protocol/panelRpc.js';
import type { IncidentView, SliceView, StateView, TimelineView } from '../../protocol/views.js';
import type { Subscription } from '../emitter.js';
import { isCancelled, toErrorText } from '../engine/engineCalls.js';
import { STATE_EXPLORER, TREE_COMMANDS, TREE_CONTEXTS } from '../ids.js';
import type { Investigation } from '../selection/investigation.js';
import { findPeakSlice, sameRange } from '../selection/selection.js';
import { UNKNOWN_STATE } from './stateIcon.js';
import {
  SLICE_PAGE,
  toEvidenceRows,
  toFindingRows,
  toHeadline,
  toIncidentRowId,
  toIncidentRows,
  toIncidentsRow,
  toNoteRow,
  toSliceRowId,
  toSliceRows,
  toStateRows,
  type TreeRow,
} from './treeModel.js';

/** A row revealed by us is reported as selected within this time, on a busy machine; later reports are the user's. */
const REVEAL_ECHO_MS = 5000;

export class StateExplorer implements vscode.TreeDataProvider<TreeRow>, Subscription {
  private readonly model: Investigation;
  private readonly restore: () => Promise<void>;
  private readonly changed = new vscode.EventEmitter<TreeRow | undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly view: vscode.TreeView<TreeRow>;
  private readonly limits = new Map<string, number>();
  /** Parents of the rows handed out, by row id; `reveal` needs them. */
  private readonly parents = new Map<string, TreeRow>();
  private readonly disposables: readonly Subscription[];
  /** Rows that were revealed and not yet reported as selected, with the time until which a report is an echo. */
  private readonly echoes = new Map<string, number>();
  private shownRun: string | null = null;

  /** @param restore brings back the latest run of the store; called when the view is first shown. */
  constructor(model: Investigation, restore: () => Promise<void>) {
    this.model = model;
    this.restore = restore;
    this.view = vscode.window.createTreeView(STATE_EXPLORER, { treeDataProvider: this, showCollapseAll: true });
    this.disposables = [
      this.changed,
      this.view,
      this.view.onDidChangeSelection((event) => {
        this.followSelection(event.selection[0]);
      }),
      this.view.onDidChangeVisibility(({ visible }) => {
        if (visible) {
          void this.revealSelection();
        }
      }),
      this.model.onDidChange((event) => {
        this.update(event);
      }),
    ];
  }

  async getChildren(row?: TreeRow): Promise<TreeRow[]> {
    if (row === undefined) {
      await this.restore();
    }
    const rows = await this.buildChildren(row);
    if (row !== undefined) {
      rows.forEach((child) => this.parents.set(child.id, row));
    }
    return [...rows];
  }

  private async buildChildren(row: TreeRow | undefined): Promise<readonly TreeRow[]> {
    const { timeline, timeZone, phase, error } = this.model.state;
    if (timeline === null || phase === 'running' || phase === 'failed') {
      return [];
    }
    switch (row?.kind) {
      case undefined: {
        const note = error === null ? [] : [toNoteRow('error', error, 'error')];
        return [...note, ...toIncidentsRow(timeline), ...toStateRows(timeline, timeZone)];
      }
      case 'incidents':
        return toIncidentRows(timeline, timeZone);
      case 'state':
        return toSliceRows(timeline, row.state, timeZone, this.limits.get(row.state.id) ?? SLICE_PAGE);
      case 'slice':
        return this.buildFindings(row.slice.id, row.slice, timeline.threshold);
      case 'incident':
        return this.buildFindings(row.id, row.incident, timeline.threshold);
      case 'finding':
        return toEvidenceRows(row.id, row.evidence, timeZone);
      case 'evidence':
      case 'more':
      case 'note':
        return [];
    }
  }

  private async buildFindings(parentId: string, range: SliceView | IncidentView, threshold: number): Promise<readonly TreeRow[]> {
    try {
      return toFindingRows(parentId, await this.model.diagnose(range), threshold);
    } catch (error) {
      return isCancelled(error) ? [] : [toNoteRow(`failed:${parentId}`, toErrorText(error), 'error')];
    }
  }

  getParent(row: TreeRow): TreeRow | undefined {
    return this.parents.get(row.id);
  }

  getTreeItem(row: TreeRow): vscode.TreeItem {
    const item = new vscode.TreeItem(row.label, toCollapsibleState(row));
    item.id = row.id;
    item.description = row.description;
    item.tooltip = row.tooltip;
    item.accessibilityInformation = { label: row.accessibleLabel };
    item.iconPath = new vscode.ThemeIcon(row.icon.icon, row.icon.colour === '' ? undefined : new vscode.ThemeColor(row.icon.colour));
    item.contextValue = toContextValue(row);
    if (row.kind === 'evidence' && row.evidence.path !== null) {
      item.command = { command: TREE_COMMANDS.openEvidence, title: vscode.l10n.t('Open Evidence'), arguments: [row] };
    } else if (row.kind === 'more') {
      item.command = { command: TREE_COMMANDS.showMore, title: vscode.l10n.t('Show More Slices'), arguments: [row] };
    }
    return item;
  }

  showMore(row: TreeRow): void {
    if (row.kind === 'more') {
      this.limits.set(row.state.id, (this.limits.get(row.state.id) ?? SLICE_PAGE) + SLICE_PAGE);
      this.changed.fire(this.parents.get(row.id));
    }
  }

  /** Opens the view and unfolds the row of the selection. */
  async show(): Promise<void> {
    await this.revealSelection(true);
  }

  private update(event: HostEvent): void {
    const { timeline, phase } = this.model.state;
    if (event.type === 'state') {
      if (timeline?.run !== this.shownRun) {
        this.shownRun = timeline?.run ?? null;
        this.limits.clear();
        this.parents.clear();
      }
      const ready = phase === 'ready' && timeline !== null;
      // An empty message is not shown.
      this.view.message = ready ? toHeadline(timeline, this.model.state.timeZone) : '';
      const incidents = ready ? timeline.incidents.length : 0;
      this.view.badge =
        incidents === 0
          ? undefined
          : {
              value: incidents,
              tooltip: incidents === 1 ? vscode.l10n.t('1 abnormal range') : vscode.l10n.t('{0} abnormal ranges', incidents),
            };
      this.changed.fire(undefined);
    }
    if (event.type === 'selection' && this.view.visible) {
      void this.revealSelection();
    }
  }

  /** Shows where the selection stands: the row of its incident, else of its slice, else of the most abnormal slice in its range. */
  private async revealSelection(evenWhenHidden = false): Promise<void> {
    const { timeline, timeZone, phase, selection } = this.model.state;
    if (timeline === null || phase !== 'ready' || !(this.view.visible || evenWhenHidden)) {
      return;
    }
    const incident = timeline.incidents.find((candidate) => sameRange(candidate, selection.range));
    const group = toIncidentsRow(timeline)[0];
    if (incident !== undefined && group !== undefined) {
      const row = toIncidentRows(timeline, timeZone).find((candidate) => candidate.id === toIncidentRowId(incident));
      await this.reveal(row, group, evenWhenHidden);
      return;
    }
    const peak = selection.range === null ? undefined : findPeakSlice(timeline, selection.range);
    const slice = timeline.slices.find((candidate) => candidate.id === selection.slice) ?? peak;
    if (slice !== undefined) {
      await this.revealSlice(timeline, slice, evenWhenHidden);
    }
  }

  /** Rows of a slice that lies beyond its state's page are brought in first. */
  private async revealSlice(timeline: TimelineView, slice: SliceView, expand: boolean): Promise<void> {
    const { timeZone } = this.model.state;
    const stateRow = toStateRows(timeline, timeZone).find((row) => row.kind === 'state' && row.state.id === slice.state);
    if (stateRow?.kind !== 'state') {
      return;
    }
    const all = toSliceRows(timeline, stateRow.state, timeZone, Number.POSITIVE_INFINITY);
    const index = all.findIndex((row) => row.id === toSliceRowId(slice.id));
    if (index >= (this.limits.get(stateRow.state.id) ?? SLICE_PAGE)) {
      this.limits.set(stateRow.state.id, Math.ceil((index + 1) / SLICE_PAGE) * SLICE_PAGE);
      this.changed.fire(stateRow);
    }
    await this.reveal(all[index], stateRow, expand);
  }

  private async reveal(row: TreeRow | undefined, parent: TreeRow, expand: boolean): Promise<void> {
    if (row === undefined || this.view.selection[0]?.id === row.id) {
      return;
    }
    this.parents.set(row.id, parent);
    this.echoes.set(row.id, Date.now() + REVEAL_ECHO_MS);
    try {
      await this.view.reveal(row, { select: true, focus: false, expand });
    } catch {
      // The tree was rebuilt while the row was looked up; the next change of the selection reveals again.
      this.echoes.delete(row.id);
    }
  }

  private followSelection(row: TreeRow | undefined): void {
    if (row === undefined) {
      return;
    }
    const echoUntilMs = this.echoes.get(row.id) ?? 0;
    this.echoes.delete(row.id);
    if (Date.now() < echoUntilMs) {
      return;
    }
    if (row.kind === 'slice') {
      // A slice that is selected already may stand for a longer range, such as the incident around it: that range stays.
      if (row.slice.id !== this.model.state.selection.slice) {
        this.model.select({ slice: row.slice.id, state: null });
      }
    } else if (row.kind === 'incident') {
      this.model.select(row.selection);
    } else if (row.kind === 'state') {
      this.model.select({ state: row.state.id });
    } else if (row.kind === 'finding' && row.entity !== null) {
      this.model.select({ entity: row.entity });
    }
  }

  dispose(): void {
    this.disposables.forEach((disposable) => {
      disposable.dispose();
    });
  }
}

function toCollapsibleState(row: TreeRow): vscode.TreeItemCollapsibleState {
  const expandable = ['incidents', 'incident', 'state', 'slice'].includes(row.kind) || (row.kind === 'finding' && row.evidence.length > 0);
  if (!expandable) {
    return vscode.TreeItemCollapsibleState.None;
  }
  return (row.kind === 'finding' || row.kind === 'incidents') && row.expanded
    ? vscode.TreeItemCollapsibleState.Expanded
    : vscode.TreeItemCollapsibleState.Collapsed;
}

function toStateContext({ id, abnormal, isPinned }: StateView): string {
  if (id === UNKNOWN_STATE) {
    return TREE_CONTEXTS.stateUnknown;
  }
  return !abnormal ? TREE_CONTEXTS.stateUsual : isPinned === true ? TREE_CONTEXTS.statePinned : TREE_CONTEXTS.state;
}

function toContextValue(row: TreeRow): string {
  switch (row.kind) {
    case 'state':
      return toStateContext(row.state);
    case 'slice':
      return TREE_CONTEXTS.slice;
    case 'incident':
      return TREE_CONTEXTS.incident;
    case 'incidents':
    case 'finding':
      return TREE_CONTEXTS.finding;
    case 'evidence':
      return row.evidence.path === null ? TREE_CONTEXTS.evidence : TREE_CONTEXTS.evidenceWithPlace;
    case 'more':
    case 'note':
      return TREE_CONTEXTS.note;
  }
}
