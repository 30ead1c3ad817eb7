/** Time in RuntimeSlicer: nanoseconds since the Unix epoch as a branded bigint, ranges half-open. */

declare const epochNsBrand: unique symbol;

/** Nanoseconds since 1970-01-01T00:00:00Z, exact. */
export type EpochNs = bigint & { readonly [epochNsBrand]: true };

/** Half-open time window `[startNs, endNs)`. */
export interface TimeRange {
  readonly startNs: EpochNs;
  readonly endNs: EpochNs;
}

export const NS_PER_MS = 1_000_000n;
export const NS_PER_SECOND = 1_000_000_000n;
export const NS_PER_MINUTE = 60_000_000_000n;

export function toEpochNs(ns: bigint): EpochNs {
  return ns as EpochNs;
}

/** Milliseconds since the epoch; loses what is below one millisecond's double precision (about 0.2 µs today). */
export function toEpochMs(ns: bigint): number {
  return Number(ns / NS_PER_MS) + Number(ns % NS_PER_MS) / 1e6;
}

/** Largest multiple of `stepNs` that is `<= ns`, also for times before the epoch. */
export function floorTo(ns: bigint, stepNs: bigint): EpochNs {
  const rest = ns % stepNs;
  return (rest < 0n ? ns - rest - stepNs : ns - rest) as EpochNs;
}

const ISO_PATTERN = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9})\d*)?)?\s*(Z|[+-]\d{2}:?\d{2})?)?$/;

/**
 * Parses an ISO 8601 instant (UTC when no zone is given) or epoch nanoseconds.
 * @returns undefined when `text` is neither.
 */
export function findInstant(text: string): EpochNs | undefined {
  const trimmed = text.trim();
  if (/^-?\d{16,19}$/.test(trimmed)) {
    return BigInt(trimmed) as EpochNs;
  }
  const match = ISO_PATTERN.exec(trimmed);
  if (match === null) {
    return undefined;
  }
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] = match;
  const ms = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  const valid = Number(month) >= 1 && Number(month) <= 12 && Number(hour) <= 24 && Number(minute) <= 59 && Number(second) <= 60;
  if (!valid || new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() !== Number(day)) {
    return undefined;
  }
  return (BigInt(ms) * NS_PER_MS + BigInt(fraction.padEnd(9, '0')) - BigInt(toOffsetMinutes(zone)) * NS_PER_MINUTE) as EpochNs;
}

/** Minutes east of UTC of `Z`, `+08:00` or `+0800`. */
function toOffsetMinutes(zone: string): number {
  if (zone === 'Z') {
    return 0;
  }
  const sign = zone.startsWith('-') ? -1 : 1;
  const digits = zone.slice(1).replace(':', '');
  return sign * (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2)));
}

/** ISO 8601 UTC with as many fraction digits as needed (0, 3, 6 or 9). */
export function toIso(ns: bigint): string {
  const seconds = floorTo(ns, NS_PER_SECOND);
  const rest = ns - seconds;
  const base = new Date(Number(seconds / NS_PER_MS)).toISOString().slice(0, 19);
  if (rest === 0n) {
    return `${base}Z`;
  }
  const digits = rest.toString().padStart(9, '0');
  const kept = digits.endsWith('000000') ? 3 : digits.endsWith('000') ? 6 : 9;
  return `${base}.${digits.slice(0, kept)}Z`;
}
