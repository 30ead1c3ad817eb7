/** Times, ranges, numbers and probabilities as a person reads them. */
import { floorTo, NS_PER_MS, toEpochMs } from '../core/time.js';
import { renderInstants } from '../protocol/instants.js';
import type { NsString } from '../protocol/views.js';

const dateTimeFormats = new Map<string, Intl.DateTimeFormat>();

function dateTimeFormat(zone: string): Intl.DateTimeFormat {
  let format = dateTimeFormats.get(zone);
  if (format === undefined) {
    // sv-SE writes `2024-03-01 08:43:10`.
    format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
    dateTimeFormats.set(zone, format);
  }
  return format;
}

/** @returns `2024-03-01 08:43:10` in `zone` (an IANA name); fractions of a second are cut off. */
export function toDateTimeText(ns: NsString, zone: string): string {
  // Whole milliseconds by integers: as a double, 59.999999999 s is 60 s.
  return dateTimeFormat(zone).format(Number(floorTo(BigInt(ns), NS_PER_MS) / NS_PER_MS));
}

/** @returns `08:43:10` in `zone`. */
export function toTimeText(ns: NsString, zone: string): string {
  return toDateTimeText(ns, zone).slice(11);
}

/** @returns `08:43:10 – 08:44:10`, with dates where the range crosses midnight. */
export function toRangeText(startNs: NsString, endNs: NsString, zone: string): string {
  const start = toDateTimeText(startNs, zone);
  const end = toDateTimeText(endNs, zone);
  return start.slice(0, 10) === end.slice(0, 10) ? `${start.slice(11)} – ${end.slice(11)}` : `${start} – ${end}`;
}

/** @returns `08:43–08:46` for narrow places; with seconds only where the minutes would say nothing, with the date where it differs. */
export function toShortRangeText(startNs: NsString, endNs: NsString, zone: string): string {
  const start = toDateTimeText(startNs, zone);
  const end = toDateTimeText(endNs, zone);
  const length = start.slice(11, 16) === end.slice(11, 16) ? 19 : 16;
  return `${start.slice(11, length)}–${end.slice(start.slice(0, 10) === end.slice(0, 10) ? 11 : 0, length)}`;
}

/** @returns `UTC`, or the zone's name with its offset at `atNs`: `Europe/Berlin (GMT+1)`. */
export function toZoneText(zone: string, atNs: NsString): string {
  if (zone === 'UTC') {
    return 'UTC';
  }
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeZoneName: 'shortOffset' }).formatToParts(toEpochMs(BigInt(atNs)));
  const offset = parts.find((part) => part.type === 'timeZoneName')?.value;
  return offset === undefined ? zone : `${zone} (${offset})`;
}

/** A sentence of the engine with its instants as times in `zone`; the zone is named once, after the last one. */
export function toZonedText(sentence: string, zone: string): string {
  const instants: bigint[] = [];
  renderInstants(sentence, (ns) => {
    instants.push(ns);
    return '';
  });
  const first = instants[0]?.toString() ?? '0';
  const sameDay = instants.every((ns) => toDateTimeText(ns.toString(), zone).slice(0, 10) === toDateTimeText(first, zone).slice(0, 10));
  let index = 0;
  return renderInstants(sentence, (ns) => {
    index += 1;
    const time = sameDay ? toTimeText(ns.toString(), zone) : toDateTimeText(ns.toString(), zone);
    return index === instants.length ? `${time} ${toZoneText(zone, ns.toString())}` : time;
  });
}

/** @param p probability in [0, 1]. @returns `97 %`; never 0 % or 100 % for what is not certain. */
export function toPercentText(p: number): string {
  if (p > 0 && p < 0.01) {
    return '< 1 %';
  }
  if (p < 1 && p > 0.99) {
    return '> 99 %';
  }
  return `${Math.round(p * 100)} %`;
}

export function toBytesText(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit] ?? ''}`;
}

/** `12 345 678`: thousands apart by a narrow space, which no locale reads as a decimal sign. */
export function toCountText(count: number): string {
  return Math.round(count)
    .toString()
    .replaceAll(/\B(?=(\d{3})+$)/g, '\u202f');
}
