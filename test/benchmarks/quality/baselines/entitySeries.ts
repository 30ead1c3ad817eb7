/** Plain time series per service, as methods without tokens read them: metrics as sampled; duration, rate and errors of each operation by cell. */
import type { SparseCounts } from '../../../../src/core/aggregate/sparseRows.js';
import type { TelemetryBins } from '../../../../src/core/aggregate/telemetryBins.js';
import type { FamilyId } from '../../../../src/core/features/families.js';
import { lowerEntry } from '../../../../src/core/slices/windowSet.js';

/** `internal`: what a service does by itself (resources, own time, own errors); `external`: what is seen of it from outside (traffic, total latency). */
export type Side = 'internal' | 'external';

export interface EntitySeries {
  readonly entity: number;
  readonly side: Side;
  /** Middle of the time each value stands for, in bins, ascending. */
  readonly at: Float64Array;
  readonly values: Float64Array;
}

const EXTERNAL = new Set<FamilyId>(['metric-traffic', 'metric-latency']);

/** @param cellBins length of the cells that spans are counted in */
export function toEntitySeries(bins: TelemetryBins, cellBins: number): EntitySeries[] {
  const traced = new Set<number>();
  for (let entry = bins.density.offsets[1] ?? 0; entry < (bins.density.offsets[2] ?? 0); entry++) {
    traced.add(Math.floor((bins.density.bins[entry] ?? 0) / cellBins));
  }
  const cells = [...traced].sort((a, b) => a - b);
  const middle = (cell: number): number => (cell + 0.5) * cellBins;
  const out: EntitySeries[] = [];
  const add = (entity: number, side: Side, points: readonly (readonly [number, number])[]): void => {
    if (points.length > 0) {
      out.push({ entity, side, at: Float64Array.from(points, ([at]) => at), values: Float64Array.from(points, ([, value]) => value) });
    }
  };
  bins.seriesKeys.forEach((key, index) => {
    const { series } = bins;
    const half = key.intervalNs / Number(bins.binNs) / 2;
    const points: [number, number][] = [];
    for (let entry = series.offsets[index] ?? 0; entry < (series.offsets[index + 1] ?? 0); entry++) {
      points.push([(series.bins[entry] ?? 0) + 0.5 - half, (series.sums[entry] ?? 0) / Math.max(1, series.counts[entry] ?? 1)]);
    }
    add(key.entity, EXTERNAL.has(key.family) ? 'external' : 'internal', points);
  });
  bins.momentKeys.forEach((key, index) => {
    if (key.part === 'gap') {
      return;
    }
    const counts = sumCells(bins.moments, bins.moments.counts, index, cellBins);
    const sums = sumCells(bins.moments, bins.moments.sums, index, cellBins);
    const means = [...counts].map(([cell, n]) => [middle(cell), Math.expm1((sums.get(cell) ?? 0) / n)] as const);
    add(key.entity, key.part === 'self' ? 'internal' : 'external', means);
    if (key.part === 'duration') {
      add(
        key.entity,
        'external',
        cells.map((cell) => [middle(cell), counts.get(cell) ?? 0] as const),
      );
    }
  });
  bins.rateKeys.forEach((key, index) => {
    if (key.family !== 'trace-errors') {
      return;
    }
    const cases = sumCells(bins.denominators, bins.denominators.counts, key.denominator, cellBins);
    const events = sumCells(bins.rates, bins.rates.counts, index, cellBins);
    add(
      key.entity,
      'internal',
      [...cases].map(([cell, n]) => [middle(cell), (events.get(cell) ?? 0) / n] as const),
    );
  });
  return out;
}

/** Sum of a column of one key by cell, cells ascending. */
function sumCells(table: SparseCounts, column: Float32Array, key: number, cellBins: number): Map<number, number> {
  const sums = new Map<number, number>();
  for (let entry = lowerEntry(table, key, 0); entry < (table.offsets[key + 1] ?? 0); entry++) {
    const cell = Math.floor((table.bins[entry] ?? 0) / cellBins);
    sums.set(cell, (sums.get(cell) ?? 0) + (column[entry] ?? 0));
  }
  return sums;
}
