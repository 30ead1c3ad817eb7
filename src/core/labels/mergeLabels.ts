/** Brings the labels here and those of a file together, from what both were when they were last the same. */
import { compareLabels, completeLabel, isSameLabel, toLabelKey, type Label, type LabelName } from './label.js';

/** The side whose label holds where a conflict is resolved. */
export type LabelSide = 'here' | 'file';

/** A label that was changed on both sides, differently; undefined = removed. */
export interface MergeConflict {
  readonly name: LabelName;
  /** When they were last the same; undefined when there was no such label. */
  readonly base: Label | undefined;
  readonly here: Label | undefined;
  readonly inFile: Label | undefined;
}

export interface LabelMerge {
  /** What each side holds from now on, by start. */
  readonly here: readonly Label[];
  readonly inFile: readonly Label[];
  /** What the next merge starts from. Where there is a conflict, what it was, so that the conflict shows again. */
  readonly base: readonly Label[];
  readonly changedHere: number;
  readonly changedInFile: number;
  /** Left as they are on both sides. */
  readonly conflicts: readonly MergeConflict[];
  /** As they were before the side that was asked for won. */
  readonly resolved: readonly MergeConflict[];
}

/**
 * A change on one side goes to the other, removals too. Each list has at most one label per key.
 * @param findSide which side of a conflict holds; undefined leaves both alone, as all are by default
 */
export function mergeLabels(
  base: readonly Label[],
  here: readonly Label[],
  inFile: readonly Label[],
  findSide: (conflict: MergeConflict) => LabelSide | undefined = () => undefined,
): LabelMerge {
  const [baseByKey, hereByKey, fileByKey] = [toMap(base), toMap(here), toMap(inFile)];
  const [keptHere, keptInFile, newBase]: [Label[], Label[], Label[]] = [[], [], []];
  const [conflicts, resolved]: [MergeConflict[], MergeConflict[]] = [[], []];
  let changedHere = 0;
  let changedInFile = 0;
  const names = new Map(
    [...base, ...here, ...inFile]
      .sort(compareLabels)
      .map(({ startNs, endNs, entity }) => [toLabelKey({ startNs, endNs, entity }), { startNs, endNs, entity }]),
  );
  for (const [key, name] of names) {
    const [before, mine, theirs] = [baseByKey.get(key), hereByKey.get(key), fileByKey.get(key)];
    const agreed = findAgreed(before, mine, theirs);
    if (agreed !== 'none') {
      agree(mine, theirs, agreed);
      continue;
    }
    const conflict = { name, base: before, here: mine, inFile: theirs };
    const side = findSide(conflict);
    if (side === undefined) {
      conflicts.push(conflict);
      keep(mine, theirs, before);
    } else {
      resolved.push(conflict);
      agree(mine, theirs, side === 'here' ? mine : keepTime(theirs, before));
    }
  }
  return { here: keptHere, inFile: keptInFile, base: newBase, changedHere, changedInFile, conflicts, resolved };

  function agree(mine: Label | undefined, theirs: Label | undefined, agreed: Label | undefined): void {
    changedHere += isSameLabel(mine, agreed) ? 0 : 1;
    changedInFile += isSameLabel(theirs, agreed) ? 0 : 1;
    keep(agreed, agreed, agreed);
  }

  function keep(...kept: [Label | undefined, Label | undefined, Label | undefined]): void {
    [keptHere, keptInFile, newBase].forEach((list, i) => {
      list.push(...(kept[i] === undefined ? [] : [kept[i]]));
    });
  }
}

function toMap(labels: readonly Label[]): Map<string, Label> {
  return new Map(labels.map((label) => [toLabelKey(label), label]));
}

/** What both sides hold from now on, undefined when that is no label; `none` when they disagree. */
function findAgreed(base: Label | undefined, here: Label | undefined, inFile: Label | undefined): Label | undefined | 'none' {
  if (isSameLabel(here, inFile)) {
    // Here it is always known when a label was made.
    return here;
  }
  if (isSameLabel(here, base)) {
    return keepTime(inFile, base);
  }
  if (isSameLabel(inFile, base)) {
    return here;
  }
  if (here === undefined || here.type !== inFile?.type || here.note !== inFile.note) {
    return 'none';
  }
  // Two people say the same.
  return completeLabel(inFile, here);
}

/** A file that does not say when its label was made changes what was said, not when. */
function keepTime(inFile: Label | undefined, base: Label | undefined): Label | undefined {
  return inFile === undefined ? undefined : { ...inFile, createdNs: inFile.createdNs ?? base?.createdNs };
}
