import type { LabelSide } from '../../core/labels/mergeLabels.js';
import { toIso } from '../../core/time.js';
import type { LabelConflict, LabelDraft, LabelKey, LabelSync, LabelView, SimilarIncidentView } from '../../protocol/views.js';
import { toColumns, type Style } from '../style.js';

export function toLabelsText(labels: readonly LabelView[]): string {
  return labels.length === 0
    ? 'Nothing is labelled yet.'
    : toColumns([
        ['start', 'end', 'type', 'service', 'author', 'note'],
        ...labels.map((label) => [
          toIso(BigInt(label.startNs)),
          toIso(BigInt(label.endNs)),
          label.type,
          label.entity ?? '',
          label.author,
          label.note.replaceAll(/\s+/g, ' '),
        ]),
      ]);
}

/** `network-delay on cart, 2026-03-10T13:00:00Z to 2026-03-10T13:05:00Z` */
export function toLabelText(label: LabelKey & Pick<LabelView, 'type'>): string {
  return `${label.type}${label.entity === null ? '' : ` on ${label.entity}`}, ${toRangeText(label)}`;
}

/** A labelled range that resembles another, then what is the same and what differs. */
export function toIncidentText({ label, run, similarity, same, differs }: SimilarIncidentView): string {
  const lines = [
    ['same', same],
    ['differs', differs],
  ] as const;
  return [
    `${similarity.toFixed(2)}  ${toLabelText(label)} (run ${run})`,
    ...lines.flatMap(([name, texts]) => (texts.length === 0 ? [] : [`      ${name}: ${texts.join('; ')}`])),
  ].join('\n');
}

/** What went where, what was decided as `keep` says, then what someone has to decide. */
export function toSyncText(sync: LabelSync, file: string, keep: LabelSide | undefined, style: Style): string {
  const { labels, changedHere, changedInFile, conflicts, resolved } = sync;
  const kept = keep === 'here' ? 'kept as they are here' : 'taken from the file';
  return [
    `${labels.length} labels; ${changedHere} changed here, ${changedInFile} in ${file}`,
    ...toConflictLines(`${resolved.length} changed here and in the file, differently; ${kept}`, resolved),
    ...toConflictLines(
      style.bad(`${conflicts.length} changed here and in the file, differently; left alone: --keep here or --keep file decides`),
      conflicts,
    ),
  ].join('\n');
}

function toConflictLines(title: string, conflicts: readonly LabelConflict[]): string[] {
  const header = ['range', 'service', 'here', 'in the file'];
  return conflicts.length === 0 ? [] : ['', title, toColumns([header, ...conflicts.map(toConflictRow)], '  ')];
}

function toConflictRow({ key, here, inFile }: LabelConflict): string[] {
  return [toRangeText(key), key.entity ?? '', toSideText(here), toSideText(inFile)];
}

/** The note tells labels of one type apart. */
function toSideText(label: LabelDraft | null): string {
  return label === null ? 'removed' : [label.type, label.note.replaceAll(/\s+/g, ' ')].filter((text) => text !== '').join(': ');
}

function toRangeText({ startNs, endNs }: LabelKey): string {
  return `${toIso(BigInt(startNs))} to ${toIso(BigInt(endNs))}`;
}
