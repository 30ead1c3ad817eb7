/** Series told as something else than what was written: a histogram's sum and buckets as what they measured. */
import { growF32, growU32 } from '../math/growableArray.js';
import type { Steps } from '../math/steps.js';
import type { SparseMoments } from './sparseRows.js';
import type { SeriesKey } from './telemetryBins.js';

export interface SeriesTable {
  /** [K] */
  readonly keys: readonly SeriesKey[];
  /** K keys. */
  readonly series: SparseMoments;
}

export interface Replacement {
  readonly key: SeriesKey;
  /** Level at a place of the series it stands for, asked for in ascending order; undefined where nothing was measured: left out. */
  readonly levelAt: (place: number) => number | undefined;
}

/** What others tell already. */
export const LEFT_OUT = 'left out';
/** By key. */
export type Replacements = ReadonlyMap<number, Replacement | typeof LEFT_OUT>;

/** The same series in the same order, but those that are replaced, or left out. Evidence opens where the written series stands. */
export function* replaceSeries(table: SeriesTable, replacements: Replacements): Steps<SeriesTable> {
  if (replacements.size === 0) {
    return table;
  }
  const { keys, series } = table;
  const columns = { bins: growU32(), counts: growF32(), sums: growF32(), squares: growF32(), files: growU32(), lines: growU32() };
  const kept: SeriesKey[] = [];
  const offsets = [0];
  for (const [id, written] of keys.entries()) {
    yield;
    const replacement = replacements.get(id);
    if (replacement === LEFT_OUT) {
      continue;
    }
    kept.push(replacement?.key ?? written);
    for (let place = series.offsets[id] ?? 0; place < (series.offsets[id + 1] ?? 0); place++) {
      const level = replacement?.levelAt(place);
      if (replacement !== undefined && level === undefined) {
        continue;
      }
      columns.bins.push(series.bins[place] ?? 0);
      columns.counts.push(level === undefined ? (series.counts[place] ?? 0) : 1);
      columns.sums.push(level ?? series.sums[place] ?? 0);
      columns.squares.push(level === undefined ? (series.squares[place] ?? 0) : level * level);
      columns.files.push(series.files[place] ?? 0);
      columns.lines.push(series.lines[place] ?? 0);
    }
    offsets.push(columns.bins.length);
  }
  return {
    keys: kept,
    series: {
      offsets: Uint32Array.from(offsets),
      bins: columns.bins.view().slice(),
      counts: columns.counts.view().slice(),
      sums: columns.sums.view().slice(),
      squares: columns.squares.view().slice(),
      files: columns.files.view().slice(),
      lines: columns.lines.view().slice(),
    },
  };
}

export function levelOf({ sums, counts }: SparseMoments, place: number): number {
  return (sums[place] ?? 0) / (counts[place] ?? 1);
}

/** Level of a series by bin, for bins in ascending order; undefined where it has none. */
export function readLevels(series: SparseMoments, key: number): (bin: number) => number | undefined {
  let place = series.offsets[key] ?? 0;
  const end = series.offsets[key + 1] ?? 0;
  return (bin) => {
    while (place < end && (series.bins[place] ?? 0) < bin) {
      place++;
    }
    return place < end && series.bins[place] === bin ? levelOf(series, place) : undefined;
  };
}

/** What names a series among those of its kind: same owner, same labels. */
export function nameOf({ entity, definition }: SeriesKey, { metric, kind, labels } = definition): string {
  return [entity, definition.entity.instance, kind, metric, labels].join('\u0000');
}
