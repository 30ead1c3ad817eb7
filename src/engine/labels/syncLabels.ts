/** Brings a label file and the store together, and ends conflicts between them where that was asked for. */
import { isSameLabel, toLabelKey, type Label } from '../../core/labels/label.js';
import { NEW_LABEL_FILE, rewriteLabels, toLabels } from '../../core/labels/labelCsv.js';
import { mergeLabels, type LabelSide, type MergeConflict } from '../../core/labels/mergeLabels.js';
import { reopenConflict, type LabelSides } from '../../core/labels/reopenConflict.js';
import type { EngineMethods } from '../../protocol/engineRpc.js';
import type { LabelConflict, LabelDraft, LabelResolution, LabelSync, LabelView } from '../../protocol/views.js';
import type { Store } from '../store/openStore.js';
import { checkKey, checkLabel } from './checkLabel.js';
import { findLabelFile, writeLabelFile } from './labelFile.js';
import { toConflictView, toLabel, toLabelView } from './labelViews.js';

type SyncParams = EngineMethods['syncLabels']['params'];

/**
 * @param file absolute
 * @param nowNs when labels were made of which the file does not say it
 */
export function syncLabels(store: Store, { file, resolve, reopen }: SyncParams, nowNs: bigint): LabelSync {
  const findSide = toSideFinder(resolve);
  const { here, changedHere, changedInFile, conflicts, resolved } = store.labels.sync(file, (hereBefore, syncedBefore) => {
    const synced = syncedBefore.map(toLabel);
    const found = findLabelFile(file);
    // A file that went away removes nothing: it is written again from here.
    const before: LabelSides = { base: synced, here: hereBefore.map(toLabel), inFile: found === undefined ? synced : toLabels(found) };
    const { base, here, inFile } = reopenAll(before, reopen);
    const merge = mergeLabels(base, here, inFile, findSide);
    const isChanged = merge.changedInFile > 0 || inFile !== before.inFile;
    if (isChanged || (found === undefined && merge.inFile.length > 0)) {
      writeLabelFile(file, rewriteLabels(found ?? NEW_LABEL_FILE, merge.inFile));
    }
    const toView = (label: Label): LabelView => toLabelView(label, nowNs);
    return {
      ...merge,
      here: merge.here.map(toView),
      synced: merge.base.map(toView),
      conflicts: merge.conflicts.map((conflict) => toConflictView(conflict, nowNs)),
      resolved: merge.resolved.map((conflict) => toConflictView(conflict, nowNs)),
    };
  });
  return { labels: here, changedHere, changedInFile, conflicts, resolved };
}

/** A conflict that changed after it was listed is another one, of which nobody decided. */
function toSideFinder(resolution: LabelResolution | undefined): (conflict: MergeConflict) => LabelSide | undefined {
  const listed = new Map(resolution?.conflicts.map(checkConflict).map((conflict) => [toLabelKey(conflict.name), conflict]));
  return ({ name, here, inFile }) => {
    const known = listed.get(toLabelKey(name));
    return known !== undefined && isSameLabel(known.here, here) && isSameLabel(known.inFile, inFile) ? resolution?.keep : undefined;
  };
}

function reopenAll(sides: LabelSides, resolution: LabelResolution | undefined): LabelSides {
  return resolution === undefined
    ? sides
    : resolution.conflicts.map(checkConflict).reduce((open, conflict) => reopenConflict(open, conflict, resolution.keep), sides);
}

function checkConflict({ key, base, here, inFile }: LabelConflict): MergeConflict {
  const findLabel = (draft: LabelDraft | null): Label | undefined => (draft === null ? undefined : checkLabel(draft));
  return { name: checkKey(key), base: findLabel(base), here: findLabel(here), inFile: findLabel(inFile) };
}
