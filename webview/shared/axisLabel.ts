import { formatDay, zoneName } from './timeFormat.js';

/** `Sun 29 Jan · UTC`: what the ticks of an axis leave out. Over several days the ticks name the day, so only the zone is left. */
export function axisLabel(startMs: number, endMs: number, timeZone: string): string {
  const day = formatDay(startMs, timeZone);
  const startZone = zoneName(startMs, timeZone);
  const endZone = zoneName(endMs, timeZone);
  const zone = startZone === endZone ? startZone : `${startZone} → ${endZone}`;
  return day === formatDay(endMs, timeZone) ? `${day} · ${zone}` : `from ${day} · ${zone}`;
}
