/** What "Choose Reference Range…" offers, and how a typed range is read. */
import { findInstant, toIso } from '../../core/time.js';
import type { PanelState } from '../../protocol/panelRpc.js';
import type { NsString } from '../../protocol/views.js';
import { l10n } from '../localize.js';
import { findStrongestIncident } from '../selection/selection.js';
import { toRangeText } from '../timeText.js';

export interface NsRange {
  readonly startNs: NsString;
  readonly endNs: NsString;
}

export interface ReferenceChoice {
  readonly label: string;
  readonly description: string;
  /** `automatic`: let the engine choose; `ask`: the user types a range. */
  readonly range: NsRange | 'automatic' | 'ask';
}

export function toReferenceChoices(state: PanelState): readonly ReferenceChoice[] {
  const { timeline, selection, timeZone } = state;
  if (timeline === null) {
    return [];
  }
  const describe = (range: NsRange): string => `${toRangeText(range.startNs, range.endNs, timeZone)} ${timeZone}`;
  const choices: ReferenceChoice[] = [
    {
      label: l10n.t('Automatic'),
      description: timeline.referenceIsAutomatic ? l10n.t('in use; robust to faults inside it') : l10n.t('robust to faults inside it'),
      range: 'automatic',
    },
  ];
  const incident = findStrongestIncident(timeline);
  if (incident !== undefined && BigInt(timeline.startNs) < BigInt(incident.startNs)) {
    const before = { startNs: timeline.startNs, endNs: incident.startNs };
    choices.push({ label: l10n.t('Everything before the strongest incident'), description: describe(before), range: before });
  }
  if (selection.range !== null) {
    choices.push({ label: l10n.t('The selected range'), description: describe(selection.range), range: selection.range });
  }
  choices.push({ label: l10n.t('Enter a range…'), description: '', range: 'ask' });
  return choices;
}

/** @param text `T1..T2`, each ISO 8601 (UTC when no zone is given) or epoch nanoseconds. @returns the range, or what is wrong with it. */
export function parseReferenceRange(text: string): NsRange | string {
  const [from, to, ...rest] = text.split('..');
  const start = from === undefined ? undefined : findInstant(from);
  const end = to === undefined ? undefined : findInstant(to);
  if (start === undefined || end === undefined || rest.length > 0) {
    return l10n.t('Two times separated by "..", such as {0}', '2024-03-01T08:00:00Z..2024-03-01T08:30:00Z');
  }
  return start < end ? { startNs: start.toString(), endNs: end.toString() } : l10n.t('The range ends before it starts.');
}

/** The text that `parseReferenceRange` reads back. */
export function toRangeInput(range: NsRange): string {
  return `${toIso(BigInt(range.startNs))}..${toIso(BigInt(range.endNs))}`;
}
