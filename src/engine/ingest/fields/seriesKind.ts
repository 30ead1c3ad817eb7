import type { SeriesKind } from '../../../core/records.js';

/** Prometheus naming: `_total`, `_count`, `_sum` and `_bucket` are cumulative. */
export function toPrometheusKind(metric: string): SeriesKind {
  return /_(?:total|count|sum|bucket)$/.test(metric) ? 'counter' : 'gauge';
}

/** In tables of any origin `_count` and `_sum` are as often counts of one interval; only what Prometheus alone writes is cumulative. */
export function toTableKind(metric: string): SeriesKind {
  return /_(?:total|bucket)$/.test(metric) ? 'counter' : 'gauge';
}

/** `code="500",method="GET"`: sorted by name, quotes and backslashes escaped. */
export function toLabelText(labels: readonly (readonly [string, string])[]): string {
  return labels
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}="${value.replace(/[\\"]/g, '\\$&')}"`)
    .sort()
    .join(',');
}
