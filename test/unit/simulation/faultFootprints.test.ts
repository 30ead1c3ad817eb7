import { describe, expect, it } from 'vitest';
import type { FaultType } from '../../../src/simulation/faultTypes.js';
import { readIncident } from './readIncident.js';
import type { ReadIncident, ReadSpan } from './readIncident.js';

const MINUTE_MS = 60_000;
const FAULT_START = 5;
const FAULT_MINUTES = 3;
const QUIET = { fromMs: MINUTE_MS, toMs: FAULT_START * MINUTE_MS };
// Roll-outs and queues need some seconds until the fault shows everywhere.
const FAULTY = { fromMs: FAULT_START * MINUTE_MS + 15_000, toMs: (FAULT_START + FAULT_MINUTES) * MINUTE_MS };
type Range = typeof QUIET;

function incidentWith(type: FaultType, service: string, severity = 0.8): ReadIncident {
  return readIncident({
    seed: 11,
    system: 'shop',
    minutes: 9,
    requestsPerSecond: 5,
    metricStepSeconds: 15,
    withDistractors: false,
    faults: [{ type, service, startMinute: FAULT_START, minutes: FAULT_MINUTES, severity }],
  });
}

function serverSpans(incident: ReadIncident, service: string, { fromMs, toMs }: Range): ReadSpan[] {
  return incident.spans.filter((span) => span.service === service && span.kind === 2 && span.startMs >= fromMs && span.startMs < toMs);
}

function callsTo(incident: ReadIncident, peer: string, { fromMs, toMs }: Range): ReadSpan[] {
  return incident.spans.filter((span) => span.peer === peer && span.kind === 3 && span.startMs >= fromMs && span.startMs < toMs);
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[values.length >> 1] ?? NaN;
}

function durationRatio(incident: ReadIncident, service: string): number {
  const durations = (range: Range): number[] => serverSpans(incident, service, range).map(({ startMs, endMs }) => endMs - startMs);
  return median(durations(FAULTY)) / median(durations(QUIET));
}

function errorShare(spans: readonly ReadSpan[]): number {
  return spans.filter(({ isError }) => isError).length / spans.length;
}

/** Median of client minus server duration for calls that `service` answered. */
function gapMs(incident: ReadIncident, service: string, range: Range): number {
  const byId = new Map(incident.spans.map((span) => [span.spanId, span]));
  return median(
    serverSpans(incident, service, range).flatMap((span) => {
      const parent = byId.get(span.parentId);
      return parent === undefined ? [] : [parent.endMs - parent.startMs - (span.endMs - span.startMs)];
    }),
  );
}

function linesOf(incident: ReadIncident, service: string, pattern: RegExp, { fromMs, toMs }: Range): number {
  return incident.lines.filter((line) => line.service === service && line.timeMs >= fromMs && line.timeMs < toMs && pattern.test(line.text))
    .length;
}

function errorLines(incident: ReadIncident, service: string, { fromMs, toMs }: Range): number {
  return incident.lines.filter((line) => line.service === service && line.isError && line.timeMs >= fromMs && line.timeMs < toMs).length;
}

/** Mean over the points of all series of a service in a range; for counters the mean growth per point. */
function metricMean(incident: ReadIncident, metric: RegExp, service: string, { fromMs, toMs }: Range): number {
  const values = incident.series
    .filter((series) => metric.test(series.metric) && Object.values(series.labels).some((label) => label.startsWith(`${service}-`)))
    .flatMap(({ metric: name, points }) =>
      points.flatMap(([timeMs, value], index) => {
        const before = points[index - 1]?.[1] ?? value;
        return timeMs >= fromMs && timeMs < toMs ? [name.endsWith('_total') ? value - before : value] : [];
      }),
    );
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const CPU = /cpu_usage/;
const MEMORY = /memory_working_set|pod_memory_usage/;

describe('footprints of faults', { timeout: 60_000 }, () => {
  it('cpu-contention: CPU and durations rise in the service and its callers, not beside it', () => {
    const incident = incidentWith('cpu-contention', 'payment');
    expect(metricMean(incident, CPU, 'payment', FAULTY) / metricMean(incident, CPU, 'payment', QUIET)).toBeGreaterThan(1.45);
    expect(metricMean(incident, CPU, 'catalog', FAULTY) / metricMean(incident, CPU, 'catalog', QUIET)).toBeLessThan(1.25);
    expect(durationRatio(incident, 'payment')).toBeGreaterThan(2);
    expect(durationRatio(incident, 'checkout')).toBeGreaterThan(1.2);
    expect(durationRatio(incident, 'catalog')).toBeLessThan(1.25);
    expect(gapMs(incident, 'payment', FAULTY)).toBeLessThan(2);
  });

  it('memory-leak: memory climbs until pods are killed', () => {
    const incident = incidentWith('memory-leak', 'cart', 1);
    expect(metricMean(incident, MEMORY, 'cart', FAULTY) / metricMean(incident, MEMORY, 'cart', QUIET)).toBeGreaterThan(1.4);
    expect(metricMean(incident, MEMORY, 'auth', FAULTY) / metricMean(incident, MEMORY, 'auth', QUIET)).toBeLessThan(1.2);
    expect(linesOf(incident, 'cart', /memory limit|Garbage collection/, FAULTY)).toBeGreaterThan(0);
    expect(linesOf(incident, 'cart', /memory limit|Garbage collection/, QUIET)).toBe(0);
  });

  it('network-delay: the gap between caller and callee grows on the edges of the service only', () => {
    const incident = incidentWith('network-delay', 'inventory', 0.6);
    expect(gapMs(incident, 'inventory', FAULTY) - gapMs(incident, 'inventory', QUIET)).toBeGreaterThan(30);
    expect(Math.abs(gapMs(incident, 'payment', FAULTY) - gapMs(incident, 'payment', QUIET))).toBeLessThan(1);
  });

  it('network-loss: retransmits are counted and slow calls appear', () => {
    const incident = incidentWith('network-loss', 'inventory');
    const retransmits = /retrans|network_errors/;
    expect(metricMean(incident, retransmits, 'inventory', FAULTY)).toBeGreaterThan(1);
    expect(metricMean(incident, retransmits, 'inventory', QUIET)).toBe(0);
    expect(metricMean(incident, retransmits, 'cart', FAULTY)).toBe(0);
    const slow = (range: Range): number =>
      callsTo(incident, 'inventory', range).filter(({ startMs, endMs }) => endMs - startMs > 200).length /
      callsTo(incident, 'inventory', range).length;
    expect(slow(FAULTY)).toBeGreaterThan(0.2);
    expect(slow(QUIET)).toBeLessThan(0.01);
  });

  it('exception: spans fail and stack traces appear in the service, callers fail with it', () => {
    const incident = incidentWith('exception', 'payment');
    expect(errorShare(serverSpans(incident, 'payment', QUIET))).toBe(0);
    expect(errorShare(serverSpans(incident, 'payment', FAULTY))).toBeGreaterThan(0.5);
    expect(errorShare(serverSpans(incident, 'checkout', FAULTY))).toBeGreaterThan(0.2);
    expect(errorShare(serverSpans(incident, 'catalog', FAULTY))).toBe(0);
    expect(errorLines(incident, 'payment', FAULTY)).toBeGreaterThan(10);
    expect(errorLines(incident, 'payment', QUIET)).toBe(0);
    expect(errorLines(incident, 'catalog', FAULTY)).toBe(0);
  });

  it('wrong-return: calls and lines vanish without any error', () => {
    const incident = incidentWith('wrong-return', 'payment', 1);
    const perCharge = (count: number, range: Range): number => count / serverSpans(incident, 'payment', range).length;
    expect(perCharge(callsTo(incident, 'payment-db', QUIET).length, QUIET)).toBeCloseTo(2, 1);
    expect(perCharge(callsTo(incident, 'payment-db', FAULTY).length, FAULTY)).toBeLessThan(1.5);
    expect(perCharge(linesOf(incident, 'payment', /captured/, QUIET), QUIET)).toBeGreaterThan(0.95);
    expect(linesOf(incident, 'payment', /captured/, FAULTY)).toBe(0);
    expect(errorShare(serverSpans(incident, 'payment', FAULTY))).toBe(0);
    expect(durationRatio(incident, 'payment')).toBeLessThan(0.8);
  });

  it('dependency-down: no spans of the service, callers are refused', () => {
    const incident = incidentWith('dependency-down', 'inventory');
    expect(serverSpans(incident, 'inventory', QUIET).length).toBeGreaterThan(100);
    expect(serverSpans(incident, 'inventory', FAULTY)).toEqual([]);
    expect(errorShare(callsTo(incident, 'inventory', FAULTY))).toBe(1);
    expect(errorShare(serverSpans(incident, 'checkout', FAULTY))).toBeGreaterThan(0.2);
    expect(errorShare(serverSpans(incident, 'catalog', FAULTY))).toBe(0);
  });

  it('slow-database: its client spans and slow statements, not the other database', () => {
    const incident = incidentWith('slow-database', 'payment-db');
    const callMs = (peer: string, range: Range): number =>
      median(callsTo(incident, peer, range).map(({ startMs, endMs }) => endMs - startMs));
    expect(callMs('payment-db', FAULTY) / callMs('payment-db', QUIET)).toBeGreaterThan(4);
    expect(callMs('shop-db', FAULTY) / callMs('shop-db', QUIET)).toBeLessThan(1.5);
    expect(linesOf(incident, 'payment-db', /duration: .* statement/, FAULTY)).toBeGreaterThan(10);
    expect(linesOf(incident, 'shop-db', /duration: .* statement/, FAULTY)).toBe(0);
  });

  it('configuration-error: new pods, a line that names the setting, failures until it is rolled back', () => {
    const incident = incidentWith('configuration-error', 'payment');
    const pods = (range: Range): Set<string> => new Set(serverSpans(incident, 'payment', range).map(({ pod }) => pod));
    const before = pods(QUIET);
    expect([...pods(FAULTY)].filter((pod) => before.has(pod))).toEqual([]);
    expect(linesOf(incident, 'payment', /overridden setting/, { fromMs: 0, toMs: Infinity })).toBe(2);
    expect(errorShare(serverSpans(incident, 'payment', FAULTY))).toBeGreaterThan(0.2);
    expect(errorShare(serverSpans(incident, 'payment', { fromMs: 8.4 * MINUTE_MS, toMs: 9 * MINUTE_MS }))).toBe(0);
  });

  it('traffic-surge: requests multiply everywhere, and so do durations', () => {
    const incident = incidentWith('traffic-surge', 'gateway');
    const perMinute = (service: string, range: Range): number =>
      (serverSpans(incident, service, range).length * MINUTE_MS) / (range.toMs - range.fromMs);
    expect(perMinute('gateway', FAULTY) / perMinute('gateway', QUIET)).toBeGreaterThan(2);
    expect(perMinute('catalog', FAULTY) / perMinute('catalog', QUIET)).toBeGreaterThan(2);
    expect(durationRatio(incident, 'gateway')).toBeGreaterThan(1.5);
  });
});
