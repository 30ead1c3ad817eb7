/**
 * What a detector does on each fault, and where there is none. AUROC compares slices of the same stratum only: on a recorded day those of the
 * same hour that hold the same modalities, because time of day alone tells faults from the rest there, and so do traces that were recorded around
 * faults only.
 */
import { coveredLength, joinAbnormal, matchIncidents, pairIncidents, type Range } from '../../../../src/core/evaluation/incidents.js';
import type { PreparedRun } from '../cases/prepareRun.js';
import { NORMAL_SLICE } from '../cases/readCase.js';
import { SIMULATED } from '../cases/simulatedSystems.js';
import type { Detector } from './detectors.js';

/** What a detector does on one fault, and off all faults. */
export interface FaultTally {
  readonly fault: number;
  readonly type: string;
  readonly stratum: string;
  /** Pairs of its slices with normal ones of the stratum, and how many are in the right order; ties count half. */
  pairs: number;
  wins: number;
  slices: number;
  hits: number;
  isFound: boolean;
  incidents: number;
  /** Has an incident that no other fault counts. */
  isPaired: boolean;
}

export interface DetectionTally {
  readonly faults: readonly FaultTally[];
  readonly falseSlices: number;
  readonly normalSlices: number;
  readonly falseAlarms: number;
  readonly faultFreeHours: number;
}

export function tallyDetection(detector: Detector, threshold: number, runs: readonly PreparedRun[]): DetectionTally {
  const faults: FaultTally[] = [];
  let [falseSlices, normalSlices, falseAlarms, faultFreeHours] = [0, 0, 0, 0];
  // Simulated systems are compared with each other: one threshold has to serve all.
  const normals = new Map<string, number[]>();
  const scoresOf = runs.map((prepared) => detector.score(prepared));
  runs.forEach((prepared, at) => {
    prepared.run.faultOfSlice.forEach((fault, slice) => {
      if (fault === NORMAL_SLICE) {
        const stratum = stratumOf(prepared, slice);
        normals.set(stratum, [...(normals.get(stratum) ?? []), scoresOf[at]?.[slice] ?? 0]);
      }
    });
  });
  for (const list of normals.values()) {
    list.sort((a, b) => a - b);
  }
  runs.forEach((prepared, at) => {
    const { run } = prepared;
    const scores = scoresOf[at] ?? [];
    const own: FaultTally[] = run.faults.map((fault, index) => ({
      fault: index,
      type: fault.type,
      stratum: hourOf(Number(fault.startNs / 1_000_000n)),
      pairs: 0,
      wins: 0,
      slices: 0,
      hits: 0,
      isFound: false,
      incidents: 0,
      isPaired: false,
    }));
    run.faultOfSlice.forEach((fault, slice) => {
      const score = scores[slice] ?? 0;
      const tally = own[fault];
      if (tally === undefined) {
        normalSlices += fault === NORMAL_SLICE ? 1 : 0;
        falseSlices += fault === NORMAL_SLICE && score >= threshold ? 1 : 0;
        return;
      }
      const { pairs, wins } = countWins(score, normals.get(stratumOf(prepared, slice)) ?? []);
      tally.pairs += pairs;
      tally.wins += wins;
      tally.slices++;
      tally.hits += score >= threshold ? 1 : 0;
    });
    const ranges: Range[] = Array.from(run.scan.windows.starts, (start) => ({ from: start, to: start + run.lengthBins }));
    const faultRanges = run.faults.map(({ fromBin, toBin }) => ({ from: fromBin, to: toBin }));
    const incidents =
      detector.findIncidents?.(prepared) ??
      joinAbnormal(
        ranges,
        scores.map((score) => score >= threshold),
      );
    const match = matchIncidents(incidents, faultRanges, run.lengthBins);
    const isPaired = pairIncidents(incidents, faultRanges);
    own.forEach((tally, index) => {
      tally.isPaired = isPaired[index] ?? false;
      tally.isFound = match.isFound[index] ?? false;
      tally.incidents = match.incidentsOfFault[index] ?? 0;
    });
    faults.push(...own);
    falseAlarms += match.falseAlarms;
    faultFreeHours += (coveredLength(ranges, faultRanges) * Number(run.bins.binNs)) / 3.6e12;
  });
  return { faults, falseSlices, normalSlices, falseAlarms, faultFreeHours };
}

/** @param normals ascending */
export function countWins(score: number, normals: readonly number[]): { pairs: number; wins: number } {
  const below = lowerIndex(normals, (value) => value >= score);
  const upTo = lowerIndex(normals, (value) => value > score);
  return { pairs: normals.length, wins: below + (upTo - below) / 2 };
}

/** First index whose value fulfils `isBeyond`, which no earlier one does and every later one. */
function lowerIndex(values: readonly number[], isBeyond: (value: number) => boolean): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBeyond(values[middle] ?? 0)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

function stratumOf({ run }: PreparedRun, slice: number): string {
  if (run.source.group === SIMULATED) {
    return SIMULATED;
  }
  const startMs = ((run.scan.windows.starts[slice] ?? 0) * Number(run.bins.binNs)) / 1e6;
  return `${hourOf(startMs)} ${run.scan.presence[slice] ?? 0}`;
}

function hourOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(11, 13)}:00`;
}
