/** In which unit a table of spans without end times writes durations. */
import type { FileHead } from '../formatReader.js';
import { findTimeNs } from '../fields/timestamps.js';
import { splitCsvLine, type CsvTable } from './csvTable.js';

const NAMED_SCALES: readonly (readonly [RegExp, number])[] = [
  [/(?:nanos?|ns|\(ns\))$/i, 1],
  [/(?:micros?|us|µs|\((?:us|µs)\))$/i, 1e3],
  [/(?:millis?|ms|\(ms\))$/i, 1e6],
  [/(?:_s|sec|secs|seconds|\(s\))$/i, 1e9],
];
/** A child that begins this long after its parent tells units apart, ns: times in ms are rounded. */
const LEAST_OFFSET_NS = 2e6;
const LEAST_PAIRS = 3;
const MOST_OUTSIDE = 0.05;

/** Columns of a table of spans, -1 where there is none. */
export interface SpanColumns {
  readonly traceId: number;
  readonly spanId: number;
  readonly parentId: number;
  readonly start: number;
  readonly duration: number;
}

/**
 * ns per unit of the duration column: by its header, else the unit of the start time (a tracer writes both from one clock); for start times in
 * seconds, ms or as text µs where calls then still lie within their callers, and else ms.
 */
export function findDurationScale(head: FileHead, table: CsvTable, columns: SpanColumns): number {
  const name = table.names[columns.duration] ?? '';
  for (const [pattern, scale] of NAMED_SCALES) {
    if (pattern.test(name)) {
      return scale;
    }
  }
  const starts = table.sample.map((row) => row[columns.start] ?? '');
  const digits = starts.filter((start) => /^\d{10,19}$/.test(start)).map((start) => start.length);
  const longest = Math.max(0, ...digits);
  return longest >= 18 ? 1 : longest >= 15 || isNested(head, table, columns, 1e3) ? 1e3 : 1e6;
}

/**
 * Whether calls begin while their caller lasts, in durations of this unit. With a unit too small they begin long after; with one too large they
 * always lie within, so the smallest that fits is the one.
 */
function isNested(head: FileHead, table: CsvTable, columns: SpanColumns, scale: number): boolean {
  const delimiter = String.fromCharCode(table.delimiter);
  const rows = head.lines.slice(table.skippedLines + 1).map((line) => splitCsvLine(line, delimiter));
  const keyOf = (row: readonly string[], id: number): string => `${row[columns.traceId] ?? ''} ${row[id] ?? ''}`;
  const startOf = (row: readonly string[] | undefined): bigint | undefined => findTimeNs(row?.[columns.start] ?? '', 0);
  const bySpan = new Map(rows.map((row) => [keyOf(row, columns.spanId), row]));
  const within = rows.flatMap((row) => {
    const parent = bySpan.get(keyOf(row, columns.parentId));
    const [from, callerFrom] = [startOf(row), startOf(parent)];
    const offset = from === undefined || callerFrom === undefined ? 0 : Number(from - callerFrom);
    return offset >= LEAST_OFFSET_NS ? [offset <= Number(parent?.[columns.duration]) * scale] : [];
  });
  return within.length >= LEAST_PAIRS && within.filter((is) => !is).length <= MOST_OUTSIDE * within.length;
}
