/** "Label Range…", "Undo Last Label", "Remove Label…" and labelling from the state explorer. */
import * as vscode from 'vscode';
import type { Diagnosis, LabelView } from '../../protocol/views.js';
import { COMMANDS } from '../ids.js';
import type { Investigation } from '../selection/investigation.js';
import { readSettings } from '../settings/readSettings.js';
import type { TreeRow } from '../stateExplorer/treeModel.js';
import { toCountText } from '../timeText.js';
import { findAuthor } from './author.js';
import type { LabelBook } from './labelBook.js';
import {
  findStateRanges,
  type LabelChoice,
  NORMAL,
  type NsRange,
  toLabelRangeText,
  toLabelText,
  toServiceChoices,
  toTypeChoices,
  toTypeId,
} from './labelChoices.js';

export interface LabelContext {
  readonly book: LabelBook;
  readonly model: Investigation;
}

const SHOWN_MS = 6000;

/** Labels the selected range. */
export async function labelRange(context: LabelContext): Promise<void> {
  const { range } = context.model.state.selection;
  if (range === null) {
    const open = vscode.l10n.t('Open Timeline');
    const answer = await vscode.window.showInformationMessage(
      vscode.l10n.t('No range is selected. Drag across the Timeline, or pick an abnormal range.'),
      open,
    );
    if (answer === open) {
      await vscode.commands.executeCommand(COMMANDS.openTimeline);
    }
    return;
  }
  await labelRanges(context, [range], toLabelRangeText(range, context.model.state.timeZone));
}

/** Labels each stretch of a state, or the range of a slice or an abnormal range. */
export async function labelRow(context: LabelContext, row: TreeRow): Promise<void> {
  const { timeline, timeZone } = context.model.state;
  if (row.kind === 'state' && timeline !== null) {
    const ranges = findStateRanges(timeline, row.state.id);
    const count = ranges.length === 1 ? vscode.l10n.t('1 range') : vscode.l10n.t('{0} ranges', toCountText(ranges.length));
    await labelRanges(context, ranges, vscode.l10n.t('{0} of {1}', count, row.state.name));
  } else if (row.kind === 'slice' || row.kind === 'incident') {
    const { startNs, endNs } = row.kind === 'slice' ? row.slice : row.incident;
    await labelRanges(context, [{ startNs, endNs }], toLabelRangeText({ startNs, endNs }, timeZone));
  }
}

/** Takes the last action back. */
export async function undoLabel({ book }: LabelContext): Promise<void> {
  const count = await book.undo();
  sayOfLabels(
    count === 0 ? vscode.l10n.t('There is no change to the labels to undo.') : vscode.l10n.t('The last change to the labels was undone.'),
  );
}

export async function removeLabel({ book, model }: LabelContext): Promise<void> {
  await book.load();
  const { timeZone } = model.state;
  const choice = await vscode.window.showQuickPick(
    book.labels.map((label) => ({
      label: toLabelText(label),
      description: toLabelRangeText(label, timeZone),
      detail: [label.author, label.note].filter((text) => text !== '').join(': '),
      value: label,
    })),
    {
      title: vscode.l10n.t('Remove Label'),
      placeHolder: book.labels.length === 0 ? vscode.l10n.t('Nothing is labelled yet.') : vscode.l10n.t('Which label?'),
      matchOnDescription: true,
      matchOnDetail: true,
    },
  );
  if (choice !== undefined && (await book.remove(choice.value)) !== null) {
    sayOfLabels(vscode.l10n.t('Removed the label {0}. "Undo Last Label" brings it back.', toLabelText(choice.value)));
  }
}

/** @param what is labelled, for the titles of the questions. */
async function labelRanges({ book, model }: LabelContext, ranges: readonly NsRange[], what: string): Promise<void> {
  const [first] = ranges;
  if (first === undefined) {
    return;
  }
  const [diagnosis] = await Promise.all([findDiagnosis(model, first), book.load()]);
  const { failureTypes } = readSettings((problem) => void vscode.window.showWarningMessage(problem));
  const type = await pick({
    title: vscode.l10n.t('Label {0}', what),
    placeholder: vscode.l10n.t('What was it? Pick a kind of failure, or type a new one'),
    choices: (typed) => toTypeChoices(book.labels, failureTypes, diagnosis, typed),
  });
  if (type === undefined) {
    return;
  }
  const entity =
    type.value === NORMAL
      ? { value: null }
      : await pick({
          title: vscode.l10n.t('Label {0} as {1}', what, type.label),
          placeholder: vscode.l10n.t('Which service was at fault?'),
          choices: (typed) => toServiceChoices(diagnosis, typed),
        });
  if (entity === undefined) {
    return;
  }
  const label = { type: type.value, entity: entity.value };
  const note = await vscode.window.showInputBox({
    title: vscode.l10n.t('Label {0} as {1}', what, toLabelText(label)),
    prompt: vscode.l10n.t('A note for those who read this later; Enter for none'),
  });
  if (note === undefined) {
    return;
  }
  const author = await findAuthor();
  const made = await book.add(ranges.map(({ startNs, endNs }) => ({ startNs, endNs, ...label, note: note.trim(), author })));
  sayLabelled(
    made.map((entry) => entry.label),
    made.filter((entry) => entry.replaced !== null).length,
  );
}

/** The services and kinds to offer first; without a diagnosis labelling still works. */
async function findDiagnosis(model: Investigation, range: NsRange): Promise<Diagnosis | null> {
  return model.diagnose(range).catch(() => null);
}

function sayLabelled(labels: readonly LabelView[], replaced: number): void {
  const [first] = labels;
  if (first === undefined) {
    return;
  }
  const head =
    labels.length === 1
      ? vscode.l10n.t('Labelled {0}.', toLabelText(first))
      : vscode.l10n.t('Labelled {0} ranges {1}.', toCountText(labels.length), toLabelText(first));
  const rest =
    replaced === 0
      ? ''
      : replaced === 1
        ? vscode.l10n.t('It takes the place of an earlier label.')
        : vscode.l10n.t('{0} earlier labels gave way.', replaced);
  sayOfLabels([head, rest].filter((text) => text !== '').join(' '));
}

/** The Timeline shows the label itself: a notification for each of many labels would be in the way. */
export function sayOfLabels(text: string): void {
  vscode.window.setStatusBarMessage(`$(tag) ${text}`, SHOWN_MS);
}

interface Question<T> {
  readonly title: string;
  readonly placeholder: string;
  readonly choices: (typed: string) => readonly LabelChoice<T>[];
}

/** A list that also takes what is typed. @returns undefined when it was left. */
async function pick<T>(question: Question<T>): Promise<LabelChoice<T> | undefined> {
  const list = vscode.window.createQuickPick<vscode.QuickPickItem & LabelChoice<T>>();
  list.title = question.title;
  list.placeholder = question.placeholder;
  const known = question.choices('').length;
  const fill = (typed: string): void => {
    // What is typed stays in sight although no label of the list reads like it.
    list.items = question
      .choices(typed)
      .map((choice, index) => ({ ...choice, alwaysShow: index >= known || choice.value === (toTypeId(typed) as unknown) }));
  };
  fill('');
  try {
    return await new Promise((resolve) => {
      list.onDidChangeValue(fill);
      list.onDidAccept(() => {
        resolve(list.activeItems[0]);
      });
      list.onDidHide(() => {
        resolve(undefined);
      });
      list.show();
    });
  } finally {
    list.dispose();
  }
}
