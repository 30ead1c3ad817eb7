import type { LogColumns, PointColumns, SpanColumns } from '../../core/records.js';

/** Records per allocation step; chunks are cut to their exact size when they are finished. */
const FIRST_CAPACITY = 1_024;

interface Table {
  length: number;
  capacity: number;
}

export type SpanTable = Table & { -readonly [K in keyof SpanColumns]: SpanColumns[K] };
export type LogTable = Table & { -readonly [K in keyof LogColumns]: LogColumns[K] };
export type PointTable = Table & { -readonly [K in keyof PointColumns]: PointColumns[K] };

export function createSpanTable(capacity = 0): SpanTable {
  return {
    length: 0,
    capacity,
    traceKey: new Float64Array(capacity),
    spanKey: new Float64Array(capacity),
    parentKey: new Float64Array(capacity),
    startNs: new BigInt64Array(capacity),
    durationNs: new Float64Array(capacity),
    service: new Uint32Array(capacity),
    instance: new Uint32Array(capacity),
    operation: new Uint32Array(capacity),
    status: new Uint8Array(capacity),
    peer: new Uint32Array(capacity),
    offset: new Float64Array(capacity),
    line: new Uint32Array(capacity),
  };
}

export function createLogTable(capacity = 0): LogTable {
  return {
    length: 0,
    capacity,
    timeNs: new BigInt64Array(capacity),
    service: new Uint32Array(capacity),
    instance: new Uint32Array(capacity),
    shape: new Uint32Array(capacity),
    severity: new Uint8Array(capacity),
    traceKey: new Float64Array(capacity),
    spanKey: new Float64Array(capacity),
    offset: new Float64Array(capacity),
    line: new Uint32Array(capacity),
  };
}

export function createPointTable(capacity = 0): PointTable {
  return {
    length: 0,
    capacity,
    timeNs: new BigInt64Array(capacity),
    series: new Uint32Array(capacity),
    value: new Float64Array(capacity),
    offset: new Float64Array(capacity),
    line: new Uint32Array(capacity),
  };
}

/** Space for one more row: the same table, or a larger one with the same rows. */
export function reserveSpan(table: SpanTable): SpanTable {
  return table.length < table.capacity ? table : copySpans(table, nextCapacity(table));
}

export function reserveLog(table: LogTable): LogTable {
  return table.length < table.capacity ? table : copyLogs(table, nextCapacity(table));
}

export function reservePoint(table: PointTable): PointTable {
  return table.length < table.capacity ? table : copyPoints(table, nextCapacity(table));
}

function nextCapacity(table: Table): number {
  return Math.max(FIRST_CAPACITY, table.capacity * 2);
}

/** The rows as columns of exactly their number. */
export function toSpanColumns(table: SpanTable): SpanColumns {
  return stripTable(table.length === table.capacity ? table : copySpans(table, table.length));
}

export function toLogColumns(table: LogTable): LogColumns {
  return stripTable(table.length === table.capacity ? table : copyLogs(table, table.length));
}

export function toPointColumns(table: PointTable): PointColumns {
  return stripTable(table.length === table.capacity ? table : copyPoints(table, table.length));
}

/** Takes the bookkeeping off; the table is not used any more afterwards. */
function stripTable<T extends Table>(table: T): Omit<T, 'length' | 'capacity'> {
  const columns: Omit<T, 'length' | 'capacity'> & Partial<Table> = table;
  delete columns.length;
  delete columns.capacity;
  return columns;
}

function resized<A extends Float64Array | BigInt64Array | Uint32Array | Uint8Array>(from: A, to: A, length: number): A {
  to.set(from.subarray(0, length) as never);
  return to;
}

function copySpans(table: SpanTable, capacity: number): SpanTable {
  const next = createSpanTable(capacity);
  const n = table.length;
  next.length = n;
  resized(table.traceKey, next.traceKey, n);
  resized(table.spanKey, next.spanKey, n);
  resized(table.parentKey, next.parentKey, n);
  resized(table.startNs, next.startNs, n);
  resized(table.durationNs, next.durationNs, n);
  resized(table.service, next.service, n);
  resized(table.instance, next.instance, n);
  resized(table.operation, next.operation, n);
  resized(table.status, next.status, n);
  resized(table.peer, next.peer, n);
  resized(table.offset, next.offset, n);
  resized(table.line, next.line, n);
  return next;
}

function copyLogs(table: LogTable, capacity: number): LogTable {
  const next = createLogTable(capacity);
  const n = table.length;
  next.length = n;
  resized(table.timeNs, next.timeNs, n);
  resized(table.service, next.service, n);
  resized(table.instance, next.instance, n);
  resized(table.shape, next.shape, n);
  resized(table.severity, next.severity, n);
  resized(table.traceKey, next.traceKey, n);
  resized(table.spanKey, next.spanKey, n);
  resized(table.offset, next.offset, n);
  resized(table.line, next.line, n);
  return next;
}

function copyPoints(table: PointTable, capacity: number): PointTable {
  const next = createPointTable(capacity);
  const n = table.length;
  next.length = n;
  resized(table.timeNs, next.timeNs, n);
  resized(table.series, next.series, n);
  resized(table.value, next.value, n);
  resized(table.offset, next.offset, n);
  resized(table.line, next.line, n);
  return next;
}
