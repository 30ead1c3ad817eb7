/** A run with everything the measures compare: its slices, the ranges after each fault's start, and embeddings of both. */
import type { SliceEmbeddings } from '../../../../src/core/tokens/sliceTensors.js';
import type { Workbench } from '../encoders.js';
import { scanStarts, type RangeScans } from './rangeScan.js';
import type { CaseRun } from './readCase.js';

/** How wrong the given time of a fault is, seconds. */
export const TIME_ERRORS_S = [0, -60, 60] as const;

export interface PreparedRun {
  readonly run: CaseRun;
  readonly ranges: RangeScans;
  /** By name of the encoder. */
  readonly rangeEmbeddings: ReadonlyMap<string, SliceEmbeddings>;
  readonly sliceEmbeddings: ReadonlyMap<string, SliceEmbeddings>;
}

/** @param what `ranges`: faults with the right time alone, no slice is encoded: enough to train on */
export async function prepareRun(run: CaseRun, bench: Workbench, what: 'ranges' | 'all'): Promise<PreparedRun> {
  const errors = what === 'all' ? TIME_ERRORS_S : ([0] as const);
  const ranges = scanStarts(
    run,
    errors.flatMap((errorS) => run.faults.map((fault) => startOf(run, fault.fromBin, errorS))),
  );
  const rangeEmbeddings = new Map<string, SliceEmbeddings>();
  const sliceEmbeddings = new Map<string, SliceEmbeddings>();
  for (const encoder of bench.encoders) {
    rangeEmbeddings.set(encoder.name, await bench.encode(ranges.scan, encoder));
    if (what === 'all') {
      sliceEmbeddings.set(encoder.name, await bench.encode(run.scan, encoder));
    }
  }
  return { run, ranges, rangeEmbeddings, sliceEmbeddings };
}

export function startOf(run: CaseRun, bin: number, errorS: number): number {
  return bin + Math.round((errorS * 1e9) / Number(run.bins.binNs));
}

/** Row of the range that starts at `bin`. */
export function rowOfStart({ ranges }: Pick<PreparedRun, 'ranges'>, bin: number): number {
  const row = ranges.starts.indexOf(bin);
  if (row < 0) {
    throw new Error(`no range was scanned from bin ${bin}`);
  }
  return row;
}
