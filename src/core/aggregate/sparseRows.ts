/**
 * Sparse (key, bin) tables: what base bins are stored as. Built by hashing, kept as compressed rows:
 * the entries of key `k` are `offsets[k] .. offsets[k + 1]`, with ascending bins. Each entry remembers one record (file, line).
 * Bins are absolute: `floor(epoch ns / bin ns)`.
 */
import { growF32, growU32, type GrowableArray } from '../math/growableArray.js';
import { PairIndex } from '../math/pairIndex.js';
import { releaseMemory } from '../math/releaseMemory.js';

/** Dimension letters: N entries, K keys. */
export interface SparseCounts {
  /** [K + 1] */
  readonly offsets: Uint32Array;
  /** [N] */
  readonly bins: Uint32Array;
  /** [N] */
  readonly counts: Float32Array;
  /** [N] file id and 1-based line of one record behind the entry. */
  readonly files: Uint32Array;
  readonly lines: Uint32Array;
}

export interface SparseMoments extends SparseCounts {
  /** [N] sum and sum of squares of the observed values; `counts` says of how many. */
  readonly sums: Float32Array;
  readonly squares: Float32Array;
}

/** Adds counts; the exemplar is the first record of each entry. */
export class SparseCountsBuilder {
  private readonly index = new PairIndex();
  private readonly counts = growF32();
  private readonly files = growU32();
  private readonly lines = growU32();

  add(key: number, bin: number, count: number, file: number, line: number): void {
    const before = this.index.size;
    const entry = this.index.indexOf(key, bin);
    if (entry === before) {
      this.counts.push(count);
      this.files.push(file);
      this.lines.push(line);
    } else {
      this.counts.addAt(entry, count);
    }
  }

  /** Ends the builder: its memory is given back. */
  build(nKeys: number): SparseCounts {
    const { offsets, bins, rows } = toRowOrder(this.index, nKeys);
    const table = {
      offsets,
      bins,
      counts: takeF32(this.counts, rows),
      files: takeU32(this.files, rows),
      lines: takeU32(this.lines, rows),
    };
    releaseMemory(rows);
    return table;
  }
}

/** Adds observations; the exemplar is the record with the largest value. */
export class SparseMomentsBuilder {
  private readonly index = new PairIndex();
  private readonly counts = growF32();
  private readonly sums = growF32();
  private readonly squares = growF32();
  private readonly largest = growF32();
  private readonly files = growU32();
  private readonly lines = growU32();

  add(key: number, bin: number, value: number, file: number, line: number): void {
    const before = this.index.size;
    const entry = this.index.indexOf(key, bin);
    if (entry === before) {
      this.counts.push(1);
      this.sums.push(value);
      this.squares.push(value * value);
      this.largest.push(value);
      this.files.push(file);
      this.lines.push(line);
      return;
    }
    this.counts.addAt(entry, 1);
    this.sums.addAt(entry, value);
    this.squares.addAt(entry, value * value);
    if (value > this.largest.at(entry)) {
      this.largest.set(entry, value);
      this.files.set(entry, file);
      this.lines.set(entry, line);
    }
  }

  /** Ends the builder: its memory is given back. */
  build(nKeys: number): SparseMoments {
    this.largest.clear();
    const { offsets, bins, rows } = toRowOrder(this.index, nKeys);
    const table = {
      offsets,
      bins,
      counts: takeF32(this.counts, rows),
      sums: takeF32(this.sums, rows),
      squares: takeF32(this.squares, rows),
      files: takeU32(this.files, rows),
      lines: takeU32(this.lines, rows),
    };
    releaseMemory(rows);
    return table;
  }
}

interface RowOrder {
  readonly offsets: Uint32Array;
  readonly bins: Uint32Array;
  /** [N] entry index of the hash for each place in row order. */
  readonly rows: Uint32Array;
}

/** Counting sort by key, then by bin within each key. The index is released. */
function toRowOrder(index: PairIndex, nKeys: number): RowOrder {
  const n = index.size;
  const offsets = new Uint32Array(nKeys + 1);
  for (let entry = 0; entry < n; entry++) {
    const key = index.first(entry);
    offsets[key + 1] = (offsets[key + 1] ?? 0) + 1;
  }
  for (let key = 0; key < nKeys; key++) {
    offsets[key + 1] = (offsets[key + 1] ?? 0) + (offsets[key] ?? 0);
  }
  const next = offsets.slice(0, nKeys);
  const rows = new Uint32Array(n);
  for (let entry = 0; entry < n; entry++) {
    const key = index.first(entry);
    const place = next[key] ?? 0;
    rows[place] = entry;
    next[key] = place + 1;
  }
  for (let key = 0; key < nKeys; key++) {
    const row = rows.subarray(offsets[key], offsets[key + 1]);
    if (!isAscending(index, row)) {
      row.sort((a, b) => index.second(a) - index.second(b));
    }
  }
  const bins = new Uint32Array(n);
  for (let place = 0; place < n; place++) {
    bins[place] = index.second(rows[place] ?? 0);
  }
  index.release();
  return { offsets, bins, rows };
}

/** Most telemetry arrives in the order of time. */
function isAscending(index: PairIndex, rows: Uint32Array): boolean {
  for (let i = 1; i < rows.length; i++) {
    if (index.second(rows[i - 1] ?? 0) > index.second(rows[i] ?? 0)) {
      return false;
    }
  }
  return true;
}

/** The column in row order; what it held is released. */
function takeF32(column: GrowableArray<Float32Array>, rows: Uint32Array): Float32Array {
  const values = column.view();
  const out = new Float32Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    out[i] = values[rows[i] ?? 0] ?? 0;
  }
  column.clear();
  return out;
}

function takeU32(column: GrowableArray<Uint32Array>, rows: Uint32Array): Uint32Array {
  const values = column.view();
  const out = new Uint32Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    out[i] = values[rows[i] ?? 0] ?? 0;
  }
  column.clear();
  return out;
}
