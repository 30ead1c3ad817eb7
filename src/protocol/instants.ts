/**
 * Sentences of the engine name instants as `{<epoch ns>}`, because only the one who shows them knows the reader's time zone.
 * `Abnormal from {1674981784000000000} to {1674981960000000000}`.
 */

/** 16 digits are 1970-04-26 and later: `{0}` in a log template is none. */
const INSTANT = /\{(\d{16,19})\}/gu;

/** Puts a formatted time in the place of every instant. */
export function renderInstants(text: string, format: (ns: bigint) => string): string {
  return text.replace(INSTANT, (_, digits: string) => format(BigInt(digits)));
}
