/**
 * Detection on metrics of services that one setting was chosen on. Anomalies there last hours, of which often only the beginning is unusual against what
 * came before: so beside AUROC of each slice the point-adjusted F1 that is customary with such data (an anomaly is found whole when any slice of it is),
 * at the best threshold of each service, and what the product itself calls incidents.
 */
import { bootstrap, meanOf, type Estimate } from '../../../../src/core/evaluation/bootstrap.js';
import { auroc } from '../../../../src/core/evaluation/ranking.js';
import type { PreparedRun } from '../cases/prepareRun.js';
import { NORMAL_SLICE } from '../cases/readCase.js';
import type { Cell, Table } from '../table.js';
import { findIncidents, type Detector } from './detectors.js';

interface PreparedService {
  readonly prepared: PreparedRun;
  /** Where the time begins that has labels. */
  readonly testFromNs: bigint;
}

interface ScoredService {
  /** Of slices in the time that has labels, in order. */
  readonly scores: readonly number[];
  /** Position of the anomaly that a slice lies in, NORMAL_SLICE for none. */
  readonly anomalies: readonly number[];
}

/** Thresholds that are tried: these quantiles of a service's own scores. */
const QUANTILES: readonly number[] = [
  ...Array.from({ length: 25 }, (_, i) => 0.5 + 0.02 * i),
  ...Array.from({ length: 50 }, (_, i) => 0.99 + 0.0002 * i),
];
const DAY_NS = 86_400_000_000_000;

export function measureServiceMetrics(services: readonly PreparedService[], detectors: readonly Detector[]): Table {
  const overServices = (values: readonly number[]): Estimate =>
    bootstrap(values.length, (units) => meanOf(units.map((unit) => values[unit] ?? NaN)));
  const rows = detectors.map(({ name, score }): Cell[] => {
    const scored = services.map(({ prepared, testFromNs }) => scoreService(prepared, score(prepared), testFromNs));
    return [name, overServices(scored.map(areaOf)), overServices(scored.map(bestAdjustedF1))];
  });
  const own = services.map(countIncidents);
  const anomalies = services.reduce((sum, { prepared }) => sum + prepared.run.faults.length, 0);
  const sumOf = (read: (count: (typeof own)[number]) => number): number => own.reduce((sum, count) => sum + read(count), 0);
  return {
    title: 'Detection, online services, metrics alone',
    note: `${services.length} services, ${anomalies} labelled anomalies. Incidents of the product, at its own threshold: ${sumOf(({ found }) => found)} anomalies found, ${(sumOf(({ isFalse }) => isFalse) / sumOf(({ days }) => days)).toFixed(2)} false incidents a day and service. Intervals by bootstrap over services; one setting was chosen with these in view.`,
    columns: ['detector', 'AUROC per slice', 'point-adjusted F1, best threshold'],
    rows,
  };
}

function scoreService({ run }: PreparedRun, scores: readonly number[], testFromNs: bigint): ScoredService {
  const from = Number(testFromNs / run.bins.binNs);
  const slices = [...run.faultOfSlice.keys()].filter(
    (slice) => (run.scan.windows.starts[slice] ?? 0) >= from && (run.faultOfSlice[slice] ?? NORMAL_SLICE) >= NORMAL_SLICE,
  );
  return {
    scores: slices.map((slice) => scores[slice] ?? 0),
    anomalies: slices.map((slice) => run.faultOfSlice[slice] ?? NORMAL_SLICE),
  };
}

const areaOf = ({ scores, anomalies }: ScoredService): number =>
  auroc(
    scores,
    anomalies.map((anomaly) => anomaly !== NORMAL_SLICE),
  ) ?? NaN;

/** Exported for its test. */
export function bestAdjustedF1({ scores, anomalies }: ScoredService): number {
  const ascending = [...scores].sort((a, b) => a - b);
  const strongest = new Map<number, { most: number; slices: number }>();
  const normal: number[] = [];
  anomalies.forEach((anomaly, i) => {
    const score = scores[i] ?? 0;
    if (anomaly === NORMAL_SLICE) {
      normal.push(score);
      return;
    }
    const known = strongest.get(anomaly) ?? { most: -Infinity, slices: 0 };
    strongest.set(anomaly, { most: Math.max(known.most, score), slices: known.slices + 1 });
  });
  const positives = scores.length - normal.length;
  const f1At = (threshold: number): number => {
    const hits = [...strongest.values()].reduce((sum, { most, slices }) => sum + (most > threshold ? slices : 0), 0);
    const falseSlices = normal.filter((score) => score > threshold).length;
    return positives === 0 ? NaN : (2 * hits) / (hits + falseSlices + positives);
  };
  return QUANTILES.reduce((best, q) => Math.max(best, f1At(ascending[Math.floor(q * ascending.length)] ?? 0)), 0);
}

function countIncidents({ prepared, testFromNs }: PreparedService): {
  readonly found: number;
  readonly isFalse: number;
  readonly days: number;
} {
  const { run } = prepared;
  const binNs = Number(run.bins.binNs);
  const from = Number(testFromNs) / binNs;
  const last = run.scan.windows.starts.at(-1) ?? from;
  const incidents = findIncidents(prepared).filter((incident) => incident.from >= from);
  const touches = (
    { fromBin, toBin }: { readonly fromBin: number; readonly toBin: number },
    incident: { from: number; to: number },
  ): boolean => incident.from < toBin && fromBin < incident.to;
  return {
    found: run.faults.filter((fault) => incidents.some((incident) => touches(fault, incident))).length,
    isFalse: incidents.filter((incident) => run.faults.every((fault) => !touches(fault, incident))).length,
    days: ((last - from) * binNs) / DAY_NS,
  };
}
