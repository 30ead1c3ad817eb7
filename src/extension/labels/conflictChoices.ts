/** What resolving label conflicts says and offers; knows no VS Code. */
import type { LabelSide } from '../../core/labels/mergeLabels.js';
import type { LabelConflict, LabelDraft } from '../../protocol/views.js';
import { l10n } from '../localize.js';
import { type LabelChoice, toLabelRangeText, toLabelText } from './labelChoices.js';

export interface ConflictChoice extends LabelChoice<LabelConflict> {
  readonly detail: string;
}

/** @returns `“network delay on cart: seen twice”`; a label that was removed is called so */
export function toSideText(label: LabelDraft | null): string {
  if (label === null) {
    return l10n.t('removed');
  }
  return l10n.t('“{0}”', [toLabelText(label), label.note.replaceAll(/\s+/g, ' ')].filter((text) => text !== '').join(': '));
}

/** One sentence, or for many how many they are. */
export function toConflictsText(conflicts: readonly LabelConflict[], zone: string): string {
  const [first, ...others] = conflicts;
  return first === undefined || others.length > 0
    ? l10n.t('{0} labels were changed here and in the file, differently.', conflicts.length)
    : l10n.t(
        'The label of {0} was changed here and in the file: here {1}, in the file {2}.',
        toLabelRangeText(first.key, zone),
        toSideText(first.here),
        toSideText(first.inFile),
      );
}

export function toConflictChoices(conflicts: readonly LabelConflict[], zone: string): readonly ConflictChoice[] {
  return conflicts.map((conflict) => ({
    label: toLabelRangeText(conflict.key, zone),
    description: conflict.key.entity ?? '',
    detail: l10n.t('Here: {0}. In the file: {1}.', toSideText(conflict.here), toSideText(conflict.inFile)),
    value: conflict,
  }));
}

/** Which side is to hold, with what that means. */
export function toSideChoices({ here, inFile }: LabelConflict): readonly LabelChoice<LabelSide>[] {
  return [
    { label: l10n.t('Keep Mine'), description: toSideText(here), value: 'here' },
    { label: l10n.t("Take the File's"), description: toSideText(inFile), value: 'file' },
  ];
}
