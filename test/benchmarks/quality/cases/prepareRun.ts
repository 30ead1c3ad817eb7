/** A run with everything the measures compare: its slices, the ranges after each fault's start, and vectors of both. */
import { judgeSlices } from '../../../../src/core/run/sliceVerdicts.js';
import type { SliceEmbeddings } from '../../../../src/core/tokens/sliceTensors.js';
import { toSliceTexts } from '../baselines/sliceText.js';
import type { Workbench } from '../encoders.js';
import { scanStarts, type RangeScans } from './rangeScan.js';
import type { CaseRun } from './readCase.js';

/** How wrong the given time of a fault is, seconds. */
export const TIME_ERRORS_S = [0, -60, 60] as const;

/** Vectors of slices or ranges, row by row. */
export interface Vectors {
  /** By name of the encoder. */
  readonly embeddings: ReadonlyMap<string, SliceEmbeddings>;
  /** Of the slice as text, by the untuned text encoder; empty when not asked for. */
  readonly texts: readonly Float32Array[];
}

export interface PreparedRun {
  readonly run: CaseRun;
  readonly ranges: RangeScans;
  readonly ofRanges: Vectors;
  /** Without embeddings when not asked for; the product's heads then have nothing to say. */
  readonly ofSlices: Vectors;
}

export interface Preparation {
  readonly timeErrorsS: readonly number[];
  readonly withSlices: boolean;
  readonly withTexts: boolean;
}

export async function prepareRun(run: CaseRun, bench: Workbench, what: Preparation): Promise<PreparedRun> {
  const ranges = scanStarts(
    run,
    what.timeErrorsS.flatMap((errorS) => run.faults.map((fault) => startOf(run, fault.fromBin, errorS))),
  );
  const toVectors = async (scan: CaseRun['scan']): Promise<Vectors> => {
    const embeddings = new Map<string, SliceEmbeddings>();
    for (const encoder of bench.encoders) {
      embeddings.set(encoder.name, await bench.encode(scan, encoder));
    }
    return { embeddings, texts: what.withTexts ? await bench.encodeTexts(toSliceTexts(scan, run.bins.entities)) : [] };
  };
  const ofSlices = what.withSlices ? await toVectors(run.scan) : { embeddings: new Map<string, SliceEmbeddings>(), texts: [] };
  const shipped = ofSlices.embeddings.get(bench.encoders[0]?.name ?? '');
  const verdicts = shipped === undefined ? run.model.verdicts : judgeSlices(run.scan, run.bins, shipped, run.model.heads);
  return { run: { ...run, model: { ...run.model, verdicts } }, ranges, ofRanges: await toVectors(ranges.scan), ofSlices };
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
