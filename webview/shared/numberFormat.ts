/** Numbers as a person reads them. Anything that is not finite becomes an en dash. */

const NO_NUMBER = '–';

/** Two decimals; never `1.00` or `0.00` for a probability that is not exactly that. */
export function formatProbability(p: number): string {
  if (!Number.isFinite(p)) {
    return NO_NUMBER;
  }
  if (p > 0.99 && p < 1) {
    return '>0.99';
  }
  if (p < 0.01 && p > 0) {
    return '<0.01';
  }
  return p.toFixed(2);
}

/** Words for a calibrated probability: the scale of the IPCC's uncertainty guidance (2010), which readers use consistently. */
export function probabilityWords(p: number): string {
  if (!Number.isFinite(p)) {
    return 'not known';
  }
  if (p >= 0.99) {
    return 'almost certain';
  }
  if (p >= 0.9) {
    return 'very likely';
  }
  if (p >= 0.66) {
    return 'likely';
  }
  if (p >= 0.33) {
    return 'about as likely as not';
  }
  if (p >= 0.1) {
    return 'unlikely';
  }
  return p >= 0.01 ? 'very unlikely' : 'almost excluded';
}

const COUNT_STEPS = [
  { limit: 1e9, unit: 'G' },
  { limit: 1e6, unit: 'M' },
  { limit: 1e3, unit: 'k' },
] as const;

/** `987`, `12.4k`, `3.1M`: three digits are enough to compare by eye. */
export function formatCount(count: number): string {
  if (!Number.isFinite(count)) {
    return NO_NUMBER;
  }
  for (const { limit, unit } of COUNT_STEPS) {
    if (Math.abs(count) >= limit) {
      const scaled = count / limit;
      return `${scaled.toFixed(Math.abs(scaled) >= 100 ? 0 : 1)}${unit}`;
    }
  }
  return String(Math.abs(count) >= 10 || Number.isInteger(count) ? Math.round(count) : Number(count.toFixed(1)));
}

export function formatPercent(share: number): string {
  return Number.isFinite(share) ? `${Math.round(share * 100)} %` : NO_NUMBER;
}

export function pluralise(count: number, singular: string, plural = `${singular}s`): string {
  return `${formatCount(count)} ${count === 1 ? singular : plural}`;
}

/** For numbers that crossed a message channel, where NaN becomes null. */
export function finiteOr(value: number | null | undefined, fallback: number): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : fallback;
}
