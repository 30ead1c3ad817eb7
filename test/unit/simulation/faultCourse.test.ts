import { describe, expect, it } from 'vitest';
import { drawFaultSchedule } from '../../../src/simulation/faults/faultSchedule.js';
import { linkSystem } from '../../../src/simulation/system/linkedSystem.js';
import { Random } from '../../../src/core/math/random.js';
import { SHOP_SYSTEM } from '../../../src/simulation/system/shopSystem.js';
import { simulate } from '../../../src/simulation/simulate.js';
import type { FaultRequest } from '../../../src/simulation/faultTypes.js';
import type { SimulationOptions } from '../../../src/simulation/simulationTypes.js';
import { plainProfile } from './plainProfile.js';
import { readIncident } from './readIncident.js';
import type { ReadIncident, ReadSpan } from './readIncident.js';

const MINUTE_MS = 60_000;
const BASE: SimulationOptions = {
  seed: 11,
  system: 'shop',
  minutes: 7,
  requestsPerSecond: 5,
  metricStepSeconds: 15,
  withDistractors: false,
};

function incidentWith(fault: Omit<FaultRequest, 'startMinute' | 'minutes'>): ReadIncident {
  return readIncident({ ...BASE, faults: [{ severity: 0.8, startMinute: 3, minutes: 3, ...fault }] });
}

function spansOf(incident: ReadIncident, service: string, kind: number, fromMinute: number, toMinute: number): ReadSpan[] {
  const isWithin = ({ startMs }: ReadSpan): boolean => startMs >= fromMinute * MINUTE_MS && startMs < toMinute * MINUTE_MS;
  return incident.spans.filter((span) => (kind === 3 ? span.peer : span.service) === service && span.kind === kind && isWithin(span));
}

function medianMs(spans: readonly ReadSpan[]): number {
  return spans.map(({ startMs, endMs }) => endMs - startMs).toSorted((left, right) => left - right)[spans.length >> 1] ?? NaN;
}

/** Median of client minus server duration of the calls that `service` answers, or makes. */
function gapMs(incident: ReadIncident, service: string, side: 'answers' | 'makes', fromMinute: number, toMinute: number): number {
  const byId = new Map(incident.spans.map((span) => [span.spanId, span]));
  const gaps = incident.spans.flatMap((span) => {
    const parent = byId.get(span.parentId);
    const isOf = (side === 'answers' ? span.service : parent?.service) === service;
    const isThen = span.startMs >= fromMinute * MINUTE_MS && span.startMs < toMinute * MINUTE_MS;
    return span.kind === 2 && parent?.kind === 3 && isOf && isThen ? [parent.endMs - parent.startMs - (span.endMs - span.startMs)] : [];
  });
  return gaps.toSorted((left, right) => left - right)[gaps.length >> 1] ?? NaN;
}

function cpuOf(incident: ReadIncident, service: string, fromMinute: number, toMinute: number): number {
  const values = incident.series
    .filter(({ metric, labels }) => metric.includes('cpu_usage') && Object.values(labels).some((label) => label.startsWith(`${service}-`)))
    .flatMap(({ metric, points }) =>
      points.flatMap(([timeMs, value], index) => {
        const isThen = timeMs >= fromMinute * MINUTE_MS && timeMs < toMinute * MINUTE_MS;
        return isThen ? [metric.endsWith('_total') ? value - (points[index - 1]?.[1] ?? value) : value] : [];
      }),
    );
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function errorShare(spans: readonly ReadSpan[]): number {
  return spans.filter(({ isError }) => isError).length / spans.length;
}

function count(incident: ReadIncident, service: string, pattern: RegExp): number {
  return incident.lines.filter((line) => line.service === service && pattern.test(line.text)).length;
}

describe('the course of a fault', { timeout: 60_000 }, () => {
  it('begins late where it has an onset: the label does not', () => {
    const late = incidentWith({ type: 'network-delay', service: 'inventory', onsetSeconds: 45 });
    expect(late.labelsCsv).toContain('13:03:00Z,2026-03-10T13:06:00Z,network-delay,inventory');
    const before = gapMs(late, 'inventory', 'answers', 3, 3.7);
    expect(before).toBeLessThan(3);
    expect(gapMs(late, 'inventory', 'answers', 3.8, 6)).toBeGreaterThan(20);
  });

  it('grows in a ramp', () => {
    const ramped = incidentWith({ type: 'network-delay', service: 'inventory', rampSeconds: 120 });
    const gaps = [3, 4, 5.1].map((minute) => gapMs(ramped, 'inventory', 'answers', minute, minute + 0.6));
    expect(gaps[1]).toBeGreaterThan(1.3 * (gaps[0] ?? NaN));
    expect(gaps[2]).toBeGreaterThan(1.3 * (gaps[1] ?? NaN));
    expect(gapMs(ramped, 'inventory', 'answers', 6.05, 7)).toBeLessThan(3);
  });

  it('is as weak as its strength says', () => {
    const gap = (strength: number): number =>
      gapMs(incidentWith({ type: 'network-delay', service: 'inventory', strength }), 'inventory', 'answers', 3.1, 6);
    expect(gap(0.2) / gap(1)).toBeGreaterThan(0.1);
    expect(gap(0.2) / gap(1)).toBeLessThan(0.35);
  });

  it.each([
    [{ onsetSeconds: 190 }, 'cannot reach full strength'],
    [{ strength: 0 }, 'strength of fault network-delay must be above 0'],
    [{ mechanism: 'hangs' }, 'network-delay cannot come about by hangs; possible: all-edges, inbound'],
  ] as const)('refuses %j', (more, message) => {
    expect(() => incidentWith({ type: 'network-delay', service: 'inventory', ...more })).toThrow(message);
  });
});

describe('mechanisms of one type', { timeout: 60_000 }, () => {
  it('network-delay inbound: only the calls that the service answers, not those it makes', () => {
    const gaps = (mechanism: 'all-edges' | 'inbound'): readonly [number, number] => {
      const incident = incidentWith({ type: 'network-delay', service: 'checkout', severity: 0.2, mechanism });
      return [gapMs(incident, 'checkout', 'answers', 3.1, 6), gapMs(incident, 'checkout', 'makes', 3.1, 6)];
    };
    const [answers, makes] = gaps('inbound');
    expect(answers).toBeGreaterThan(20);
    expect(makes).toBeLessThan(3);
    expect(Math.min(...gaps('all-edges'))).toBeGreaterThan(20);
  });

  it('cpu-contention: hidden from metrics, or hardly in latencies', () => {
    const ratios = (mechanism: 'hidden' | 'consumption'): readonly [cpu: number, duration: number] => {
      const incident = incidentWith({ type: 'cpu-contention', service: 'payment', mechanism });
      const duration = medianMs(spansOf(incident, 'payment', 2, 3.1, 6)) / medianMs(spansOf(incident, 'payment', 2, 0, 3));
      return [cpuOf(incident, 'payment', 3.3, 6) / cpuOf(incident, 'payment', 0.3, 3), duration];
    };
    const [hiddenCpu, hiddenDuration] = ratios('hidden');
    expect(hiddenCpu).toBeLessThan(1.3);
    expect(hiddenDuration).toBeGreaterThan(1.5);
    const [cpu, duration] = ratios('consumption');
    expect(cpu).toBeGreaterThan(1.4);
    expect(duration).toBeLessThan(hiddenDuration);
  });

  it('exception: caught, it is in the log and no span fails', () => {
    const caught = incidentWith({ type: 'exception', service: 'payment', mechanism: 'caught' });
    expect(caught.lines.filter(({ service, isError }) => service === 'payment' && isError).length).toBeGreaterThan(10);
    expect(errorShare(spansOf(caught, 'payment', 2, 3, 6))).toBe(0);
    const fails = incidentWith({ type: 'exception', service: 'payment', mechanism: 'fails' });
    expect(errorShare(spansOf(fails, 'payment', 2, 3, 6))).toBeGreaterThan(0.3);
  });

  it('wrong-return: another line where the usual ones are missing', () => {
    const other = /nothing to do|feature disabled|result is empty|using fallback|no matching record/;
    expect(count(incidentWith({ type: 'wrong-return', service: 'payment', mechanism: 'other-line' }), 'payment', other)).toBeGreaterThan(
      20,
    );
    expect(count(incidentWith({ type: 'wrong-return', service: 'payment', mechanism: 'early' }), 'payment', other)).toBe(0);
  });

  it('dependency-down: a hanging service lets callers wait, a gone one refuses at once', () => {
    const call = (mechanism: 'refuses' | 'hangs'): number => {
      const calls = spansOf(incidentWith({ type: 'dependency-down', service: 'inventory', mechanism }), 'inventory', 3, 3.05, 5.9);
      expect(errorShare(calls)).toBe(1);
      return Math.max(...calls.map(({ startMs, endMs }) => endMs - startMs));
    };
    expect(call('refuses')).toBeLessThan(100);
    expect(call('hangs')).toBeGreaterThan(500);
  });

  it('slow-database: one statement, or all', () => {
    const slowed = (mechanism: 'one-statement' | 'all-statements'): number => {
      const incident = incidentWith({ type: 'slow-database', service: 'shop-db', mechanism });
      const byName = (from: number, to: number): Map<string, ReadSpan[]> =>
        Map.groupBy(spansOf(incident, 'shop-db', 3, from, to), ({ name }) => name);
      const before = byName(0, 3);
      return [...byName(3.1, 6)].filter(([name, spans]) => medianMs(spans) > 3 * medianMs(before.get(name) ?? [])).length;
    };
    expect(slowed('one-statement')).toBe(1);
    expect(slowed('all-statements')).toBeGreaterThan(2);
  });

  it('memory-leak bounded: no process dies', () => {
    const leak = incidentWith({ type: 'memory-leak', service: 'cart', mechanism: 'bounded', severity: 1 });
    expect(count(leak, 'cart', /memory limit/)).toBe(0);
  });
});

describe('schedules of faults', () => {
  const shop = linkSystem(SHOP_SYSTEM);
  const recording = { minutes: 90 };

  it('labels both of two faults that overlap, on different services', () => {
    const profile = plainProfile({ recording, faults: { count: 20, overlap: 0.5, pauseMinutes: 1 } });
    const faults = drawFaultSchedule(profile, shop, new Random(1, 'faults'));
    const { labels } = simulate({ ...BASE, minutes: 90, faults });
    const overlapping = labels.filter(
      ({ type, startNs, endNs, entity }) =>
        type !== 'normal' &&
        labels.some((other) => other.type !== 'normal' && other.entity !== entity && other.startNs < endNs && other.endNs > startNs),
    );
    expect(overlapping.length).toBeGreaterThanOrEqual(4);
    expect(labels.filter(({ type }) => type !== 'normal')).toHaveLength(faults.length);
    // A service never has two faults at once, and normal time has none.
    for (const [index, label] of labels.entries()) {
      const clashes = labels.filter((other, place) => {
        const isSame = other.entity === label.entity || label.type === 'normal';
        return place !== index && isSame && other.startNs < label.endNs && other.endNs > label.startNs;
      });
      expect(clashes).toEqual([]);
    }
  });

  it('hits the same few services and types again and again where wanted', () => {
    const profile = plainProfile({ recording, faults: { count: 20, targets: 2, types: ['exception', 'wrong-return'], pauseMinutes: 1 } });
    const faults = drawFaultSchedule(profile, shop, new Random(2, 'faults'));
    expect(faults.length).toBeGreaterThan(12);
    expect(new Set(faults.map(({ service }) => service)).size).toBeLessThanOrEqual(2);
    expect(new Set(faults.map(({ type }) => type)).size).toBe(2);
  });

  it('draws weak, late and ramped ones in the shares wanted', () => {
    const draw = (share: number): FaultRequest[] =>
      Array.from({ length: 20 }, (_, seed) =>
        drawFaultSchedule(
          plainProfile({ recording, faults: { count: 12, weakShare: share, lateShare: share } }),
          shop,
          new Random(seed, 'faults'),
        ),
      ).flat();
    const half = draw(0.5);
    const share = (matches: (fault: FaultRequest) => boolean): number => half.filter(matches).length / half.length;
    expect(share(({ strength = 1 }) => strength < 1)).toBeCloseTo(0.5, 0);
    expect(share(({ onsetSeconds = 0 }) => onsetSeconds > 0)).toBeGreaterThan(0.15);
    expect(share(({ rampSeconds = 0 }) => rampSeconds > 0)).toBeGreaterThan(0.15);
    expect(Math.max(...half.map(({ onsetSeconds = 0 }) => onsetSeconds))).toBeLessThanOrEqual(50);
    expect(draw(0).every(({ strength, onsetSeconds, rampSeconds }) => strength === 1 && onsetSeconds === 0 && rampSeconds === 0)).toBe(
      true,
    );
  });

  it('may befall a service that is hardly called', () => {
    const rare = linkSystem({
      ...SHOP_SYSTEM,
      requests: SHOP_SYSTEM.requests.map((request) => ({
        ...request,
        weight: request.operation === 'POST /checkout' ? 0.15 : request.weight,
      })),
    });
    const profile = plainProfile({ recording, faults: { count: 25, types: ['exception'], pauseMinutes: 0.5, lengthMinutes: [1, 1.5] } });
    const hit = Array.from({ length: 8 }, (_, seed) => drawFaultSchedule(profile, rare, new Random(seed, 'faults'))).flat();
    expect(hit.some(({ service }) => service === 'payment')).toBe(true);
  });
});
