/** Labels as they travel, and as the core computes with them. */
import { tidyLabel, type Label } from '../../core/labels/label.js';
import { toEpochNs } from '../../core/time.js';
import type { LabelDraft, LabelView, NsString } from '../../protocol/views.js';
import { toNs } from '../checkParams.js';

export function toLabel(view: LabelDraft & { readonly createdNs?: NsString }): Label {
  const { startNs, endNs, type, entity, note, author, createdNs } = view;
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

/** @param nowNs when the label was made if it does not say so itself */
export function toLabelView({ startNs, endNs, type, entity, note, author, createdNs }: Label, nowNs: bigint): LabelView {
  return {
    startNs: startNs.toString(),
    endNs: endNs.toString(),
    entity: entity === '' ? null : entity,
    type,
    note,
    author,
    createdNs: (createdNs ?? nowNs).toString(),
  };
}
