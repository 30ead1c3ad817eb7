/** Dates such as 03/04/2024: month/day or day/month is a matter of the file, not of the line. */
import { findNsOfFields } from './timestamps.js';

export interface DateOrder {
  readonly dayFirst: boolean;
  /** Whether nothing in the file's head decides. */
  readonly isGuess: boolean;
}

const SLASH_DATE = /(?<![\d/-])(\d{1,2})[/-](\d{1,2})[/-](\d{4})[ T,]+\d{1,2}:\d{2}/;
const DAY_NS = 86_400_000_000_000n;

export const GUESSED_ORDER =
  'dates such as 03/04/2024 were read as month/day, nothing in the file says which it is; write yyyy-MM-dd if they are day/month';
export const MIXED_ORDER = 'dates of both orders, month/day and day/month, in one file';

/**
 * A number over 12 is a day; and no record is later than the file, give or take a day.
 * @param latestNs when the file was last changed
 * @returns undefined when the lines hold no such date
 */
export function findDateOrder(lines: readonly string[], latestNs: bigint): DateOrder | undefined {
  let isSeen = false;
  let monthFirstIsLate = false;
  let dayFirstIsLate = false;
  for (const line of lines) {
    const match = SLASH_DATE.exec(line);
    if (match === null) {
      continue;
    }
    isSeen = true;
    const [first, second, year] = [Number(match[1]), Number(match[2]), Number(match[3])];
    if (first > 12 || second > 12) {
      return { dayFirst: first > 12, isGuess: false };
    }
    monthFirstIsLate ||= isLate(year, first, second, latestNs);
    dayFirstIsLate ||= isLate(year, second, first, latestNs);
  }
  if (!isSeen) {
    return undefined;
  }
  return monthFirstIsLate === dayFirstIsLate ? { dayFirst: false, isGuess: true } : { dayFirst: monthFirstIsLate, isGuess: false };
}

function isLate(year: number, month: number, day: number, latestNs: bigint): boolean {
  const ns = findNsOfFields(year, month, day, 0, 0, 0, 0, 0);
  return ns === undefined || ns > latestNs + DAY_NS;
}

/** Abbreviations of months that English does not share: French, Spanish, Portuguese, Italian, German, Dutch, Russian; Chinese and Japanese 月. */
const NAMES =
  'janv|févr|fevr|avr|mai|juin|juil|août|aout|déc|ene|abr|ago|dic|gen|mag|giu|lug|set|ott|fev|out|mär|mrz|okt|dez|mrt|mei|янв|фев|мар|апр|мая|июн|июл|авг|сен|окт|ноя|дек';
const FOREIGN_MONTH = new RegExp(
  `(?<!\\p{L})(?:\\d{1,2}[ ./-](?:de )?(?:${NAMES})\\p{L}{0,7}\\.?[ ./-]+(?:de )?\\d{4}|(?:${NAMES})\\p{L}{0,7}\\.? +\\d{1,2},?(?: \\d{4},?)?)[ T,:]+\\d{1,2}:\\d{2}|\\d{1,2}月\\d{1,2}日`,
  'iu',
);

/** Cheaper, and rare in stack traces. */
const HAS_CLOCK = /\d:\d\d|月/;

export const FOREIGN_MONTHS = 'month name in another language than English; write dates as yyyy-MM-dd';

/** Whether a line starts with a date whose month is named in another language. */
export function hasForeignMonth(line: string): boolean {
  const head = line.length > 80 ? line.slice(0, 80) : line;
  return HAS_CLOCK.test(head) && FOREIGN_MONTH.test(head);
}
