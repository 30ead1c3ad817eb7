/** Who called whom in a range, as spans and metrics of clients tell. */
import type { TelemetryBins } from '../aggregate/telemetryBins.js';
import type { Observation } from '../features/windowScan.js';
import type { Evidence } from '../heads/evidence.js';
import { getOrAdd } from '../math/getOrAdd.js';
import { sumRange } from '../slices/windowSet.js';

export interface GraphEdge {
  readonly caller: number;
  readonly callee: number;
  /** Spans of calls in the range; 0 where metrics alone tell of them. */
  readonly calls: number;
  /** Largest calibrated deviation of what is known of these calls, 0 where nothing of it is evidence. */
  readonly score: number;
}

/** @param fromBin,toBin half-open, in absolute bins @param evidence of that range, from these observations */
export function toCallGraph(
  bins: TelemetryBins,
  fromBin: number,
  toBin: number,
  { evidence, observations }: { readonly evidence: readonly Evidence[]; readonly observations: readonly Observation[] },
): GraphEdge[] {
  const measured = measuredBetween(bins, fromBin, toBin);
  const ofCallee = new Map<number, number>();
  const ofSeries = new Map<number, number>();
  for (const { family, entity, score, observation } of evidence) {
    if (family === 'trace-gap' || family === 'trace-duration' || family === 'trace-errors') {
      ofCallee.set(entity, Math.max(ofCallee.get(entity) ?? 0, score));
    }
    const observed = observations[observation];
    if (observed?.kind === 'series') {
      ofSeries.set(observed.key, Math.max(ofSeries.get(observed.key) ?? 0, score));
    }
  }
  return bins.edges.flatMap(({ caller, callee }, edge) => {
    const calls = sumRange(bins.calls, bins.calls.counts, edge, fromBin, toBin);
    const series = measured.get(pairOf(caller, callee)) ?? [];
    const score = series.reduce((most, key) => Math.max(most, ofSeries.get(key) ?? 0), calls > 0 ? (ofCallee.get(callee) ?? 0) : 0);
    return calls > 0 || series.length > 0 ? [{ caller, callee, calls, score }] : [];
  });
}

const pairOf = (caller: number, callee: number): string => `${caller} ${callee}`;

/** Series with points in the range by whose calls they measure. */
function measuredBetween({ seriesKeys, series }: TelemetryBins, fromBin: number, toBin: number): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, number[]>();
  for (const [key, { entity, alsoBlames = -1 }] of seriesKeys.entries()) {
    if (alsoBlames >= 0 && sumRange(series, series.counts, key, fromBin, toBin) > 0) {
      getOrAdd(found, pairOf(entity, alsoBlames), () => []).push(key);
    }
  }
  return found;
}
