/** What a set-up shows of a system: ids, severities, stack traces, services that it does not cover, metrics and their errors. */
import { describe, expect, it } from 'vitest';
import { simulate } from '../../../src/simulation/simulate.js';
import type { SimulatedIncident } from '../../../src/simulation/simulationTypes.js';
import { METRIC_VOCABULARIES } from '../../../src/simulation/telemetry/metricVocabularies.js';
import type { MetricProfile } from '../../../src/simulation/system/systemProfile.js';
import { WIDE_VOCABULARIES } from '../../../src/simulation/telemetry/wideVocabulary.js';
import { plainOptions } from './plainProfile.js';
import { readIncident, START_NS } from './readIncident.js';
import type { ReadIncident } from './readIncident.js';

function textsOf(incident: SimulatedIncident, folder: string): string {
  return [...incident.files].map(({ path, content }) => (path.startsWith(folder) ? [...content].join('') : '')).join('');
}

describe('log lines', { timeout: 60_000 }, () => {
  it.each([
    ['trace-and-span', true, true],
    ['trace', true, false],
    ['none', false, false],
  ] as const)('carry ids as the set-up writes them: %s', (ids, hasTrace, hasSpan) => {
    for (const style of ['java', 'otlp', 'pino', 'zap', 'python'] as const) {
      const text = textsOf(simulate({ ...plainOptions({ logs: { ids } }, { minutes: 1 }), logStyle: style }), 'logs/');
      expect([style, /\b[0-9a-f]{32}\b/.test(text), /(span_id|spanId)"?[=:]"?[0-9a-f]{16}\b/.test(text)]).toEqual([
        style,
        hasTrace,
        hasSpan,
      ]);
    }
  });

  it('have no severity where the set-up writes none', () => {
    const level = /"level"|"severity(Text|Number)"|\b(INFO|WARN|WARNING|ERROR|DEBUG)\b/;
    for (const style of ['java', 'otlp', 'pino', 'zap', 'python'] as const) {
      const text = (withSeverity: boolean): string =>
        textsOf(
          simulate({ ...plainOptions({ logs: { withSeverity }, topology: { storeShare: 0 } }, { minutes: 1 }), logStyle: style }),
          'logs/',
        );
      expect([style, level.test(text(true)), level.test(text(false))]).toEqual([style, true, false]);
    }
  });

  it('of failures: a stack trace, the line alone, or nothing', () => {
    const run = (stackShare: number, silentShare: number): ReadIncident & { readonly logs: string } => {
      const options = {
        ...plainOptions({ logs: { stackShare, silentShare } }, { minutes: 3 }),
        faults: [{ type: 'exception', startMinute: 1, minutes: 2, severity: 1, mechanism: 'fails' } as const],
      };
      return { ...readIncident(options), logs: textsOf(simulate(options), 'logs/') };
    };
    const stack = /\bat |Traceback|stacktrace|"stack"|\.go:\d+/;
    const stacks = run(1, 0);
    const lines = run(0, 0);
    const silent = run(0, 1);
    expect([stack.test(stacks.logs), stack.test(lines.logs), stack.test(silent.logs)]).toEqual([true, false, false]);
    const errors = ({ lines: all }: ReadIncident): number => all.filter(({ isError }) => isError).length;
    expect(errors(lines)).toBeGreaterThan(10);
    expect(errors(silent)).toBe(0);
    expect(silent.spans.some(({ isError }) => isError)).toBe(true);
  });
});

describe('gaps of a set-up', { timeout: 60_000 }, () => {
  const whole = readIncident(plainOptions({}, { minutes: 2 }));
  const services = (incident: ReadIncident, of: 'spans' | 'lines'): Set<string> => new Set(incident[of].map(({ service }) => service));

  it('leave services without traces, whose callees hang on their callers', () => {
    const gappy = readIncident(plainOptions({ gaps: { withoutTraces: 0.5 } }, { minutes: 2 }));
    expect(services(gappy, 'spans').size).toBeLessThan(services(whole, 'spans').size);
    expect(services(gappy, 'spans').size).toBeGreaterThan(1);
    const ids = new Set(gappy.spans.map(({ spanId }) => spanId));
    const orphans = gappy.spans.filter(({ parentId, startMs }) => parentId !== '' && !ids.has(parentId) && startMs < 110_000);
    expect(orphans).toEqual([]);
  });

  it('leave services without logs, and others without metrics', () => {
    const unlogged = readIncident(plainOptions({ gaps: { withoutLogs: 0.5 } }, { minutes: 2 }));
    expect(services(unlogged, 'lines').size).toBeLessThan(services(whole, 'lines').size);
    const unmeasured = readIncident(plainOptions({ gaps: { withoutMetrics: 0.5 } }, { minutes: 2 }));
    const pods = ({ series }: ReadIncident): number => new Set(series.map(({ labels }) => labels.pod)).size;
    expect(pods(unmeasured)).toBeLessThan(pods(whole));
    expect(pods(unmeasured)).toBeGreaterThan(0);
  });

  it('leave out client spans', () => {
    const { spans } = readIncident(plainOptions({ gaps: { hasClientSpans: false } }, { minutes: 2 }));
    const kinds = new Set(spans.map(({ kind }) => kind));
    expect(kinds.has(2)).toBe(true);
    expect(kinds.has(3)).toBe(false);
  });
});

describe('metrics', { timeout: 60_000 }, () => {
  it.each([...METRIC_VOCABULARIES, ...WIDE_VOCABULARIES].map(({ id }) => id))('in the names of %s', (vocabulary) => {
    const options = plainOptions({ metrics: { vocabulary } }, { minutes: 3, modalities: ['metric'] });
    const { series, paths } = readIncident(options);
    const pods = new Set(series.flatMap(({ labels }) => Object.values(labels).filter((label) => label.includes('-'))));
    expect(pods.size).toBeGreaterThanOrEqual(simulate(options).services.length);
    expect(new Set(series.map(({ metric }) => metric)).size).toBeGreaterThan(8);
    expect(series.every(({ points }) => points.every(([, value]) => Number.isFinite(value)))).toBe(true);
    // Names stand in file names, also on Windows.
    expect(paths.filter((path) => /[:*?"<>|\\]/.test(path))).toEqual([]);
    const cpu = series.filter(({ metric, points }) => /cpu/i.test(metric) && !/thrott|node|host/i.test(metric) && points.length > 5);
    expect(cpu.length).toBeGreaterThan(5);
  });

  it('differ from one vocabulary to the next', () => {
    const ids = [...METRIC_VOCABULARIES, ...WIDE_VOCABULARIES].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('lose points, begin late and carry errors as the profile says, counters without errors', () => {
    const run = (metrics: Partial<MetricProfile>): ReadIncident =>
      readIncident({
        ...plainOptions({ metrics: { vocabulary: 'cadvisor', ...metrics } }, { minutes: 10, modalities: ['metric'] }),
        startNs: START_NS,
      });
    const points = ({ series }: ReadIncident): number => series.reduce((sum, item) => sum + item.points.length, 0);
    const exact = run({});
    expect(points(run({ missing: 0.1 })) / points(exact)).toBeCloseTo(0.9, 1);
    const late = run({ lateStarts: 0.5 });
    const firsts = late.series.map((item) => item.points[0]?.[0] ?? NaN);
    expect(firsts.filter((ms) => ms > 60_000).length).toBeGreaterThan(firsts.length * 0.2);
    const noisy = run({ noise: 0.05 });
    const differing = (metric: string): number => {
      const pick = ({ series }: ReadIncident): unknown => series.filter((item) => item.metric === metric).map((item) => item.points);
      return Number(JSON.stringify(pick(noisy)) !== JSON.stringify(pick(exact)));
    };
    expect(differing('container_memory_working_set_bytes')).toBe(1);
    expect(differing('container_cpu_usage_seconds_total')).toBe(0);
  });
});
