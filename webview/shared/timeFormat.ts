/** Instants and durations as text. Times are epoch milliseconds; the zone is an IANA name and always shown with a time. */

const formats = new Map<string, Intl.DateTimeFormat>();

/** Formatters are slow to build (about 50 µs), so one is kept for each zone and set of options. */
function formatFor(timeZone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${timeZone} ${JSON.stringify(options)}`;
  let format = formats.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', { ...options, timeZone: knownZone(timeZone), hourCycle: 'h23' });
    formats.set(key, format);
  }
  return format;
}

/** The zone itself, or UTC when the runtime does not know its name: a wrong setting must not blank the panel. */
export function knownZone(timeZone: string): string {
  try {
    return new Intl.DateTimeFormat('en-GB', { timeZone }).resolvedOptions().timeZone;
  } catch {
    return 'UTC';
  }
}

/** Milliseconds east of UTC at `epochMs`. */
export function zoneOffsetMs(epochMs: number, timeZone: string): number {
  const whole = Math.floor(epochMs / 1000) * 1000;
  const fields = new Map(
    formatFor(timeZone, {
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
      .formatToParts(whole)
      .map((part) => [part.type, Number(part.value)]),
  );
  const field = (name: Intl.DateTimeFormatPartTypes): number => fields.get(name) ?? 0;
  return Date.UTC(field('year'), field('month') - 1, field('day'), field('hour'), field('minute'), field('second')) - whole;
}

/** `UTC`, `CET`, `GMT+8`. */
export function zoneName(epochMs: number, timeZone: string): string {
  const parts = formatFor(timeZone, { timeZoneName: 'short' }).formatToParts(epochMs);
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? timeZone;
}

export type TimePrecision = 'minute' | 'second' | 'millisecond';

/** `08:43`, `08:43:10`, `08:43:10.250`. */
export function formatTime(epochMs: number, timeZone: string, precision: TimePrecision = 'second'): string {
  if (!Number.isFinite(epochMs)) {
    return '–';
  }
  const base = formatFor(timeZone, {
    hour: '2-digit',
    minute: '2-digit',
    ...(precision === 'minute' ? {} : { second: '2-digit' }),
  }).format(epochMs);
  if (precision !== 'millisecond') {
    return base;
  }
  const fraction = Math.floor(((epochMs % 1000) + 1000) % 1000);
  return `${base}.${String(fraction).padStart(3, '0')}`;
}

/** `Sun 29 Jan`. */
export function formatDay(epochMs: number, timeZone: string): string {
  return formatFor(timeZone, { weekday: 'short', day: 'numeric', month: 'short' }).format(epochMs).replace(',', '');
}

/** `2023-01-29`. */
export function formatDate(epochMs: number, timeZone: string): string {
  const [day, month, year] = formatFor(timeZone, { year: 'numeric', month: '2-digit', day: '2-digit' }).format(epochMs).split('/');
  return `${year ?? ''}-${month ?? ''}-${day ?? ''}`;
}

/** `08:43:10–08:46:00`; with days when the range crosses midnight. No zone: the caller shows it once beside. */
export function formatTimeRange(startMs: number, endMs: number, timeZone: string): string {
  const startDay = formatDay(startMs, timeZone);
  const endDay = formatDay(endMs, timeZone);
  if (startDay === endDay) {
    return `${formatTime(startMs, timeZone)}–${formatTime(endMs, timeZone)}`;
  }
  return `${startDay} ${formatTime(startMs, timeZone)} – ${endDay} ${formatTime(endMs, timeZone)}`;
}

const DURATION_UNITS = [
  { ms: 86_400_000, name: 'd' },
  { ms: 3_600_000, name: 'h' },
  { ms: 60_000, name: 'min' },
  { ms: 1000, name: 's' },
] as const;

/** The two largest units: `2 min 50 s`, `1 h 5 min`, `450 ms`. */
export function formatDuration(durationMs: number): string {
  if (!Number.isFinite(durationMs)) {
    return '–';
  }
  if (durationMs < 1000) {
    return `${Math.round(durationMs)} ms`;
  }
  let rest = Math.round(durationMs / 1000) * 1000;
  const parts: string[] = [];
  for (const { ms, name } of DURATION_UNITS) {
    const count = Math.floor(rest / ms);
    if (count > 0) {
      parts.push(`${count} ${name}`);
      rest -= count * ms;
    } else if (parts.length > 0) {
      break;
    }
    if (parts.length === 2) {
      break;
    }
  }
  return parts.join(' ');
}
