/** What people say of time ranges: kept in the store, and in step with a file that can live in git. */
import path from 'node:path';
import { findLabelProblem, findRangeProblem, type Label, type LabelName } from '../../core/labels/label.js';
import { NEW_LABEL_FILE, rewriteLabels, toLabels } from '../../core/labels/labelCsv.js';
import { mergeLabels } from '../../core/labels/mergeLabels.js';
import { EngineError } from '../../protocol/engineError.js';
import type { CallContext, EngineMethods } from '../../protocol/engineRpc.js';
import type { LabelDraft, LabelKey, LabelSync, LabelView } from '../../protocol/views.js';
import { toNs } from '../checkParams.js';
import { findLabelFile, writeLabelFile } from './labelFile.js';
import { toLabel, toLabelView } from './labelViews.js';
import type { Store } from '../store/openStore.js';

type LabelMethod = 'labels' | 'label' | 'removeLabel' | 'syncLabels';
export type LabelMethods = {
  readonly [M in LabelMethod]: (
    params: EngineMethods[M]['params'],
    context: CallContext,
  ) => Promise<EngineMethods[M]['result']> | EngineMethods[M]['result'];
};

export function createLabelMethods(store: Store, readClockMs: () => number = Date.now): LabelMethods {
  const nowNs = (): bigint => BigInt(readClockMs()) * 1_000_000n;
  return {
    labels: () => store.labels.list(),
    label: (draft) => {
      const label = checkDraft(draft, nowNs());
      return { label, replaced: store.labels.put(label) ?? null };
    },
    removeLabel: (key) => store.labels.remove(checkKey(key)) ?? null,
    syncLabels: ({ file }) => syncLabels(store, path.resolve(file), nowNs()),
  };
}

/** @param nowNs when labels were made of which the file does not say it */
function syncLabels(store: Store, file: string, nowNs: bigint): LabelSync {
  const { here, changedHere, changedInFile, conflicts } = store.labels.sync(file, (hereBefore, syncedBefore) => {
    const synced = syncedBefore.map(toLabel);
    const found = findLabelFile(file);
    // A file that went away removes nothing: it is written again from here.
    const merge = mergeLabels(synced, hereBefore.map(toLabel), found === undefined ? synced : toLabels(found));
    if (merge.changedInFile > 0 || (found === undefined && merge.inFile.length > 0)) {
      writeLabelFile(file, rewriteLabels(found ?? NEW_LABEL_FILE, merge.inFile));
    }
    const toView = (label: Label): LabelView => toLabelView(label, nowNs);
    const findView = (label: Label | undefined): LabelView | null => (label === undefined ? null : toView(label));
    return {
      ...merge,
      here: merge.here.map(toView),
      synced: merge.base.map(toView),
      conflicts: merge.conflicts.map((found) => ({
        key: toKey(found.name),
        here: findView(found.here),
        inFile: findView(found.inFile),
      })),
    };
  });
  return { labels: here, changedHere, changedInFile, conflicts };
}

function checkDraft(draft: LabelDraft, nowNs: bigint): LabelView {
  const label: Label = { ...toLabel(draft), createdNs: undefined };
  const problem = findLabelProblem(label);
  if (problem !== undefined) {
    throw new EngineError('bad-argument', `the label ${problem}`);
  }
  return toLabelView(label, nowNs);
}

function checkKey(key: LabelKey): LabelKey {
  const [startNs, endNs] = [toNs('start', key.startNs), toNs('end', key.endNs)];
  const problem = findRangeProblem(startNs, endNs);
  if (problem !== undefined) {
    throw new EngineError('bad-argument', `the label ${problem}`);
  }
  return { startNs: startNs.toString(), endNs: endNs.toString(), entity: key.entity?.trim() ?? null };
}

function toKey({ startNs, endNs, entity }: LabelName): LabelKey {
  return { startNs: startNs.toString(), endNs: endNs.toString(), entity: entity === '' ? null : entity };
}
