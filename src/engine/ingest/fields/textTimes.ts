import { findEpochNs, findIsoTime, findNsOfFields, findZone } from './timestamps.js';

/** How far into a line a timestamp may start. */
export const MAX_TIME_COLUMN = 80;

/** What completes times that lack a part. */
export interface TimeDefaults {
  /** East of UTC, for times without a zone. */
  readonly offsetMinutes: number;
  /** Time that the newest record is not after (modification of the file), for times without a year or a date. */
  readonly latestNs: bigint;
  /** Whether 03/04/2024 is the third of April; default: the fourth of March. */
  readonly dayFirst?: boolean;
}

export interface FoundTime {
  readonly ns: bigint;
  /** Range of the timestamp in the line. */
  readonly start: number;
  readonly end: number;
  /** Which layout it was, to be tried first on the next line. */
  readonly layout: number;
}

interface Layout {
  readonly id: string;
  /** Sticky. */
  readonly pattern: RegExp;
  readonly toNs: (
    match: RegExpExecArray,
    text: string,
    defaults: TimeDefaults,
  ) => { readonly ns: bigint; readonly end: number } | undefined;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const MONTH = '(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\\.?';
const CLOCK = '(\\d{1,2}):(\\d{2}):(\\d{2})(?:[.,](\\d{1,9}))?';
const MERIDIEM = '(?:\\s?([AaPp])\\.?[Mm]\\.?)?';

interface ClockParts {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly nanos: number;
}

function toClock(match: RegExpExecArray, first: number, meridiem?: string): ClockParts {
  const written = Number(match[first]);
  const isAfternoon = meridiem === undefined ? false : meridiem.toLowerCase() === 'p';
  const hour = meridiem === undefined ? written : (written % 12) + (isAfternoon ? 12 : 0);
  return {
    hour,
    minute: Number(match[first + 1]),
    second: Number(match[first + 2]),
    nanos: Number((match[first + 3] ?? '').padEnd(9, '0')),
  };
}

function toMonth(name: string | undefined): number {
  return MONTHS.indexOf((name ?? '').slice(0, 3).toLowerCase()) + 1;
}

function finish(
  year: number,
  month: number,
  day: number,
  clock: ClockParts,
  zoneAt: number,
  text: string,
  defaults: TimeDefaults,
): { ns: bigint; end: number } | undefined {
  const zone = findZone(text, zoneAt);
  const ns = findNsOfFields(year, month, day, clock.hour, clock.minute, clock.second, clock.nanos, zone?.minutes ?? defaults.offsetMinutes);
  return ns === undefined ? undefined : { ns, end: zone?.end ?? zoneAt };
}

const DAY_NS = 86_400_000_000_000n;

/** The latest year in which the date is not after the file: RFC 3164 and klog write none. */
function finishWithoutYear(
  month: number,
  day: number,
  clock: ClockParts,
  zoneAt: number,
  text: string,
  defaults: TimeDefaults,
): { ns: bigint; end: number } | undefined {
  const latestYear = new Date(Number(defaults.latestNs / 1_000_000n)).getUTCFullYear();
  for (let year = latestYear; year > latestYear - 9; year--) {
    const found = finish(year, month, day, clock, zoneAt, text, defaults);
    if (found !== undefined && found.ns <= defaults.latestNs + DAY_NS) {
      return found;
    }
  }
  return undefined;
}

/** Two-digit years: 1970–2069. */
function toFullYear(year: number): number {
  return year >= 100 ? year : year >= 70 ? 1900 + year : 2000 + year;
}

const LAYOUTS: readonly Layout[] = [
  {
    id: 'iso (T, blank or _ between; - / . in the date; fraction; zone)',
    pattern: /\d{4}[-/.]\d{2}[-/.]\d{2}[T _t]\d{2}:\d{2}/y,
    toNs: (match, text, { offsetMinutes }) => findIsoTime(text, match.index, offsetMinutes),
  },
  {
    id: 'yyyyMMdd[T. -]HH:mm:ss or HHmmss',
    pattern: /(\d{4})(\d{2})(\d{2})[T. _-]?(\d{2}):?(\d{2}):?(\d{2})(?:[.,](\d{1,9}))?(?!\d)/y,
    toNs: (match, text, defaults) =>
      finish(Number(match[1]), Number(match[2]), Number(match[3]), toClock(match, 4), match.index + match[0].length, text, defaults),
  },
  {
    id: 'yyyy-MM-dd-HH.mm.ss.ffffff',
    pattern: /(\d{4})-(\d{2})-(\d{2})-(\d{2})\.(\d{2})\.(\d{2})(?:\.(\d{1,9}))?/y,
    toNs: (match, text, defaults) =>
      finish(Number(match[1]), Number(match[2]), Number(match[3]), toClock(match, 4), match.index + match[0].length, text, defaults),
  },
  {
    id: 'dd/MMM/yyyy:HH:mm:ss (access logs), dd-MMM-yyyy HH:mm:ss, dd MMM yyyy HH:mm:ss',
    pattern: new RegExp(`(\\d{1,2})[-/ ]${MONTH}[-/ ](\\d{4})[:, T]+${CLOCK}`, 'y'),
    toNs: (match, text, defaults) =>
      finish(Number(match[3]), toMonth(match[2]), Number(match[1]), toClock(match, 4), match.index + match[0].length, text, defaults),
  },
  {
    id: 'EEE MMM d HH:mm:ss [zone] yyyy (ctime, Apache errors)',
    pattern: new RegExp(`[A-Z][a-z]{2},? ${MONTH} +(\\d{1,2}) ${CLOCK}(?: ([A-Z]{3,4}))? (\\d{4})`, 'y'),
    toNs: (match, text, defaults) => {
      const zone = match[7] === undefined ? undefined : findZone(` ${match[7]}`, 0);
      const end = match.index + match[0].length;
      const found = finish(Number(match[8]), toMonth(match[1]), Number(match[2]), toClock(match, 3), end, text, {
        ...defaults,
        offsetMinutes: zone?.minutes ?? defaults.offsetMinutes,
      });
      return found;
    },
  },
  {
    id: 'MMM d, yyyy h:mm:ss AM (java.util.logging), MMM d yyyy HH:mm:ss',
    pattern: new RegExp(`${MONTH} +(\\d{1,2}),? (\\d{4}),? ${CLOCK}${MERIDIEM}`, 'y'),
    toNs: (match, text, defaults) =>
      finish(
        Number(match[3]),
        toMonth(match[1]),
        Number(match[2]),
        toClock(match, 4, match[8]),
        match.index + match[0].length,
        text,
        defaults,
      ),
  },
  {
    id: 'MMM d HH:mm:ss (RFC 3164: no year)',
    pattern: new RegExp(`${MONTH} +(\\d{1,2}) ${CLOCK}`, 'y'),
    toNs: (match, text, defaults) =>
      finishWithoutYear(toMonth(match[1]), Number(match[2]), toClock(match, 3), match.index + match[0].length, text, defaults),
  },
  {
    id: 'dd.MM.yyyy HH:mm:ss',
    pattern: new RegExp(`(\\d{1,2})\\.(\\d{1,2})\\.(\\d{4})[ T,]+${CLOCK}`, 'y'),
    toNs: (match, text, defaults) =>
      finish(Number(match[3]), Number(match[2]), Number(match[1]), toClock(match, 4), match.index + match[0].length, text, defaults),
  },
  {
    id: 'MM/dd/yyyy or dd/MM/yyyy h:mm:ss [AM]: as the file has it, unless only the other order is a date',
    pattern: new RegExp(`(\\d{1,2})[/-](\\d{1,2})[/-](\\d{4})[ T,]+${CLOCK}${MERIDIEM}`, 'y'),
    toNs: (match, text, defaults) => {
      const first = Number(match[1]);
      const second = Number(match[2]);
      const isDayFirst = defaults.dayFirst === true ? second <= 12 : first > 12;
      const [month, day] = isDayFirst ? [second, first] : [first, second];
      return finish(Number(match[3]), month, day, toClock(match, 4, match[8]), match.index + match[0].length, text, defaults);
    },
  },
  {
    id: 'yy/MM/dd HH:mm:ss (Spark), yy-MM-dd HH:mm:ss',
    pattern: new RegExp(`(\\d{2})[/-](\\d{2})[/-](\\d{2})[ T]${CLOCK}`, 'y'),
    toNs: (match, text, defaults) =>
      finish(
        toFullYear(Number(match[1])),
        Number(match[2]),
        Number(match[3]),
        toClock(match, 4),
        match.index + match[0].length,
        text,
        defaults,
      ),
  },
  {
    id: 'yyMMdd HHmmss (HDFS), yyMMdd H:mm:ss (MySQL)',
    pattern: /(\d{2})(\d{2})(\d{2})[ T]{1,2}(\d{1,2}):?(\d{2}):?(\d{2})(?:[.,](\d{1,9}))?(?=[\s\]|,;:])/y,
    toNs: (match, text, defaults) =>
      finish(
        toFullYear(Number(match[1])),
        Number(match[2]),
        Number(match[3]),
        toClock(match, 4),
        match.index + match[0].length,
        text,
        defaults,
      ),
  },
  {
    id: 'klog, glog: I0519 08:00:01.123456 (no year)',
    pattern: new RegExp(`[IWEFD](\\d{2})(\\d{2}) +${CLOCK}`, 'y'),
    toNs: (match, text, defaults) =>
      finishWithoutYear(Number(match[1]), Number(match[2]), toClock(match, 3), match.index + match[0].length, text, defaults),
  },
  {
    id: 'MM-dd HH:mm:ss.fff (logcat: no year)',
    pattern: new RegExp(`(\\d{2})-(\\d{2}) ${CLOCK}`, 'y'),
    toNs: (match, text, defaults) =>
      finishWithoutYear(Number(match[1]), Number(match[2]), toClock(match, 3), match.index + match[0].length, text, defaults),
  },
  {
    id: 'TAI64N label',
    pattern: /@4[0-9a-f]{23}(?![0-9a-f])/y,
    toNs: (match) => {
      const seconds = BigInt(`0x${match[0].slice(2, 17)}`);
      // TAI was 10 s ahead of UTC in 1970, the convention of libtai without a leap-second table.
      return { ns: (seconds - 10n) * 1_000_000_000n + BigInt(parseInt(match[0].slice(17), 16)), end: match.index + match[0].length };
    },
  },
  {
    id: 'epoch seconds, ms, µs or ns',
    pattern: /1\d{9}(?:\d{3}){0,3}(?:\.\d{1,9})?(?![\d.]*\d)/y,
    toNs: (match) => {
      const ns = findEpochNs(match[0]);
      return ns === undefined ? undefined : { ns, end: match.index + match[0].length };
    },
  },
  {
    id: 'HH:mm:ss.fff without a date: of the day of the file',
    pattern: new RegExp(`${CLOCK}(?!\\d)`, 'y'),
    toNs: (match, text, defaults) => {
      const day = new Date(Number(defaults.latestNs / 1_000_000n) + defaults.offsetMinutes * 60_000);
      const clock = toClock(match, 1);
      return finish(day.getUTCFullYear(), day.getUTCMonth() + 1, day.getUTCDate(), clock, match.index + match[0].length, text, defaults);
    },
  },
];

/** Index of the layout whose order of month and day differs between files. */
export const SLASH_DATE_LAYOUT = LAYOUTS.findIndex(({ id }) => id.startsWith('MM/dd/yyyy or'));

/** Index of the layout that has no date: times wrap at midnight. */
export const DATELESS_LAYOUT = LAYOUTS.length - 1;

/** Where a timestamp may begin: a digit, a month or weekday name, klog's letter or a TAI64 label, not inside a word or number. */
const TIME_START = /(?<![A-Za-z0-9.])(?=\d|@4|[A-Z][a-z]{2}[ ,]|[IWEFD]\d{4} )/g;

/**
 * First timestamp of a line, at most `MAX_TIME_COLUMN` characters from its start.
 * @param hint place of the timestamp in the line before: tried first, since lines of one file look alike
 */
export function findTextTime(line: string, defaults: TimeDefaults, hint: FoundTime | undefined): FoundTime | undefined {
  // The column may fall inside a date whose day has two digits here and one there.
  if (hint !== undefined && !/[A-Za-z0-9.]/.test(line.charAt(hint.start - 1))) {
    const found = tryLayout(line, hint.start, hint.layout, defaults);
    if (found !== undefined) {
      return found;
    }
  }
  TIME_START.lastIndex = 0;
  let best: FoundTime | undefined;
  for (let match = TIME_START.exec(line); match !== null && match.index <= MAX_TIME_COLUMN; match = TIME_START.exec(line)) {
    TIME_START.lastIndex = match.index + 1;
    for (let layout = 0; layout < LAYOUTS.length; layout++) {
      const found = tryLayout(line, match.index, layout, defaults);
      if (found !== undefined) {
        if (layout !== DATELESS_LAYOUT) {
          return found;
        }
        // Digits before it are a date in a layout that is not known: its own day would be wrong.
        best ??= /\d/.test(line.slice(0, match.index)) ? undefined : found;
      }
    }
  }
  return best;
}

function tryLayout(line: string, start: number, layout: number, defaults: TimeDefaults): FoundTime | undefined {
  const entry = LAYOUTS[layout];
  if (entry === undefined) {
    return undefined;
  }
  entry.pattern.lastIndex = start;
  const match = entry.pattern.exec(line);
  const found = match === null ? undefined : entry.toNs(match, line, defaults);
  return found === undefined ? undefined : { ns: found.ns, start, end: found.end, layout };
}
