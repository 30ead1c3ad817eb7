import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ingest } from '../../../src/engine/ingest/ingest.js';
import { randomSystemOptions } from '../../../src/simulation/randomSystemOptions.js';
import { simulate } from '../../../src/simulation/simulate.js';
import { METRIC_VOCABULARIES } from '../../../src/simulation/telemetry/metricVocabularies.js';
import { WIDE_VOCABULARIES } from '../../../src/simulation/telemetry/wideVocabulary.js';
import { LOG_STYLES } from '../../../src/simulation/system/blueprint.js';
import type { SimulationOptions } from '../../../src/simulation/simulationTypes.js';
import { plainOptions } from './plainProfile.js';
import { readIncident, START_NS } from './readIncident.js';

interface Ingested {
  readonly counts: { log: number; trace: number; metric: number };
  readonly services: ReadonlySet<string>;
  /** `caller → callee: metric` of series that name whose calls they measure. */
  readonly measuredCalls: ReadonlySet<string>;
  readonly logsWithTrace: number;
  readonly refused: readonly string[];
  readonly rejected: number;
}

async function ingestSimulated(options: SimulationOptions): Promise<Ingested> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'simulated-'));
  try {
    await writeFiles(options, folder);
    return await ingestFolder(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function writeFiles(options: SimulationOptions, folder: string): Promise<void> {
  for (const { path: relative, content } of simulate({ startNs: START_NS, ...options }).files) {
    await mkdir(path.dirname(path.join(folder, relative)), { recursive: true });
    await writeFile(path.join(folder, relative), [...content].join(''));
  }
}

async function ingestFolder(folder: string): Promise<Ingested> {
  const counts = { log: 0, trace: 0, metric: 0 };
  const services = new Set<string>();
  const measuredCalls = new Set<string>();
  const strings = new Map<number, string[]>();
  const refused: string[] = [];
  let logsWithTrace = 0;
  let rejected = 0;
  await ingest(
    [folder],
    { workers: 1 },
    (event) => {
      if (event.type === 'chunk') {
        const { newStrings, newSeries, spans, logs, points } = event.chunk;
        const known = [...(strings.get(event.fileId) ?? []), ...newStrings];
        strings.set(event.fileId, known);
        counts.log += logs.timeNs.length;
        counts.trace += spans.startNs.length;
        counts.metric += points.timeNs.length;
        logsWithTrace += logs.traceKey.filter((key) => key !== 0).length;
        [...logs.service, ...spans.service].forEach((id) => services.add(known[id] ?? `string ${id} is missing`));
        for (const { entity, callee, metric } of newSeries) {
          services.add(entity.service);
          if (callee !== undefined) {
            measuredCalls.add(`${entity.service} → ${callee}: ${metric}`);
          }
        }
      } else if (event.type === 'fileDone') {
        rejected += event.report.rejected;
        if (event.report.refusal !== null) {
          refused.push(path.basename(event.report.path));
        }
      }
    },
    new AbortController().signal,
  );
  return { counts, services, measuredCalls, logsWithTrace, refused, rejected };
}

describe('simulated files, read by the engine', { timeout: 60_000 }, () => {
  it.each(['shop', 'random'] as const)('lose nothing and keep their services: %s', async (system) => {
    const options: SimulationOptions = { seed: 5, system, services: 12, minutes: 2, faults: 1, requestsPerSecond: 2 };
    const expected = readIncident(options);
    const ingested = await ingestSimulated(options);
    expect(ingested.rejected).toBe(0);
    expect(ingested.refused).toEqual(['labels.csv']);
    expect(ingested.counts).toEqual({
      log: expected.lines.length,
      trace: expected.spans.length,
      metric: expected.series.reduce((sum, { points }) => sum + points.length, 0),
    });
    const { services } = simulate(options);
    expect([...ingested.services].filter((name) => !services.includes(name))).toEqual([]);
  });

  it.each([0, 3, 5, 12, 14, 18, 24])('lose nothing of the varied system of seed %i', async (seed) => {
    const options = { ...randomSystemOptions(seed, { minutes: 4 }), requestsPerSecond: 1, faults: 1 };
    const expected = readIncident(options);
    const ingested = await ingestSimulated(options);
    expect(ingested.rejected).toBe(0);
    expect(ingested.refused).toEqual(['labels.csv']);
    expect(ingested.counts).toEqual({
      log: expected.lines.length,
      trace: expected.spans.length,
      metric: expected.series.reduce((sum, { points }) => sum + points.length, 0),
    });
    const { services } = simulate(options);
    expect([...ingested.services].filter((name) => !services.includes(name))).toEqual([]);
  });

  it.each([...METRIC_VOCABULARIES, ...WIDE_VOCABULARIES].map(({ id }) => id))(
    'give metrics named as %s to their services',
    async (vocabulary) => {
      const options = plainOptions({ metrics: { vocabulary } }, { minutes: 2, modalities: ['metric'] });
      const { services } = simulate(options);
      const ingested = await ingestSimulated(options);
      expect([...ingested.services].sort()).toEqual([...services].sort());
    },
  );

  it.each(METRIC_VOCABULARIES.map((vocabulary) => [vocabulary.id, vocabulary] as const))(
    'tell by metrics named as %s who calls whom where clients measure that',
    async (vocabulary, { client, areRates = false }) => {
      const options = plainOptions({ metrics: { vocabulary, withCallees: true } }, { minutes: 2 });
      const called = readIncident(options).spans.flatMap(({ kind, service, peer }) => (kind === 3 ? [`${service} → ${peer}`] : []));
      const parts = client === undefined ? [] : areRates ? [client.name] : [`${client.name}_count`, `${client.name}_sum`];
      const { measuredCalls } = await ingestSimulated({ ...options, modalities: ['metric'] });
      expect([...measuredCalls].sort()).toEqual([...new Set(called)].flatMap((pair) => parts.map((part) => `${pair}: ${part}`)).sort());
    },
  );

  it('tell nothing of calls by metrics otherwise', async () => {
    const options = plainOptions({ metrics: { vocabulary: 'istio' } }, { minutes: 1, modalities: ['metric'] });
    expect((await ingestSimulated(options)).measuredCalls).toEqual(new Set());
  });

  it.each(LOG_STYLES)('keep the trace ids of log lines in style %s', async (logStyle) => {
    const options: SimulationOptions = { seed: 5, system: 'shop', minutes: 1, requestsPerSecond: 3, modalities: ['log'], logStyle };
    const expected = readIncident(options).lines.filter(({ traceId }) => traceId !== '').length;
    expect((await ingestSimulated(options)).logsWithTrace).toBe(expected);
  });
});
