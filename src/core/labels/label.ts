/** A label: what a person or a fault injector says of a time range. One range has at most one label per entity. */
import { toEpochNs, type EpochNs, type TimeRange } from '../time.js';

export interface Label extends TimeRange {
  /** A failure type, or `normal`. */
  readonly type: string;
  /** Service at fault; empty when none is named. */
  readonly entity: string;
  readonly note: string;
  readonly author: string;
  /** Undefined when a file does not say. */
  readonly createdNs: EpochNs | undefined;
}

const NORMAL = 'normal';
/** Of type, entity and author: they are shown in one line. */
const MAX_CHARACTERS = 100;
/** Of a signed 64-bit integer, which is what the store holds. */
const TIME_NS = { least: -(2n ** 63n), most: 2n ** 63n - 1n };
const CONTROL_CHARACTER = /\p{Cc}/u;

/** What names a label. */
export type LabelName = Pick<Label, 'startNs' | 'endNs' | 'entity'>;

export function toLabelKey({ startNs, endNs, entity }: LabelName): string {
  return `${startNs} ${endNs} ${entity}`;
}

/** By start, then end, then entity. */
export function compareLabels(a: Label, b: Label): number {
  return compare(a.startNs, b.startNs) || compare(a.endNs, b.endNs) || compare(a.entity, b.entity);
}

/** Whether two labels with the same key agree in all that people wrote; when they wrote it does not count. */
export function isSameLabel(a: Label | undefined, b: Label | undefined): boolean {
  return a === undefined || b === undefined ? a === b : a.type === b.type && a.note === b.note && a.author === b.author;
}

/** Who said it and when, from a label that is known and says the same, where `label` does not name them itself. */
export function completeLabel(label: Label, known: Label | undefined): Label {
  return known?.type === label.type && known.note === label.note
    ? { ...label, author: label.author || known.author, createdNs: label.createdNs ?? known.createdNs }
    : label;
}

/** Without blanks around its texts, and with `\n` for every line end of the note: what comes back from a file is the same then. */
export function tidyLabel(label: Label): Label {
  return {
    startNs: toEpochNs(label.startNs),
    endNs: toEpochNs(label.endNs),
    type: label.type.trim(),
    entity: label.entity.trim(),
    note: label.note.replaceAll(/\r\n?/g, '\n').trim(),
    author: label.author.trim(),
    createdNs: label.createdNs,
  };
}

/** @returns what is wrong with a tidy label and what to do, to follow a subject (`line 3 …`); undefined when it is fine */
export function findLabelProblem(label: Label): string | undefined {
  const { startNs, endNs, type, entity, note, author, createdNs = 0n } = label;
  const problem = findRangeProblem(startNs, endNs, createdNs);
  if (problem !== undefined) {
    return problem;
  }
  if (type === '') {
    return `has no type; write ${NORMAL} or a failure type`;
  }
  if (type === NORMAL && entity !== '') {
    return `is ${NORMAL} and names a service; leave the entity empty`;
  }
  for (const [name, text] of Object.entries({ type, entity, author })) {
    if (text.length > MAX_CHARACTERS) {
      return `has ${name} of ${text.length} characters; at most ${MAX_CHARACTERS} are allowed`;
    }
    if (CONTROL_CHARACTER.test(text)) {
      return `has control characters or line ends in ${name}; leave them out`;
    }
  }
  return CONTROL_CHARACTER.test(note.replaceAll(/[\n\t]/g, '')) ? 'has control characters in note; leave them out' : undefined;
}

/** As `findLabelProblem`, of the times alone. */
export function findRangeProblem(startNs: bigint, endNs: bigint, createdNs = 0n): string | undefined {
  if ([startNs, endNs, createdNs].some((ns) => ns < TIME_NS.least || ns > TIME_NS.most)) {
    return 'has a time outside of the years 1678 to 2261; correct it';
  }
  return startNs >= endNs ? 'ends before it starts; correct start or end' : undefined;
}

function compare<T extends bigint | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
