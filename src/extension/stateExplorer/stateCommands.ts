/** Renaming, merging, splitting and pinning states from the state explorer, and taking it back. */
import * as vscode from 'vscode';
import type { StateChange, StateView, TimelineView } from '../../protocol/views.js';
import { type EngineCalls, toErrorText } from '../engine/engineCalls.js';
import type { Investigation } from '../selection/investigation.js';
import { findNameProblem, toMergeChoices } from './stateChoices.js';
import type { TreeRow } from './treeModel.js';

export interface StateContext {
  readonly engine: EngineCalls;
  readonly model: Investigation;
}

interface Shown {
  readonly run: string;
  readonly timeline: TimelineView;
  readonly state: StateView;
}

export async function renameState(context: StateContext, row: TreeRow): Promise<void> {
  const shown = findShown(context, row);
  if (shown === undefined) {
    return;
  }
  const { run, timeline, state } = shown;
  const name = await vscode.window.showInputBox({
    title: vscode.l10n.t('Rename {0}', state.name),
    prompt: vscode.l10n.t('The name is kept in all runs of this workspace'),
    value: state.name,
    validateInput: (text) => findNameProblem(timeline, state, text),
  });
  if (name !== undefined && name.trim() !== state.name) {
    await change(context, () => context.engine.call('renameState', { run, state: state.id, name }));
  }
}

export async function mergeState(context: StateContext, row: TreeRow): Promise<void> {
  const shown = findShown(context, row);
  if (shown === undefined) {
    return;
  }
  const { run, timeline, state } = shown;
  const choices = toMergeChoices(timeline, state);
  const choice = await vscode.window.showQuickPick(choices, {
    title: vscode.l10n.t('Merge {0} Into', state.name),
    placeHolder:
      choices.length === 0
        ? vscode.l10n.t('There is no other state of this kind.')
        : vscode.l10n.t('Which state do its slices belong to from now on?'),
  });
  if (choice !== undefined) {
    await change(context, () => context.engine.call('mergeStates', { run, state: state.id, into: choice.state.id }));
  }
}

export async function splitState(context: StateContext, row: TreeRow): Promise<void> {
  const shown = findShown(context, row);
  if (shown !== undefined) {
    await change(context, () => context.engine.call('splitState', { run: shown.run, state: shown.state.id }));
  }
}

export async function pinState(context: StateContext, row: TreeRow, isPinned: boolean): Promise<void> {
  const shown = findShown(context, row);
  if (shown !== undefined) {
    await change(context, () => context.engine.call('pinState', { run: shown.run, state: shown.state.id, isPinned }));
  }
}

export async function undoStateChange({ engine, model }: StateContext): Promise<void> {
  const run = model.state.timeline?.run;
  const undone = await engine.call('undoStateChange', run === undefined ? {} : { run });
  await model.reload();
  void vscode.window.showInformationMessage(
    undone === null ? vscode.l10n.t('There is no change to the states to undo.') : toSentence(undone),
  );
}

/** Findings of all views are made anew with the change, which the message offers to take back. */
async function change(context: StateContext, act: () => Promise<StateChange>): Promise<void> {
  const done = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title: vscode.l10n.t('Applying the change to the states…') },
    async () => {
      const result = await act();
      await context.model.reload();
      return result;
    },
  );
  const undo = vscode.l10n.t('Undo');
  // The command ends here: the message may stand for long.
  void vscode.window.showInformationMessage(toSentence(done), undo).then(async (answer) => {
    if (answer === undo) {
      await undoStateChange(context).catch((error: unknown) => vscode.window.showErrorMessage(toErrorText(error)));
    }
  });
}

function toSentence({ text }: StateChange): string {
  return `${text}.`;
}

function findShown({ model }: StateContext, row: TreeRow): Shown | undefined {
  const { timeline } = model.state;
  return row.kind === 'state' && timeline !== null ? { run: timeline.run, timeline, state: row.state } : undefined;
}
