/**
 * A `RecordChunk` as one row of bytes: `[u32 header length][header JSON][columns]`, compressed. Exact in both directions.
 */
import type { LogColumns, PointColumns, RecordChunk, SeriesDefinition, SpanColumns } from '../../core/records.js';
import { chooseCoding, decodeColumn, encodeColumn, encodedBytes } from './columnCoding.js';
import type { Column, ColumnCoding, ColumnType } from './columnCoding.js';
import { compress, decompress } from './compression.js';

/** Change it when the layout changes: older rows then count as unknown and their files are parsed again. */
const LAYOUT = 3;

interface ColumnSpec<Columns> {
  readonly name: keyof Columns & string;
  readonly type: ColumnType;
  /** Mostly growing within a chunk: stored as differences. */
  readonly growing?: boolean;
}

const SPAN_SPECS: readonly ColumnSpec<SpanColumns>[] = [
  { name: 'traceKey', type: 'f64' },
  { name: 'spanKey', type: 'f64' },
  { name: 'parentKey', type: 'f64' },
  { name: 'startNs', type: 'i64', growing: true },
  { name: 'durationNs', type: 'f64' },
  { name: 'service', type: 'u32' },
  { name: 'instance', type: 'u32' },
  { name: 'operation', type: 'u32' },
  { name: 'status', type: 'u8' },
  { name: 'peer', type: 'u32' },
  { name: 'offset', type: 'f64', growing: true },
  { name: 'line', type: 'u32', growing: true },
];
const LOG_SPECS: readonly ColumnSpec<LogColumns>[] = [
  { name: 'timeNs', type: 'i64', growing: true },
  { name: 'service', type: 'u32' },
  { name: 'instance', type: 'u32' },
  { name: 'shape', type: 'u32' },
  { name: 'severity', type: 'u8' },
  { name: 'traceKey', type: 'f64' },
  { name: 'spanKey', type: 'f64' },
  { name: 'offset', type: 'f64', growing: true },
  { name: 'line', type: 'u32', growing: true },
];
const POINT_SPECS: readonly ColumnSpec<PointColumns>[] = [
  { name: 'timeNs', type: 'i64', growing: true },
  { name: 'series', type: 'u32' },
  { name: 'value', type: 'f64' },
  { name: 'offset', type: 'f64', growing: true },
  { name: 'line', type: 'u32', growing: true },
];

interface Header {
  readonly layout: number;
  readonly strings: readonly string[];
  readonly series: readonly SeriesDefinition[];
  readonly spans: number;
  readonly logs: number;
  readonly points: number;
  /** In the order of the columns: spans, logs, points. */
  readonly codings: readonly ColumnCoding[];
}

type ColumnsOf<Columns> = Readonly<Record<keyof Columns & string, Column>>;

export function encodeChunk(chunk: RecordChunk): Uint8Array {
  const codings: ColumnCoding[] = [];
  const parts: Uint8Array[] = [];
  const add = <Columns>(specs: readonly ColumnSpec<Columns>[], columns: ColumnsOf<Columns>): number => {
    const length = specs[0] === undefined ? 0 : columns[specs[0].name].length;
    for (const { name, type, growing } of specs) {
      const column = columns[name];
      if (column.length !== length) {
        throw new Error(`column ${name} has ${column.length} values, the first of its kind ${length}`);
      }
      const coding = chooseCoding(column, type, growing === true);
      codings.push(coding);
      parts.push(encodeColumn(column, coding));
    }
    return length;
  };
  const spans = add<SpanColumns>(SPAN_SPECS, chunk.spans);
  const logs = add<LogColumns>(LOG_SPECS, chunk.logs);
  const points = add<PointColumns>(POINT_SPECS, chunk.points);
  const header: Header = { layout: LAYOUT, strings: chunk.newStrings, series: chunk.newSeries, spans, logs, points, codings };
  const headerBytes = Buffer.from(JSON.stringify(header), 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32LE(headerBytes.length);
  return compress(Buffer.concat([length, headerBytes, ...parts]));
}

/** Throws when the row is damaged or of another layout. */
export function decodeChunk(row: Uint8Array): RecordChunk {
  const bytes = decompress(row);
  const headerLength = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).readUInt32LE(0);
  const header = JSON.parse(Buffer.from(bytes.subarray(4, 4 + headerLength)).toString('utf8')) as Header;
  if (header.layout !== LAYOUT) {
    throw new Error(`chunk has layout ${header.layout}, this version reads ${LAYOUT}`);
  }
  const codings = header.codings.values();
  let at = 4 + headerLength;
  const take = <Columns>(specs: readonly ColumnSpec<Columns>[], length: number): Columns => {
    const columns: Record<string, Column> = {};
    for (const { name, type } of specs) {
      const coding = codings.next().value ?? 'raw';
      const size = encodedBytes(type, coding, length);
      if (at + size > bytes.length) {
        throw new Error(`chunk ends at byte ${bytes.length}, column ${name} needs ${at + size}`);
      }
      columns[name] = decodeColumn(bytes.subarray(at, at + size), type, coding);
      at += size;
    }
    // The specs name every column with its type: what encodeChunk wrote is what Columns declares.
    return columns as Columns;
  };
  const spans = take<SpanColumns>(SPAN_SPECS, header.spans);
  const logs = take<LogColumns>(LOG_SPECS, header.logs);
  const points = take<PointColumns>(POINT_SPECS, header.points);
  return { newStrings: header.strings, newSeries: header.series, spans, logs, points };
}
