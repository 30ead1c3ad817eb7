/** Heads and their training in one sentence each. Knows no VS Code. */
import type { HeadVersionView, TunedPart, TuneReport } from '../../protocol/views.js';
import { l10n } from '../localize.js';
import { toDateTimeText, toZoneText } from '../timeText.js';

export function toHeadText(head: TunedPart): string {
  switch (head) {
    case 'detection':
      return l10n.t('what is abnormal');
    case 'failure-type':
      return l10n.t('kind of failure');
    case 'root-cause':
      return l10n.t('likely cause');
    case 'encoder':
      return l10n.t('encoder adapted');
  }
}

/** What a training came to: `Fine-tuned on 12 labels: kind of failure, likely cause. Findings are made with them now.` */
export function toTuneSentence(report: TuneReport): string {
  const used = report.heads.filter((head) => head.isUsed).map(({ head }) => toHeadText(head));
  if (used.length > 0 && report.labels === 0) {
    return l10n.t('The encoder is adapted to this system. States and similar incidents are found with it now.');
  }
  if (used.length > 0) {
    const labels = report.labels === 1 ? l10n.t('1 label') : l10n.t('{0} labels', report.labels);
    return l10n.t('Fine-tuned on {0}: {1}. Findings are made with it now.', labels, used.join(', '));
  }
  if (report.labels === 0) {
    return report.skipped[0]?.reason ?? l10n.t('Adapting made nothing better, so the encoder stays as it is.');
  }
  return report.heads.length > 0
    ? l10n.t('Fine-tuning made nothing better, so the current heads stay.')
    : l10n.t('The labels are not enough to fine-tune a head yet.');
}

/** `those that ship with RuntimeSlicer`, `fine-tuned 2024-03-01 08:00:00 UTC on 12 labels (likely cause)`. */
export function toVersionText(version: HeadVersionView, zone: string): string {
  if (version.heads.length === 0 || version.createdNs === null) {
    return l10n.t('those that ship with RuntimeSlicer');
  }
  const when = `${toDateTimeText(version.createdNs, zone)} ${toZoneText(zone, version.createdNs)}`;
  if (version.labels === 0) {
    return l10n.t('adapted to this system {0}', when);
  }
  return l10n.t('fine-tuned {0} on {1} labels ({2})', when, version.labels, version.heads.map(toHeadText).join(', '));
}
