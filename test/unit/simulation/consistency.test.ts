import { describe, expect, it } from 'vitest';
import { readIncident } from './readIncident.js';
import type { ReadIncident, ReadSpan } from './readIncident.js';

/** What began in the last seconds may not have ended when the run stops. */
const TAIL_MS = 15_000;
const MINUTES = 8;
const END_MS = MINUTES * 60_000;

function calmRandomSystem(seed: number): ReadIncident {
  return readIncident({ seed, minutes: MINUTES, services: 14, requestsPerSecond: 3, faults: 0, withDistractors: false });
}

function byTrace(spans: readonly ReadSpan[]): Map<string, ReadSpan[]> {
  const traces = Map.groupBy(spans, ({ traceId }) => traceId);
  for (const [traceId, members] of traces) {
    if (members.some(({ startMs }) => startMs > END_MS - TAIL_MS)) {
      traces.delete(traceId);
    }
  }
  return traces;
}

describe.each([1, 2, 3])('consistency of a calm random system, seed %i', (seed) => {
  const incident = calmRandomSystem(seed);

  it('has one root in each trace and the parent of every other span', () => {
    for (const spans of byTrace(incident.spans).values()) {
      const ids = new Set(spans.map(({ spanId }) => spanId));
      expect(ids.size).toBe(spans.length);
      expect(spans.filter(({ parentId }) => parentId === '')).toHaveLength(1);
      expect(spans.filter(({ parentId }) => parentId !== '' && !ids.has(parentId))).toEqual([]);
    }
  });

  it('keeps children inside their parents, with a network gap around each server span', () => {
    const byId = new Map(incident.spans.map((span) => [span.spanId, span]));
    let gaps = 0;
    for (const child of incident.spans) {
      const parent = byId.get(child.parentId);
      if (parent === undefined || child.kind === 5) {
        continue;
      }
      expect(child.startMs).toBeGreaterThanOrEqual(parent.startMs);
      expect(child.endMs).toBeLessThanOrEqual(parent.endMs);
      if (child.kind === 2) {
        gaps += 1;
        expect(child.startMs - parent.startMs).toBeGreaterThan(0.01);
        expect(parent.endMs - child.endMs).toBeGreaterThan(0.01);
      }
    }
    expect(gaps).toBeGreaterThan(100);
  });

  it('logs only trace ids that are in the traces, within the time of the trace', () => {
    const traces = byTrace(incident.spans);
    const known = new Set(incident.spans.map(({ traceId }) => traceId));
    let checked = 0;
    for (const line of incident.lines) {
      if (line.traceId === '' || line.timeMs > END_MS - TAIL_MS) {
        continue;
      }
      checked += 1;
      expect(known.has(line.traceId)).toBe(true);
      const spans = (traces.get(line.traceId) ?? []).filter(({ service }) => service === line.service);
      // Log times are cut to ms.
      expect(spans.length === 0 || spans.some(({ startMs, endMs }) => line.timeMs >= startMs - 1 && line.timeMs <= endMs + 1)).toBe(true);
    }
    expect(checked).toBeGreaterThan(100);
  });

  it('writes each log file in the order of time and each series with growing times', () => {
    for (const lines of Map.groupBy(incident.lines, ({ service }) => service).values()) {
      expect(lines.every((line, index) => index === 0 || line.timeMs >= (lines[index - 1]?.timeMs ?? 0))).toBe(true);
    }
    for (const { points } of incident.series) {
      expect(points.every(([timeMs], index) => index === 0 || timeMs > (points[index - 1]?.[0] ?? 0))).toBe(true);
    }
  });

  it('counts in its metrics what the traces show', () => {
    for (const { metric, points } of incident.series.filter((series) => series.metric.endsWith('_total'))) {
      const values = points.map(([, value]) => value);
      expect({ metric, isMonotonic: values.every((value, index) => index === 0 || value >= (values[index - 1] ?? 0)) }).toEqual({
        metric,
        isMonotonic: true,
      });
    }
    const counted = incident.series
      .filter(({ metric }) => /requests_(total|seconds_count)/.test(metric))
      .reduce((sum, { points }) => sum + (points.at(-1)?.[1] ?? 0), 0);
    const lastScrapeMs = Math.max(...incident.series.flatMap(({ points }) => points.map(([timeMs]) => timeMs)));
    const handled = incident.spans.filter(({ kind, endMs }) => (kind === 2 || kind === 5) && endMs < lastScrapeMs).length;
    expect(counted).toBe(handled);
  });
});

describe('consistency under faults', { timeout: 60_000 }, () => {
  it('repeats calls and lets children outlive callers that gave up', () => {
    const incident = readIncident({
      seed: 3,
      system: 'shop',
      minutes: 6,
      requestsPerSecond: 4,
      withDistractors: false,
      faults: [{ type: 'network-loss', service: 'inventory', startMinute: 2, minutes: 3, severity: 1 }],
    });
    const calls = incident.spans.filter(({ kind, peer }) => kind === 3 && peer === 'inventory');
    const repeated = [...Map.groupBy(calls, ({ parentId, name }) => `${parentId} ${name}`).values()].filter((group) => group.length > 1);
    expect(repeated.length).toBeGreaterThan(5);
    expect(repeated.every((group) => group.toSorted((left, right) => left.startMs - right.startMs)[0]?.isError === true)).toBe(true);
  });

  it('shifts the times of a node by its clock error, the same in logs and traces', () => {
    const options = { seed: 8, minutes: 3, services: 10, requestsPerSecond: 3, faults: 0, withDistractors: false };
    const exact = readIncident(options);
    const skewed = readIncident({ ...options, clockSkewMs: 50 });
    const shifts = exact.spans.map((span, index) => (skewed.spans[index]?.startMs ?? NaN) - span.startMs);
    expect(new Set(shifts.map((shift) => shift.toFixed(3))).size).toBeGreaterThan(1);
    expect(Math.max(...shifts.map(Math.abs))).toBeLessThanOrEqual(50);
  });
});
