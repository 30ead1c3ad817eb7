/**
 * Times as telemetry files write them, exact to the nanosecond: epoch numbers (unit by magnitude), ISO 8601 and its relatives.
 */
const NS_PER_SECOND = 1_000_000_000n;

/** Bounds between the units of an epoch number: valid for 1973–5138 in seconds, and alike in the others. */
const MAX_SECONDS = 1e11;
const MAX_MILLIS = 1e14;
const MAX_MICROS = 1e17;

export interface ReadTime {
  readonly ns: bigint;
  /** Index after the last character that belongs to the time. */
  readonly end: number;
  /** False when no zone was written and the caller's offset was used. */
  readonly zoned: boolean;
}

const EPOCH = /^\s*([+-]?\d{1,19})(?:[.,](\d{1,18}))?(?:[eE]([+-]?\d{1,2}))?\s*$/;

/** Epoch number whose unit (s, ms, µs, ns) follows from its magnitude. */
export function findEpochNs(text: string): bigint | undefined {
  const match = EPOCH.exec(text);
  if (match === null) {
    return undefined;
  }
  const [, whole = '', fraction = '', exponent] = match;
  if (exponent !== undefined) {
    return findEpochNsOfNumber(Number(text));
  }
  const magnitude = Math.abs(Number(whole));
  const digits = magnitude < MAX_SECONDS ? 9 : magnitude < MAX_MILLIS ? 6 : magnitude < MAX_MICROS ? 3 : 0;
  const scaled = BigInt(whole) * 10n ** BigInt(digits);
  const rest = digits === 0 || fraction === '' ? 0n : BigInt(fraction.slice(0, digits).padEnd(digits, '0'));
  return whole.startsWith('-') ? scaled - rest : scaled + rest;
}

/** Loses what a double loses: about 0.2 µs for seconds with fraction, nothing for whole numbers below 2^53. */
export function findEpochNsOfNumber(value: number): bigint | undefined {
  const magnitude = Math.abs(value);
  if (!Number.isFinite(value)) {
    return undefined;
  }
  if (magnitude < MAX_SECONDS) {
    const seconds = Math.floor(value);
    return BigInt(seconds) * NS_PER_SECOND + BigInt(Math.round((value - seconds) * 1e9));
  }
  const unit = magnitude < MAX_MILLIS ? 1e6 : magnitude < MAX_MICROS ? 1e3 : 1;
  const units = Math.floor(value);
  return BigInt(units) * BigInt(unit) + BigInt(Math.round((value - units) * unit));
}

/** Days since 1970-01-01 of a proleptic Gregorian date. Source: H. Hinnant, "chrono-compatible low-level date algorithms". */
function toDays(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * 146097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719468;
}

const MONTH_DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** @returns undefined for a date or time of day that does not exist (a leap second counts as the second after). */
export function findNsOfFields(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
  nanos: number,
  offsetMinutes: number,
): bigint | undefined {
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= (MONTH_DAYS[month - 1] ?? 0) && hour <= 24 && minute <= 59 && second <= 60)) {
    return undefined;
  }
  const seconds = toDays(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offsetMinutes * 60;
  return BigInt(seconds) * NS_PER_SECOND + BigInt(nanos);
}

/**
 * `2023-01-29T09:35:38.387636821Z`, `2023-01-29 08:41:10.395170792 +0000 UTC m=+1.4`, `2014/02/26 22:05:00,123`, `2014-02-26`.
 * @param offsetMinutes east of UTC, for times without a zone
 */
export function findIsoTime(text: string, start: number, offsetMinutes: number): ReadTime | undefined {
  const year = digits(text, start, 4);
  const dateSeparator = text.charCodeAt(start + 4);
  const month = digits(text, start + 5, 2);
  const day = digits(text, start + 8, 2);
  if (year < 0 || month < 0 || day < 0 || text.charCodeAt(start + 7) !== dateSeparator || !isDateSeparator(dateSeparator)) {
    return undefined;
  }
  let at = start + 10;
  const joint = text.charCodeAt(at);
  const hour = joint === 0x54 || joint === 0x74 || joint === 0x20 || joint === 0x5f ? digits(text, at + 1, 2) : -1;
  const minute = hour < 0 || text.charCodeAt(at + 3) !== 0x3a ? -1 : digits(text, at + 4, 2);
  if (minute < 0) {
    const ns = findNsOfFields(year, month, day, 0, 0, 0, 0, offsetMinutes);
    return ns === undefined || isDigit(text.charCodeAt(at)) ? undefined : { ns, end: at, zoned: false };
  }
  at += 6;
  let second = 0;
  let nanos = 0;
  if (text.charCodeAt(at) === 0x3a) {
    second = digits(text, at + 1, 2);
    if (second < 0) {
      return undefined;
    }
    at += 3;
    const point = text.charCodeAt(at);
    if ((point === 0x2e || point === 0x2c) && isDigit(text.charCodeAt(at + 1))) {
      at++;
      let scale = 100_000_000;
      for (; isDigit(text.charCodeAt(at)); at++) {
        nanos += (text.charCodeAt(at) - 48) * scale;
        scale = Math.floor(scale / 10);
      }
    }
  }
  const zone = findZone(text, at);
  const ns = findNsOfFields(year, month, day, hour, minute, second, nanos, zone?.minutes ?? offsetMinutes);
  return ns === undefined ? undefined : { ns, end: zone?.end ?? at, zoned: zone !== undefined };
}

/** Zones that mean the same everywhere, and the North American and Central European ones that loggers write. */
const NAMED_ZONES: ReadonlyMap<string, number> = new Map([
  ['UTC', 0],
  ['GMT', 0],
  ['EST', -300],
  ['EDT', -240],
  ['CDT', -300],
  ['MST', -420],
  ['MDT', -360],
  ['PST', -480],
  ['PDT', -420],
  ['CET', 60],
  ['CEST', 120],
  ['BST', 60],
  ['JST', 540],
]);

/** `Z`, `+08:00`, ` +0000 UTC`, ` PDT` at `start`. */
export function findZone(text: string, start: number): { readonly minutes: number; readonly end: number } | undefined {
  const first = text.charCodeAt(start);
  if (first === 0x5a || first === 0x7a) {
    return { minutes: 0, end: start + 1 };
  }
  const at = first === 0x20 ? start + 1 : start;
  const sign = text.charCodeAt(at);
  if (sign === 0x2b || sign === 0x2d) {
    const hours = digits(text, at + 1, 2);
    const colon = text.charCodeAt(at + 3) === 0x3a ? 1 : 0;
    const minutes = hours < 0 ? -1 : digits(text, at + 3 + colon, 2);
    if (hours < 0 || hours > 15 || (minutes < 0 && colon === 1) || minutes > 59) {
      return undefined;
    }
    const end = minutes < 0 ? at + 3 : at + 5 + colon;
    if (isDigit(text.charCodeAt(end))) {
      return undefined;
    }
    return { minutes: (sign === 0x2d ? -1 : 1) * (hours * 60 + Math.max(minutes, 0)), end };
  }
  if (at === start || !isUpper(sign)) {
    return undefined;
  }
  let end = at;
  while (end < at + 5 && isUpper(text.charCodeAt(end))) {
    end++;
  }
  const minutes = NAMED_ZONES.get(text.slice(at, end));
  return minutes === undefined ? undefined : { minutes, end };
}

/** A whole cell or field that is a time: ISO-like or an epoch number. */
export function findTimeNs(text: string, offsetMinutes: number): bigint | undefined {
  const trimmed = text.trim();
  if (trimmed.length >= 10 && isDateSeparator(trimmed.charCodeAt(4))) {
    return findIsoTime(trimmed, 0, offsetMinutes)?.ns;
  }
  return findEpochNs(trimmed);
}

/** Value of a JSON field that is a time. */
export function findTimeNsOfField(value: unknown, offsetMinutes: number): bigint | undefined {
  return typeof value === 'number' ? findEpochNsOfNumber(value) : typeof value === 'string' ? findTimeNs(value, offsetMinutes) : undefined;
}

/** Number of `count` ASCII digits at `at`, -1 when one of them is no digit. */
function digits(text: string, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (!(digit >= 0 && digit <= 9)) {
      return -1;
    }
    value = value * 10 + digit;
  }
  return value;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isUpper(code: number): boolean {
  return code >= 65 && code <= 90;
}

function isDateSeparator(code: number): boolean {
  return code === 0x2d || code === 0x2f || code === 0x2e;
}
