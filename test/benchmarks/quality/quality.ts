/**
 * How good the encoder, the states and the heads are, beside simple baselines on the same splits by the same scorer: `npm run bench -- quality`, or
 * `node --import ./test/typescript.mjs test/benchmarks/quality/quality.ts [options]` (options.ts). Markdown tables on stdout, 95 % intervals
 * by bootstrap over faults. On simulated systems that pretraining never saw, and on recorded days where this machine has them.
 */
import fs from 'node:fs';
import { MODALITIES, type Modality } from '../../../src/core/records.js';
import { createAdapterTrainer } from '../../../src/engine/inference/adapterTrainer.js';
import { createHeadTrainer } from '../../../src/engine/inference/headTrainer.js';
import { readHeads } from '../../../src/engine/pipeline/embedRun.js';
import type { CaseSource } from './cases/caseSource.js';
import { prepareRun, TIME_ERRORS_S, type Preparation, type PreparedRun } from './cases/prepareRun.js';
import { readCase } from './cases/readCase.js';
import { listRecordedDays } from './cases/recordedDays.js';
import { listServiceMetrics } from './cases/serviceMetrics.js';
import {
  HELD_OUT_DEVELOPMENT_SEED,
  HELD_OUT_SEED,
  LONG_DEVELOPMENT_SEED,
  LONG_SEED,
  longSystemOptions,
  prepareSimulatedSystems,
  PROBE_SEED,
  SHORT_DEVELOPMENT_SEED,
  SHORT_LAYOUT_NAMES,
  SHORT_SEED,
  shortSystemOptions,
  SIMULATED,
} from './cases/simulatedSystems.js';
import { openWorkbench, type Workbench } from './encoders.js';
import { abnormalVector, embedding, join, logTemplates, sliceText, typeFeatures } from './featureSets.js';
import { measureAdaptation } from './measures/adaptation.js';
import { measureDetection } from './measures/detection.js';
import { measureCost } from './measures/cost.js';
import { listDetectors, PRODUCT_DETECTOR } from './measures/detectors.js';
import { measureExplanations } from './measures/explanations.js';
import { measureFailureType } from './measures/failureType.js';
import { KEPT_MODALITIES, measureMissing } from './measures/missing.js';
import { measureRetrieval } from './measures/retrieval.js';
import { measureRootCause } from './measures/rootCause.js';
import { BEST_FAMILY, listRootCauseScorers } from './measures/rootCauseScorers.js';
import { measureServiceMetrics } from './measures/serviceMetrics.js';
import { measureShortRecordings, type ShortRuns } from './measures/shortRecordings.js';
import { measureSimilarIncidents } from './measures/similarIncidents.js';
import { measureStateAssignment } from './measures/stateAssignment.js';
import { measureStateIdentity } from './measures/stateIdentity.js';
import { measureStates } from './measures/states.js';
import { measureTuning } from './measures/tuning.js';
import { parseOptions, type BenchmarkOptions, type Measure } from './options.js';
import { reportProgress } from './progress.js';
import { toMarkdown, type Table } from './table.js';

/** Reading every run six times over takes a while: of simulated systems with all modalities, the first. */
const MISSING_SYSTEMS = 16;
/** The product's and the label-free ones, in the order of the list. */
const MISSING_SCORERS = 3;

async function prepare(
  sources: readonly CaseSource[],
  bench: Workbench,
  what: Preparation,
  modalities: readonly Modality[] = MODALITIES,
  reference: 'settled' | 'automatic' = 'settled',
): Promise<PreparedRun[]> {
  const [shipped] = bench.encoders;
  if (shipped === undefined) {
    return [];
  }
  const heads = readHeads(shipped.sliceEncoder.fingerprint);
  const prepared: PreparedRun[] = [];
  for (const source of sources) {
    reportProgress(`reading and encoding ${source.name}`);
    const run = await readCase(
      source,
      modalities,
      heads,
      bench.dependencies,
      reference === 'settled' ? (scan) => bench.encode(scan, shipped) : undefined,
    );
    if (run !== undefined) {
      prepared.push(await prepareRun(run, bench, what));
    }
  }
  return prepared;
}

/** Held-out runs by data set, and what may be trained on. */
interface Benches {
  readonly groups: ReadonlyMap<string, readonly PreparedRun[]>;
  readonly training: readonly PreparedRun[];
  /** Held out, simulated and recorded. */
  readonly sources: readonly CaseSource[];
  readonly encoders: readonly string[];
}

async function prepareAll(options: BenchmarkOptions, bench: Workbench): Promise<Benches> {
  const recorded = listRecordedDays();
  if (recorded.length === 0) {
    reportProgress('No recordings: set RUNTIMESLICER_DATA to the folder of the archives. Simulated systems alone are measured.');
  }
  const needs = (...measures: readonly Measure[]): boolean => measures.some((measure) => options.measures.has(measure));
  const withSlices = needs('root-cause', 'failure-type', 'detection', 'states', 'explanations', 'similar', 'tuning', 'adaptation');
  const isShort = needs('root-cause', 'failure-type', 'detection', 'states', 'missing', 'explanations', 'cost');
  const [folder, seed] = options.isDevelopment
    ? (['held-out-development', HELD_OUT_DEVELOPMENT_SEED] as const)
    : (['held-out', HELD_OUT_SEED] as const);
  const heldOut = await prepareSimulatedSystems(folder, seed, isShort ? options.systems : 0);
  const probe = await prepareSimulatedSystems('probe-systems', PROBE_SEED, isShort ? options.probeSystems : 0);
  const withTexts = needs('failure-type', 'detection', 'states', 'similar');
  const runs = await prepare([...heldOut, ...recorded], bench, { timeErrorsS: TIME_ERRORS_S, withSlices, withTexts });
  return {
    training: await prepare(probe, bench, {
      timeErrorsS: [0],
      withSlices: needs('detection', 'missing'),
      withTexts,
    }),
    groups: Map.groupBy(runs, ({ run }) => run.source.group),
    sources: [...heldOut, ...recorded],
    encoders: bench.encoders.map(({ name }) => name),
  };
}

async function* measure(options: BenchmarkOptions, bench: Workbench): AsyncGenerator<readonly Table[]> {
  const { groups, training, sources, encoders } = await prepareAll(options, bench);
  if (options.measures.has('root-cause')) {
    const scorers = listRootCauseScorers(training, encoders);
    for (const [group, runs] of groups) {
      yield measureRootCause(group, runs, scorers, options.details);
    }
  }
  if (options.measures.has('failure-type')) {
    const sets = [
      typeFeatures,
      ...encoders.flatMap((name) => [embedding(name), join(typeFeatures, embedding(name))]),
      logTemplates,
      sliceText,
    ];
    for (const [group, runs] of groups) {
      yield [measureFailureType(group, runs, training, group === SIMULATED ? sets : [...sets, abnormalVector])];
    }
  }
  if (options.measures.has('detection')) {
    const detectors = listDetectors(training, encoders);
    for (const [group, runs] of groups) {
      yield measureDetection(group, runs, detectors, training);
    }
    const days = sources.filter(({ group, hasNegatives }) => group !== SIMULATED && hasNegatives);
    const metricsAlone = await prepare(days, bench, { timeErrorsS: [], withSlices: true, withTexts: true }, ['metric']);
    if (metricsAlone.length > 0) {
      yield measureDetection(`${days.map(({ group }) => group).join(', ')}, metrics alone`, metricsAlone, detectors, training);
    }
  }
  if (options.measures.has('states')) {
    for (const [group, runs] of groups) {
      yield [
        measureStates(group, runs, encoders),
        ...measureStateIdentity(group, runs, encoders[0] ?? ''),
        measureRetrieval(group, runs, encoders),
      ];
    }
    yield [measureStateAssignment()];
  }
  if (options.measures.has('missing')) {
    yield* measureAllMissing(sources, training, encoders, bench);
  }
  if (options.measures.has('explanations')) {
    for (const [group, runs] of groups) {
      yield [measureExplanations(group, runs)];
    }
  }
  if (options.measures.has('similar')) {
    const long = await prepareLong(options, bench, true);
    yield measureSimilarIncidents(new Map([...groups, [SIMULATED, long]]), encoders[0] ?? '');
  }
  if (options.measures.has('tuning')) {
    yield* measureAllTuning(options, groups, bench);
  }
  if (options.measures.has('adaptation')) {
    yield* measureAllAdaptation(options, groups, bench);
  }
  if (options.measures.has('services')) {
    yield* measureServices(bench);
  }
  if (options.measures.has('short')) {
    yield [measureShortRecordings(await prepareShort(options, bench))];
  }
  if (options.measures.has('cost')) {
    yield await measureCost(groups, bench);
  }
}

async function prepareLong({ longSystems, isDevelopment }: BenchmarkOptions, bench: Workbench, withTexts: boolean): Promise<PreparedRun[]> {
  const [folder, seed] = isDevelopment ? (['long-development', LONG_DEVELOPMENT_SEED] as const) : (['long', LONG_SEED] as const);
  const sources = await prepareSimulatedSystems(folder, seed, longSystems, longSystemOptions);
  return prepare(sources, bench, { timeErrorsS: [0], withSlices: true, withTexts });
}

async function* measureAllTuning(options: BenchmarkOptions, groups: Benches['groups'], bench: Workbench): AsyncGenerator<readonly Table[]> {
  const long = await prepareLong(options, bench, false);
  const encoder = bench.encoders[0]?.name ?? '';
  const [head, adapter] = [await createHeadTrainer(), await createAdapterTrainer()];
  const trainers = { head: head.train, adapter: adapter.train };
  try {
    yield await measureTuning(SIMULATED, long, encoder, trainers);
    for (const [group, runs] of groups) {
      if (group !== SIMULATED) {
        yield await measureTuning(group, runs, encoder, trainers);
      }
    }
  } finally {
    await head.dispose();
    await adapter.dispose();
  }
}

async function* measureAllAdaptation(
  options: BenchmarkOptions,
  groups: Benches['groups'],
  bench: Workbench,
): AsyncGenerator<readonly Table[]> {
  const long = await prepareLong(options, bench, false);
  const trainer = await createAdapterTrainer();
  try {
    for (const [group, runs] of new Map([...groups, [SIMULATED, long]])) {
      yield [await measureAdaptation(group, runs, bench.encoders[0]?.name ?? '', trainer.train)];
    }
  } finally {
    await trainer.dispose();
  }
}

async function* measureAllMissing(
  sources: readonly CaseSource[],
  training: readonly PreparedRun[],
  encoders: readonly string[],
  bench: Workbench,
): AsyncGenerator<readonly Table[]> {
  const scorers = [...listRootCauseScorers(training, encoders).slice(0, MISSING_SCORERS), BEST_FAMILY];
  const withoutTexts = training.map((prepared) => ({ ...prepared, ofSlices: { ...prepared.ofSlices, texts: [] } }));
  const detectors = listDetectors(withoutTexts, encoders).filter(
    ({ name }) => name === PRODUCT_DETECTOR || name.startsWith('same head on'),
  );
  const complete = sources.filter((source) => MODALITIES.every((modality) => source.pathsOf(modality).length > 0));
  for (const [group, all] of Map.groupBy(complete, (source) => source.group)) {
    const kept: PreparedRun[][] = [];
    for (const modalities of KEPT_MODALITIES) {
      kept.push(await prepare(all.slice(0, MISSING_SYSTEMS), bench, { timeErrorsS: [0], withSlices: true, withTexts: false }, modalities));
    }
    yield [measureMissing(group, kept, scorers, detectors, encoders)];
  }
}

async function prepareShort({ systems, isDevelopment }: BenchmarkOptions, bench: Workbench): Promise<ShortRuns[]> {
  const [folder, seed] = isDevelopment ? (['short-development', SHORT_DEVELOPMENT_SEED] as const) : (['short', SHORT_SEED] as const);
  const groups: ShortRuns[] = [];
  for (const [place, layout] of SHORT_LAYOUT_NAMES.entries()) {
    const sources = await prepareSimulatedSystems(`${folder}-${place}`, seed, systems, (system) => shortSystemOptions(system, layout));
    for (const kept of [MODALITIES, ['log', 'metric'], ['metric']] as const) {
      // By metrics alone the automatic reference stays.
      for (const reference of kept.length === 1 ? (['automatic'] as const) : (['automatic', 'settled'] as const)) {
        const runs = await prepare(sources, bench, { timeErrorsS: [0], withSlices: true, withTexts: false }, kept, reference);
        groups.push({ layout, kept: kept.join(', '), reference, runs });
      }
    }
  }
  return groups;
}

async function* measureServices(bench: Workbench): AsyncGenerator<readonly Table[]> {
  const services: Parameters<typeof measureServiceMetrics>[0][number][] = [];
  for (const { source, testFromNs } of listServiceMetrics()) {
    const [prepared] = await prepare([source], bench, { timeErrorsS: [], withSlices: true, withTexts: false });
    if (prepared !== undefined) {
      services.push({ testFromNs, prepared });
    }
  }
  if (services.length > 0) {
    yield [measureServiceMetrics(services, listDetectors([], []))];
  }
}

const options = parseOptions(process.argv.slice(2));
const bench = await openWorkbench(options.encoders);
const tables: Table[] = [];
try {
  for await (const made of measure(options, bench)) {
    tables.push(...made);
    process.stdout.write(made.map((table) => `${toMarkdown(table)}\n`).join(''));
  }
} finally {
  await bench.close();
}
if (options.jsonFile !== undefined) {
  fs.writeFileSync(options.jsonFile, `${JSON.stringify(tables, undefined, 1)}\n`);
}
reportProgress('done');
