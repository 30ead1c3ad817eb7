/**
 * How good the encoder, the states and the heads are, beside simple baselines on the same splits by the same scorer: `npm run bench -- quality`, or
 * `node --import ./test/typescript.mjs test/benchmarks/quality/quality.ts [options]` (options.ts). Markdown tables on stdout, 95 % intervals
 * by bootstrap over faults. On simulated systems that pretraining never saw, and on recorded days where this machine has them.
 */
import fs from 'node:fs';
import { MODALITIES } from '../../../src/core/records.js';
import { readHeads } from '../../../src/engine/pipeline/embedRun.js';
import { prepareRun, type PreparedRun } from './cases/prepareRun.js';
import { listRecordedDays } from './cases/recordedDays.js';
import { readCase } from './cases/readCase.js';
import type { CaseSource } from './cases/caseSource.js';
import { HELD_OUT_SEED, prepareSimulatedSystems, PROBE_SEED } from './cases/simulatedSystems.js';
import { openWorkbench, type Workbench } from './encoders.js';
import { measureRootCause } from './measures/rootCause.js';
import { listRootCauseScorers } from './measures/rootCauseScorers.js';
import { parseOptions, type BenchmarkOptions } from './options.js';
import { reportProgress } from './progress.js';
import { toMarkdown, type Table } from './table.js';

async function prepare(sources: readonly CaseSource[], bench: Workbench, what: 'ranges' | 'all'): Promise<PreparedRun[]> {
  const heads = readHeads();
  const prepared: PreparedRun[] = [];
  for (const source of sources) {
    reportProgress(`reading and encoding ${source.name}`);
    const run = await readCase(source, MODALITIES, heads, bench.dependencies);
    if (run !== undefined) {
      prepared.push(await prepareRun(run, bench, what));
    }
  }
  return prepared;
}

function toGroups(runs: readonly PreparedRun[]): Map<string, PreparedRun[]> {
  return Map.groupBy(runs, ({ run }) => run.source.group);
}

async function run(options: BenchmarkOptions): Promise<Table[]> {
  const recorded = listRecordedDays();
  if (recorded.length === 0) {
    reportProgress('No recordings: set RUNTIMESLICER_DATA to the folder of the archives. Simulated systems alone are measured.');
  }
  const heldOut = await prepareSimulatedSystems('held-out', HELD_OUT_SEED, options.systems);
  const probe = await prepareSimulatedSystems('probe-systems', PROBE_SEED, options.probeSystems);
  const bench = await openWorkbench(options.encoders);
  const tables: Table[] = [];
  const print = (made: readonly Table[]): void => {
    for (const table of made) {
      tables.push(table);
      process.stdout.write(`${toMarkdown(table)}\n`);
    }
  };
  try {
    const names = bench.encoders.map(({ name }) => name);
    const training = await prepare(probe, bench, 'ranges');
    const groups = toGroups(await prepare([...heldOut, ...recorded], bench, 'all'));
    if (options.measures.has('root-cause')) {
      const scorers = listRootCauseScorers(training, names);
      for (const [group, runs] of groups) {
        print(measureRootCause(group, runs, scorers, options.details));
      }
    }
  } finally {
    await bench.close();
  }
  return tables;
}

const options = parseOptions(process.argv.slice(2));
const tables = await run(options);
if (options.jsonFile !== undefined) {
  fs.writeFileSync(options.jsonFile, `${JSON.stringify(tables, undefined, 1)}\n`);
}
reportProgress('done');
