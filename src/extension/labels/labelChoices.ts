/** What labelling offers and says: kinds, services, ranges of a state. Knows no VS Code. */
import type { Diagnosis, LabelView, NsString, SliceView, TimelineView } from '../../protocol/views.js';
import { l10n } from '../localize.js';
import { toPercentText, toRangeText, toZoneText } from '../timeText.js';

/** The type of a range in which nothing was wrong. */
export const NORMAL = 'normal';
/** A type or cause less probable than this is not worth a word beside it. */
const MIN_P = 0.05;

export interface NsRange {
  readonly startNs: NsString;
  readonly endNs: NsString;
}

export interface LabelChoice<T> {
  readonly label: string;
  readonly description: string;
  readonly value: T;
}

/** `Network  Delay` → `network-delay`, so that what is typed meets the type that is known already. */
export function toTypeId(text: string): string {
  return text.trim().toLowerCase().replaceAll(/\s+/g, '-');
}

/** `network-delay` → `network delay`. */
export function toTypeText(type: string): string {
  return type.replaceAll('-', ' ');
}

/** Types used already, most used first; then those of the setting, `normal`, and what is being typed. */
export function toTypeChoices(
  labels: readonly LabelView[],
  offered: readonly string[],
  diagnosis: Diagnosis | null,
  typed: string,
): readonly LabelChoice<string>[] {
  const counts = new Map<string, number>();
  for (const { type } of labels) {
    counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  const used = [...counts].sort((a, b) => b[1] - a[1]).map(([type]) => type);
  const types = [...new Set([...used, ...offered.map(toTypeId), NORMAL])];
  const choices = types.map((type) => {
    const count = counts.get(type) ?? 0;
    const p = diagnosis?.failureTypes.find((found) => found.type === type)?.p ?? 0;
    const notes = [
      type === NORMAL ? l10n.t('nothing was wrong') : '',
      count === 0 ? '' : count === 1 ? l10n.t('1 label') : l10n.t('{0} labels', count),
      p < MIN_P ? '' : l10n.t('diagnosis: {0}', toPercentText(p)),
    ];
    return { label: toTypeText(type), description: notes.filter((note) => note !== '').join(', '), value: type };
  });
  const typedType = toTypeId(typed);
  return typedType === '' || types.includes(typedType)
    ? choices
    : [...choices, { label: toTypeText(typedType), description: l10n.t('new kind of failure'), value: typedType }];
}

/** Services in the order of the diagnosis, then "no single service" and what is being typed. */
export function toServiceChoices(diagnosis: Diagnosis | null, typed: string): readonly LabelChoice<string | null>[] {
  const causes = diagnosis?.rootCauses ?? [];
  const name = typed.trim();
  return [
    ...causes.map(({ entity, p }) => ({
      label: entity,
      description: p < MIN_P ? '' : l10n.t('likely cause: {0}', toPercentText(p)),
      value: entity,
    })),
    { label: l10n.t('No single service'), description: '', value: null },
    ...(name === '' || causes.some(({ entity }) => entity === name)
      ? []
      : [{ label: name, description: l10n.t('a service that is not in these files'), value: name }]),
  ];
}

/** @returns `network delay on cart`, `normal`. */
export function toLabelText(label: Pick<LabelView, 'type' | 'entity'>): string {
  const type = toTypeText(label.type);
  return label.entity === null ? type : l10n.t('{0} on {1}', type, label.entity);
}

/** @returns `08:43:10 – 08:46:00 UTC`. */
export function toLabelRangeText(range: NsRange, zone: string): string {
  return `${toRangeText(range.startNs, range.endNs, zone)} ${toZoneText(zone, range.startNs)}`;
}

/** The stretches of a run that its slices spend in a state without a break, in time order. */
export function findStateRanges(timeline: TimelineView, state: string): readonly NsRange[] {
  const ranges: { startNs: NsString; endNs: NsString }[] = [];
  let previous: SliceView | undefined;
  for (const slice of timeline.slices.toSorted((a, b) => (BigInt(a.startNs) < BigInt(b.startNs) ? -1 : 1))) {
    const last = ranges.at(-1);
    const goesOn = previous?.state === state && last !== undefined && BigInt(slice.startNs) <= BigInt(last.endNs);
    if (slice.state === state && goesOn) {
      last.endNs = slice.endNs;
    } else if (slice.state === state) {
      ranges.push({ startNs: slice.startNs, endNs: slice.endNs });
    }
    previous = slice;
  }
  return ranges;
}
