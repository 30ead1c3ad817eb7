/**
 * Sentences of the engine name instants as `{<epoch ns>}`, because only the one who shows them knows the reader's time zone.
 * `Abnormal from {1674981784000000000} to {1674981960000000000}`.
 */

const INSTANT = /\{(\d{1,19})\}/gu;

/** Puts a formatted time in the place of every instant. */
export function renderInstants(text: string, format: (ns: bigint) => string): string {
  return text.replace(INSTANT, (_, digits: string) => format(BigInt(digits)));
}
