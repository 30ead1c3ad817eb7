/**
 * Root cause on recorded days with the fault time given, no label used: `node --import ./test/typescript.mjs test/benchmarks/quality/rootCause.ts`. Strict scorer, ties share their
 * mean rank. Beside it, on the same numbers: the plain maximum of calibrated families and the naive maximum deviation.
 * With `--details`, every fault that is not ranked first.
 */
import path from 'node:path';
import { accuracyAt, averageAtFive, strictRank } from '../../../src/core/evaluation/ranking.js';
import { calibrate, PART_COUNT, PartScoreCollector, toFamilyScores, type PartScores } from '../../../src/core/features/familyScores.js';
import { FAMILY_COUNT, FEATURE_FAMILIES } from '../../../src/core/features/families.js';
import { scanRange } from '../../../src/core/features/rangeScan.js';
import { scanWindows } from '../../../src/core/features/windowScan.js';
import { fuse } from '../../../src/core/heads/fusion.js';
import { chooseWindowBins } from '../../../src/core/slices/autoWindow.js';
import { createWindowSet, sumRange } from '../../../src/core/slices/windowSet.js';
import { readTelemetry } from '../../../src/engine/pipeline/readTelemetry.js';
import { openStore } from '../../../src/engine/store/openStore.js';
import { findRecordings, type Recording } from './recordings.js';

const BIN_MS = 5000;
const details = process.argv.includes('--details');
const SHIFTS_S = [0, -60, 60];

const store = openStore({ file: path.resolve(import.meta.dirname, '../../../.cache/recordings.db') });
const recordings = findRecordings();
if (recordings.length === 0) {
  write('No recordings: set RUNTIMESLICER_DATA to the folder of the archives.');
}
for (const recording of recordings) {
  await scoreRecording(recording);
}
store.close();

function write(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function scoreRecording({ name, folder, faults }: Recording): Promise<void> {
  const context = { signal: new AbortController().signal, onProgress: () => undefined, onPartial: () => undefined };
  const { bins } = await readTelemetry({ paths: [folder], window: 'auto', provider: 'cpu' }, BIN_MS, store.parsedFiles, context);
  const length = chooseWindowBins(bins);
  const windows = createWindowSet(bins.density, length, Math.round(length / 2));
  const everything = new Uint8Array(windows.starts.length).fill(1);
  const collector = new PartScoreCollector(bins, windows.starts.length);
  const bank = scanWindows(bins, windows, everything, (observation) => {
    collector.add(observation);
  });
  const calibration = calibrate(collector.finish(), everything);
  const scan = (fromBin: number): PartScores => {
    const parts = new PartScoreCollector(bins, 1);
    scanRange(bins, bank, fromBin, fromBin + length, (observation) => {
      observation.window = 0;
      parts.add(observation);
    });
    return parts.finish();
  };
  write(`\n${name}: window ${(length * BIN_MS) / 1000} s, ${faults.length} faults, ${bins.entities.length} services`);
  for (const shift of SHIFTS_S) {
    const rows = faults.flatMap((fault) => {
      const fromBin = Number(fault.startNs / bins.binNs) + shift / (BIN_MS / 1000);
      const truth = bins.entities.indexOf(fault.service);
      const spans = sumRange(bins.density, bins.density.counts, 1, fromBin, fromBin + length);
      const parts = scan(fromBin);
      const families = toFamilyScores(parts, 0, calibration);
      const fused = fuse(families);
      return [
        {
          fault,
          traced: spans > 0,
          rank: strictRank(fused.entity, truth),
          maximum: strictRank(rowMaximum(families, FAMILY_COUNT), truth),
          naive: strictRank(rowMaximum(parts.scores, PART_COUNT), truth),
          families,
          scores: fused.entity,
          truth,
        },
      ];
    });
    const traced = rows.filter((row) => row.traced);
    print(
      `all, time ${shift} s`,
      rows.map((row) => row.rank),
    );
    print(
      `with traces, time ${shift} s`,
      traced.map((row) => row.rank),
    );
    if (shift !== 0) {
      continue;
    }
    print(
      '  plain maximum of calibrated families',
      traced.map((row) => row.maximum),
    );
    print(
      '  naive maximum deviation',
      traced.map((row) => row.naive),
    );
    for (const type of new Set(traced.map((row) => row.fault.type))) {
      print(
        `  ${type}`,
        traced.filter((row) => row.fault.type === type).map((row) => row.rank),
      );
    }
    if (details) {
      for (const row of rows.filter(({ rank }) => rank > 1)) {
        const best = row.scores.indexOf(Math.max(...row.scores));
        const time = new Date(Number(row.fault.startNs / 1_000_000n)).toISOString().slice(11, 19);
        write(`    ${time} ${row.fault.type} ${row.fault.service} rank ${row.rank}: ${describe(row.families, row.truth)}`);
        write(`             first ${bins.entities[best] ?? ''}: ${describe(row.families, best)}`);
      }
    }
  }
}

function rowMaximum(scores: Float32Array, width: number): Float64Array {
  const out = new Float64Array(scores.length / width);
  scores.forEach((score, i) => {
    const row = Math.floor(i / width);
    out[row] = Math.max(out[row] ?? 0, Number.isNaN(score) ? 0 : Math.abs(score));
  });
  return out;
}

function describe(families: Float32Array, entity: number): string {
  return FEATURE_FAMILIES.map((family, i) => ({ id: family.id, score: families[entity * FAMILY_COUNT + i] ?? 0 }))
    .sort((a, b) => b.score - a.score)
    .slice(0, 5)
    .map(({ id, score }) => `${id} ${score.toFixed(1)}`)
    .join(', ');
}

function print(label: string, ranks: readonly number[]): void {
  const figures = [1, 3, 5].map((k) => `AC@${k} ${accuracyAt(ranks, k).toFixed(2)}`);
  write(`${label.padEnd(42)} n ${String(ranks.length).padStart(2)}  ${figures.join('  ')}  Avg@5 ${averageAtFive(ranks).toFixed(2)}`);
}
