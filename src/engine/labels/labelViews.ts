/** Labels as they travel, and as the core computes with them. */
import { tidyLabel, type Label, type LabelName } from '../../core/labels/label.js';
import type { MergeConflict } from '../../core/labels/mergeLabels.js';
import { toEpochNs } from '../../core/time.js';
import type { LabelConflict, LabelDraft, LabelKey, LabelView } from '../../protocol/views.js';
import { toNs } from '../checkParams.js';

export function toLabel({ startNs, endNs, type, entity, note, author, createdNs }: LabelDraft): Label {
  return tidyLabel({
    startNs: toEpochNs(toNs('start', startNs)),
    endNs: toEpochNs(toNs('end', endNs)),
    type,
    entity: entity ?? '',
    note,
    author,
    createdNs: createdNs === undefined ? undefined : toEpochNs(toNs('created', createdNs)),
  });
}

/** Says of a label what it says itself. */
export function toLabelDraft(label: Label): LabelDraft {
  const { type, note, author, createdNs } = label;
  return {
    ...toKeyView(label),
    type,
    note,
    author,
    ...(createdNs === undefined ? {} : { createdNs: createdNs.toString() }),
  };
}

/** @param nowNs when the label was made if it does not say so itself */
export function toLabelView(label: Label, nowNs: bigint): LabelView {
  return { ...toLabelDraft(label), createdNs: (label.createdNs ?? nowNs).toString() };
}

/** @param nowNs as of `toLabelView` */
export function toConflictView({ name, base, here, inFile }: MergeConflict, nowNs: bigint): LabelConflict {
  const findView = (label: Label | undefined): LabelView | null => (label === undefined ? null : toLabelView(label, nowNs));
  return {
    key: toKeyView(name),
    base: findView(base),
    here: findView(here),
    inFile: inFile === undefined ? null : toLabelDraft(inFile),
  };
}

export function toKeyView({ startNs, endNs, entity }: LabelName): LabelKey {
  return { startNs: startNs.toString(), endNs: endNs.toString(), entity: entity === '' ? null : entity };
}
