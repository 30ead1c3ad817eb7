/** Settings of `package.json` as typed values. A value that cannot be used falls back to its default and is reported, never ignored. */
import type { EmbedParams, ProviderChoice } from '../../protocol/views.js';
import { l10n } from '../localize.js';

export interface Settings {
  /** Slice length in ms, or `auto`. */
  readonly window: 'auto' | number;
  readonly provider: ProviderChoice;
  /** IANA zone name. */
  readonly timeZone: string;
  /** Minutes east of UTC for timestamps without a zone. */
  readonly utcOffsetMinutes: number;
  /** Offered when a range is labelled. */
  readonly failureTypes: readonly string[];
}

export interface RawSettings {
  readonly window: unknown;
  readonly executionProvider: unknown;
  readonly timeZone: unknown;
  readonly utcOffset: unknown;
  readonly failureTypes: unknown;
}

const PROVIDER_CHOICES: readonly ProviderChoice[] = ['auto', 'cpu', 'webgpu', 'cuda', 'dml', 'coreml'];
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000 };

/** Bounds of a slice: below a base bin there is nothing to tell apart, above an hour an incident drowns. */
export const MIN_WINDOW_MS = 10_000;
export const MAX_WINDOW_MS = 3_600_000;

/** @returns milliseconds, or undefined when `text` is no duration such as `60s`, `1.5 m`, `500ms`. */
export function findDurationMs(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|min|h)$/.exec(text.trim());
  const factor = UNIT_MS[match?.[2] ?? ''];
  return match === null || factor === undefined ? undefined : Math.round(Number(match[1]) * factor);
}

/** @returns minutes east of UTC, or undefined when `text` is neither `Z` nor an offset such as `+08:00`. */
export function findUtcOffsetMinutes(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^(?:z|utc)$/i.test(trimmed)) {
    return 0;
  }
  const match = /^([+-])(\d{2}):?(\d{2})$/.exec(trimmed);
  if (match === null) {
    return undefined;
  }
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  // UTC-12 to UTC+14 are in use; minutes stop at 59.
  return Number(match[3]) > 59 || minutes > 14 * 60 ? undefined : match[1] === '-' ? -minutes : minutes;
}

/** @param localZone asked only when it is needed: loading `Intl` takes longer than the rest of the activation. @returns an IANA name that `Intl` knows, or undefined. */
export function findTimeZone(text: string, localZone: () => string): string | undefined {
  const trimmed = text.trim();
  if (/^utc$/i.test(trimmed)) {
    return 'UTC';
  }
  if (/^local$/i.test(trimmed)) {
    return localZone();
  }
  try {
    return new Intl.DateTimeFormat('en', { timeZone: trimmed }).resolvedOptions().timeZone;
  } catch {
    // RangeError is how Intl says that it does not know the zone; the caller reports it.
    return undefined;
  }
}

/** @param report called once for each value that could not be used, with a line for the user. */
export function toSettings(raw: RawSettings, localZone: () => string, report: (problem: string) => void): Settings {
  const use = <T>(value: unknown, name: string, expected: string, fallback: T, find: (text: string) => T | undefined): T => {
    if (value === undefined) {
      return fallback;
    }
    const found = typeof value === 'string' ? find(value) : undefined;
    if (found === undefined) {
      report(l10n.t('Setting {0} is {1}; expected {2}. The default is used.', `runtimeSlicer.${name}`, JSON.stringify(value), expected));
      return fallback;
    }
    return found;
  };
  const failureTypes = Array.isArray(raw.failureTypes) ? (raw.failureTypes as unknown[]) : [];
  const usable = failureTypes.filter((type) => typeof type === 'string').filter((type) => type.trim() !== '');
  if (usable.length < failureTypes.length || (raw.failureTypes !== undefined && !Array.isArray(raw.failureTypes))) {
    report(l10n.t('Setting {0} is to be a list of texts; entries that are none are left out.', 'runtimeSlicer.failureTypes'));
  }
  return {
    failureTypes: usable,
    window: use<'auto' | number>(raw.window, 'window', l10n.t('"auto" or a duration from 10s to 1h'), 'auto', (text) => {
      const ms = findDurationMs(text);
      if (ms === undefined) {
        return text.trim() === 'auto' ? 'auto' : undefined;
      }
      return ms >= MIN_WINDOW_MS && ms <= MAX_WINDOW_MS ? ms : undefined;
    }),
    provider: use<ProviderChoice>(raw.executionProvider, 'executionProvider', PROVIDER_CHOICES.join(', '), 'auto', (text) =>
      PROVIDER_CHOICES.find((choice) => choice === text),
    ),
    timeZone: use(raw.timeZone, 'timeZone', l10n.t('"utc", "local" or an IANA name such as "Europe/Berlin"'), 'UTC', (text) =>
      findTimeZone(text, localZone),
    ),
    utcOffsetMinutes: use(raw.utcOffset, 'utcOffset', l10n.t('"Z" or an offset such as "+08:00"'), 0, findUtcOffsetMinutes),
  };
}

export function toEmbedParams(paths: readonly string[], settings: Settings): EmbedParams {
  return { paths, window: settings.window, provider: settings.provider, utcOffsetMinutes: settings.utcOffsetMinutes };
}
