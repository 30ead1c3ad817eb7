import { formatDay, formatTime, zoneName, zoneOffsetMs } from './timeFormat.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Distances between ticks that divide the next larger unit, in ms. */
const STEPS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 7, 14, 28, 91, 364].map((n) => n * DAY),
] as const;

export interface TimeTick {
  /** Epoch ms. */
  readonly atMs: number;
  readonly label: string;
  /** First tick of a day in the zone, or the first after the clocks changed. */
  readonly major: boolean;
}

/**
 * Ticks at round local times of a zone, in order. Where clocks go forward the missing times have no tick; where they go back the
 * repeated times have two, and the first after the change names the zone.
 * @param maxTicks at least 1; fewer are returned when round times are sparse.
 * @returns empty when the range is empty or not finite.
 */
export function timeTicks(startMs: number, endMs: number, timeZone: string, maxTicks: number): readonly TimeTick[] {
  const spanMs = endMs - startMs;
  if (!(spanMs > 0) || !Number.isFinite(spanMs)) {
    return [];
  }
  const stepMs = STEPS.find((step) => spanMs / step <= Math.max(1, maxTicks)) ?? 364 * DAY;
  const offsets = offsetsWithin(startMs, endMs, timeZone);
  const instants = new Set<number>();
  for (const offset of offsets) {
    const first = Math.ceil((startMs + offset) / stepMs) * stepMs;
    for (let local = first; local - offset < endMs; local += stepMs) {
      const atMs = local - offset;
      if (offsets.length === 1 || zoneOffsetMs(atMs, timeZone) === offset) {
        instants.add(atMs);
      }
    }
  }
  return labelTicks(
    [...instants].sort((a, b) => a - b),
    stepMs,
    timeZone,
  );
}

/** The distinct offsets of a zone over a range. Sampled at 64 places and both ends: zones change far less often than that. */
function offsetsWithin(startMs: number, endMs: number, timeZone: string): readonly number[] {
  const first = zoneOffsetMs(startMs, timeZone);
  const last = zoneOffsetMs(endMs, timeZone);
  // Clocks that change twice within less than a month do not occur, so equal ends mean no change.
  if (first === last && endMs - startMs < 28 * DAY) {
    return [first];
  }
  const offsets = new Set([first, last]);
  for (let sample = 1; sample < 64; sample++) {
    offsets.add(zoneOffsetMs(startMs + ((endMs - startMs) * sample) / 64, timeZone));
  }
  return [...offsets];
}

function labelTicks(instants: readonly number[], stepMs: number, timeZone: string): readonly TimeTick[] {
  let previousDay = '';
  let previousOffset: number | undefined;
  return instants.map((atMs, index) => {
    const day = formatDay(atMs, timeZone);
    const offset = zoneOffsetMs(atMs, timeZone);
    const clocksChanged = previousOffset !== undefined && previousOffset !== offset;
    const newDay = day !== previousDay && index > 0;
    previousDay = day;
    previousOffset = offset;
    if (stepMs >= DAY) {
      return { atMs, label: day, major: false };
    }
    const time = formatTime(atMs, timeZone, stepMs < SECOND ? 'millisecond' : stepMs < MINUTE ? 'second' : 'minute');
    if (clocksChanged) {
      return { atMs, label: `${time} ${zoneName(atMs, timeZone)}`, major: true };
    }
    return newDay ? { atMs, label: day, major: true } : { atMs, label: time, major: false };
  });
}
