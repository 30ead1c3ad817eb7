/** Labels of time ranges in words. */
import type { LabelView } from '../../src/protocol/views.js';
import { nsToMs } from './sliceLines.js';
import { formatTimeRange, zoneName } from './timeFormat.js';

/** The type of a range in which nothing was wrong. */
export const NORMAL = 'normal';

/** `network-delay` → `network delay`. */
export function typeText(type: string): string {
  return type.replaceAll('-', ' ');
}

/** `network delay on cart`, `normal`. */
export function labelText(label: Pick<LabelView, 'type' | 'entity'>): string {
  return label.entity === null ? typeText(label.type) : `${typeText(label.type)} on ${label.entity}`;
}

/** `Labelled: network delay on cart by Ana`. */
export function labelSentence(label: LabelView): string {
  return `Labelled: ${labelText(label)}${label.author === '' ? '' : ` by ${label.author}`}`;
}

/** What a label says, line by line: for hover boxes. */
export function labelLines(label: LabelView, timeZone: string): readonly string[] {
  const startMs = nsToMs(label.startNs);
  const lines = [labelSentence(label), `${formatTimeRange(startMs, nsToMs(label.endNs), timeZone)} ${zoneName(startMs, timeZone)}`];
  return label.note === '' ? lines : [...lines, label.note];
}

interface NsRange {
  readonly startNs: string;
  readonly endNs: string;
}

/** Labels that cover more than half of the range, in the order given. Empty for an empty range. */
export function findLabels(labels: readonly LabelView[], range: NsRange): readonly LabelView[] {
  const start = BigInt(range.startNs);
  const end = BigInt(range.endNs);
  return labels.filter((label) => {
    const from = BigInt(label.startNs) > start ? BigInt(label.startNs) : start;
    const to = BigInt(label.endNs) < end ? BigInt(label.endNs) : end;
    return (to - from) * 2n > end - start && to > from;
  });
}
