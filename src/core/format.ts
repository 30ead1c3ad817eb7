/** Numbers, durations and probabilities as a person reads them. */

/** At most three significant digits below 1000, whole numbers with thin groups above: `0.42`, `17.3`, `12 400`. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) {
    return 'unknown';
  }
  const size = Math.abs(value);
  // 999.5 and more would round to 1000.
  if (size >= 999.5) {
    return Math.round(value)
      .toString()
      .replace(/\B(?=(\d{3})+(?!\d))/gu, '\u202f');
  }
  return Number.isInteger(value) ? value.toString() : Number(value.toPrecision(size < 0.01 ? 2 : 3)).toString();
}

/** @param ns >= 0 */
export function formatDuration(ns: number): string {
  if (ns < 1e3) {
    return `${formatNumber(Math.round(ns))} ns`;
  }
  if (ns < 999.5e3) {
    return `${formatNumber(ns / 1e3)} µs`;
  }
  if (ns < 999.5e6) {
    return `${formatNumber(ns / 1e6)} ms`;
  }
  if (ns < 120e9) {
    return `${formatNumber(ns / 1e9)} s`;
  }
  return ns < 7200e9 ? `${formatNumber(ns / 60e9)} min` : `${formatNumber(ns / 3600e9)} h`;
}

/** Two digits, never a false 0 or 1: `0.97`, `> 0.99`. */
export function formatProbability(p: number): string {
  if (p > 0.99) {
    return '> 0.99';
  }
  return p < 0.01 ? '< 0.01' : p.toFixed(2);
}
