/** Time windows on base bins: regular grids that leave out windows without any record. */
import type { SparseCounts } from '../aggregate/sparseRows.js';

/** Windows `[starts[i], starts[i] + lengthBins)` in absolute bins, ascending; starts are multiples of `stepBins`. */
export interface WindowSet {
  readonly starts: Uint32Array;
  readonly lengthBins: number;
  readonly stepBins: number;
  /** Window index by start bin. */
  readonly indexByStart: ReadonlyMap<number, number>;
}

/** All windows of the regular grid that hold at least one entry of `density`. Overlapping when the step is shorter than the window. */
export function createWindowSet(density: SparseCounts, lengthBins: number, stepBins: number): WindowSet {
  const starts = new Set<number>();
  let previous = -1;
  for (const bin of density.bins) {
    if (bin === previous) {
      continue;
    }
    previous = bin;
    forEachStart(bin, lengthBins, stepBins, (start) => starts.add(start));
  }
  return toWindowSet(Uint32Array.from(starts).sort(), lengthBins, stepBins);
}

export function toWindowSet(starts: Uint32Array, lengthBins: number, stepBins: number): WindowSet {
  const indexByStart = new Map<number, number>();
  starts.forEach((start, index) => indexByStart.set(start, index));
  return { starts, lengthBins, stepBins, indexByStart };
}

/** How many windows can be taken so that no two overlap. */
export function countDisjoint({ starts, lengthBins }: Pick<WindowSet, 'starts' | 'lengthBins'>): number {
  let count = 0;
  let untilBin = 0;
  for (const start of starts) {
    if (start >= untilBin) {
      count++;
      untilBin = start + lengthBins;
    }
  }
  return count;
}

/** Calls back with the start of every grid window that covers `bin`, latest first. */
export function forEachStart(bin: number, lengthBins: number, stepBins: number, visit: (start: number) => void): void {
  for (let start = Math.floor(bin / stepBins) * stepBins; start > bin - lengthBins && start >= 0; start -= stepBins) {
    visit(start);
  }
}

/**
 * Sums one key's entries into the windows.
 * @param out [windows] is overwritten: sum of `values` (a column of `table`) over the bins of each window
 */
export function sumIntoWindows(table: SparseCounts, values: Float32Array, key: number, windows: WindowSet, out: Float64Array): void {
  out.fill(0);
  const end = table.offsets[key + 1] ?? 0;
  for (let entry = table.offsets[key] ?? 0; entry < end; entry++) {
    const bin = table.bins[entry] ?? 0;
    const value = values[entry] ?? 0;
    const { lengthBins, stepBins } = windows;
    for (let start = Math.floor(bin / stepBins) * stepBins; start > bin - lengthBins && start >= 0; start -= stepBins) {
      const window = windows.indexByStart.get(start);
      if (window !== undefined) {
        out[window] = (out[window] ?? 0) + value;
      }
    }
  }
}

/** First entry of `key` at or after `bin`. */
export function lowerEntry(table: SparseCounts, key: number, bin: number): number {
  let low = table.offsets[key] ?? 0;
  let high = table.offsets[key + 1] ?? 0;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((table.bins[middle] ?? 0) < bin) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/** Sum of a column of `table` over the entries of `key` in bins `[fromBin, toBin)`. */
export function sumRange(table: SparseCounts, values: Float32Array, key: number, fromBin: number, toBin: number): number {
  const end = table.offsets[key + 1] ?? 0;
  let sum = 0;
  for (let entry = lowerEntry(table, key, fromBin); entry < end && (table.bins[entry] ?? 0) < toBin; entry++) {
    sum += values[entry] ?? 0;
  }
  return sum;
}
