import { isSameLabel, toLabelKey, type Label, type LabelName } from './label.js';
import type { LabelSide, MergeConflict } from './mergeLabels.js';

/** What `mergeLabels` reads; each list has at most one label per key. */
export interface LabelSides {
  readonly base: readonly Label[];
  readonly here: readonly Label[];
  readonly inFile: readonly Label[];
}

/**
 * Takes the resolution of a conflict back. A side that no longer holds what was kept was changed since and stays as it is; the next merge
 * then decides, or lists another conflict.
 * @returns lists in no order; one that does not change is the one given
 */
export function reopenConflict({ base, here, inFile }: LabelSides, conflict: MergeConflict, kept: LabelSide): LabelSides {
  const { name } = conflict;
  const left = kept === 'here' ? conflict.here : conflict.inFile;
  const putBack = (labels: readonly Label[], label: Label | undefined): readonly Label[] =>
    isSameLabel(findLabel(labels, name), left) ? replaceLabel(labels, name, label) : labels;
  return { base: replaceLabel(base, name, conflict.base), here: putBack(here, conflict.here), inFile: putBack(inFile, conflict.inFile) };
}

function findLabel(labels: readonly Label[], name: LabelName): Label | undefined {
  return labels.find((label) => toLabelKey(label) === toLabelKey(name));
}

function replaceLabel(labels: readonly Label[], name: LabelName, label: Label | undefined): readonly Label[] {
  const others = labels.filter((other) => toLabelKey(other) !== toLabelKey(name));
  return label === undefined ? others : [...others, label];
}
