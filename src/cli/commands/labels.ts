import path from 'node:path';
import { completeLabel, isSameLabel, toLabelKey } from '../../core/labels/label.js';
import type { LabelSide } from '../../core/labels/mergeLabels.js';
import { formatLabels } from '../../core/labels/labelCsv.js';
import { readLabels, writeLabelFile } from '../../engine/labels/labelFile.js';
import { toLabel, toLabelDraft } from '../../engine/labels/labelViews.js';
import type { LabelSync } from '../../protocol/views.js';
import { refusePositionals, UsageError, type Command, type Invocation } from '../command.js';
import { toLabelsText, toSyncText } from '../text/labelText.js';

const ACTIONS = { import: importLabels, export: exportLabels, sync: syncLabels } as const;
type Action = keyof typeof ACTIONS;

export const labels: Command = {
  name: 'labels',
  summary: 'List the labels, or exchange them with a CSV file',
  options: [
    { name: 'import', value: 'FILE.csv', summary: 'Add the labels of a file, in place of those with the same range and service' },
    { name: 'export', value: 'FILE.csv', summary: 'Write all labels to a file, in place of what it holds' },
    { name: 'sync', value: 'FILE.csv', summary: 'Take over what changed on either side since the last time; created when missing' },
    { name: 'keep', value: 'here|file', summary: 'With --sync: which side holds where both were changed, differently; default: neither' },
  ],
  async run(invocation) {
    refusePositionals(invocation);
    const { options, context, openEngine, answer } = invocation;
    const given = (Object.keys(ACTIONS) as Action[]).filter((name) => options.has(name));
    const [action] = given;
    if (options.has('keep') && action !== 'sync') {
      throw new UsageError('--keep says which side of a conflict holds; give it with --sync FILE.csv');
    }
    if (given.length > 1) {
      throw new UsageError(`${given.map((name) => `--${name}`).join(' and ')} exclude each other; give one`);
    }
    if (action === undefined) {
      const list = await openEngine().labels({}, context);
      answer({ labels: list }, () => toLabelsText(list));
      return;
    }
    await ACTIONS[action](path.resolve(options.get(action)), invocation);
  },
};

async function importLabels(file: string, { context, openEngine, answer }: Invocation): Promise<void> {
  const found = readLabels(file);
  const engine = openEngine();
  const before = new Map((await engine.labels({}, context)).map(toLabel).map((known) => [toLabelKey(known), known]));
  const counts = { added: 0, replaced: 0, unchanged: 0 };
  for (const read of found) {
    const known = before.get(toLabelKey(read));
    const label = completeLabel(read, known);
    const outcome = known === undefined ? 'added' : isSameLabel(known, label) ? 'unchanged' : 'replaced';
    counts[outcome]++;
    if (outcome !== 'unchanged') {
      await engine.label(toLabelDraft(label), context);
    }
  }
  const list = await engine.labels({}, context);
  answer({ labels: list, ...counts }, () => `${counts.added} labels added, ${counts.replaced} replaced, ${counts.unchanged} unchanged`);
}

async function exportLabels(file: string, { context, openEngine, answer }: Invocation): Promise<void> {
  const list = await openEngine().labels({}, context);
  writeLabelFile(file, formatLabels(list.map(toLabel)));
  answer({ labels: list }, () => `${list.length} labels written to ${file}`);
}

async function syncLabels(file: string, { options, context, style, openEngine, answer }: Invocation): Promise<void> {
  const keep = toSide(options.find('keep'));
  const engine = openEngine();
  const synced = await engine.syncLabels({ file }, context);
  const result =
    keep === undefined || synced.conflicts.length === 0
      ? synced
      : addSync(synced, await engine.syncLabels({ file, resolve: { keep, conflicts: synced.conflicts } }, context));
  answer(result, () => toSyncText(result, file, keep, style));
}

/** What two syncs did, one after the other. */
function addSync(first: LabelSync, second: LabelSync): LabelSync {
  return {
    ...second,
    changedHere: first.changedHere + second.changedHere,
    changedInFile: first.changedInFile + second.changedInFile,
  };
}

function toSide(text: string | undefined): LabelSide | undefined {
  if (text !== undefined && text !== 'here' && text !== 'file') {
    throw new UsageError(`--keep ${text} is unknown; it is one of here, file`);
  }
  return text;
}
