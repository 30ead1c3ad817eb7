import { SPAN_STATUS_CODES } from '../../../core/records.js';
import { CsvEntities } from '../csv/csvEntities.js';
import type { CsvCursor } from '../csv/csvRecords.js';
import { readCsvRecords } from '../csv/csvRecords.js';
import { findColumn, findCsvTable, type CsvTable } from '../csv/csvTable.js';
import { findDurationScale } from '../csv/durationUnit.js';
import type { FileHead, FormatReader, ReadContext } from '../formatReader.js';
import { IngestRefusal } from '../ingestRefusal.js';
import { toSpanKeyOfBytes, toTraceKeyOfBytes } from '../fields/idKeys.js';
import { SpanPeer, toCallKind } from '../fields/spanPeer.js';
import { findTimeNs } from '../fields/timestamps.js';

interface TraceColumns {
  readonly traceId: number;
  readonly spanId: number;
  readonly parentId: number;
  readonly operation: number;
  readonly start: number;
  readonly end: number;
  readonly duration: number;
  readonly status: number;
  readonly kind: number;
  /** The callee's service name, or else its address. */
  readonly peer: number;
  readonly peerHost: number;
}

const START_KEYS = [
  'starttimeunixnano',
  'starttime',
  'starttimens',
  'starttimeus',
  'starttimemicros',
  'starttimems',
  'starttimemillis',
  'start',
  'startts',
  'startdate',
  'timestamp',
  'time',
  'ts',
];
const END_KEYS = [
  'endtimeunixnano',
  'endtime',
  'endtimens',
  'endtimeus',
  'endtimemicros',
  'endtimems',
  'endtimemillis',
  'end',
  'endts',
  'enddate',
];
const DURATION_KEYS = [
  'duration',
  'durationnano',
  'durationns',
  'durationus',
  'durationmicros',
  'durationms',
  'elapsed',
  'elapsedtime',
  'elapsedms',
  'latency',
  'latencyms',
  'durations',
  'durationsec',
  'durationseconds',
];
const STATUS_KEYS = ['status', 'statuscode', 'spanstatus', 'iserror', 'error', 'success', 'httpstatuscode', 'responsecode', 'rpcstatus'];
const PEER_KEYS = [
  'peer',
  'peerservice',
  'peername',
  'servicepeername',
  'remoteservice',
  'remoteservicename',
  'remoteendpoint',
  'callee',
  'calleeservice',
  'targetservice',
  'destinationservice',
];
const PEER_HOST_KEYS = ['peerhost', 'peerhostname', 'peeraddress', 'netpeername', 'serveraddress'];

function findTraceColumns(head: FileHead): { readonly table: CsvTable; readonly columns: TraceColumns } | undefined {
  const table = findCsvTable(head);
  if (table === undefined) {
    return undefined;
  }
  const columns: TraceColumns = {
    traceId: findColumn(table, ['traceid', 'trace', 'traceidentifier', 'tid']),
    spanId: findColumn(table, ['spanid', 'span', 'segmentid', 'id']),
    parentId: findColumn(table, ['parentspanid', 'parentid', 'parentspan', 'parent', 'pid', 'parentsegmentid']),
    operation: findColumn(table, ['operationname', 'spanname', 'operation', 'name', 'endpoint', 'url', 'resourcename', 'method', 'api']),
    start: findColumn(table, START_KEYS),
    end: findColumn(table, END_KEYS),
    duration: findColumn(table, DURATION_KEYS),
    status: findColumn(table, STATUS_KEYS),
    kind: findColumn(table, ['spankind', 'kind']),
    peer: findColumn(table, PEER_KEYS),
    peerHost: findColumn(table, PEER_HOST_KEYS),
  };
  const usable = columns.traceId >= 0 && columns.spanId >= 0 && columns.start >= 0 && (columns.end >= 0 || columns.duration >= 0);
  return usable ? { table, columns } : undefined;
}

export const csvTraces: FormatReader = {
  id: 'csv-traces',
  title: 'CSV with traces',
  sniff: (head) => (findTraceColumns(head) === undefined ? 0 : 0.95),
  read: readCsvTraces,
};

async function readCsvTraces(context: ReadContext): Promise<void> {
  const { head, sink, utcOffsetMinutes } = context;
  const found = findTraceColumns(head);
  if (found === undefined) {
    throw new IngestRefusal(
      'the header has no trace id, span id, start and end or duration column; name them so, or choose another format',
    );
  }
  const { table, columns } = found;
  const entities = new CsvEntities(table, head);
  const durationScale = findDurationScale(head, table, columns);
  const operations = new Map<string, number>();
  const peer = new SpanPeer(sink);
  let records = 0;

  const addSpan = (cursor: CsvCursor): void => {
    if (records++ < 1 + table.skippedLines) {
      return;
    }
    if (cursor.count < table.names.length && !cursor.has(Math.max(columns.traceId, columns.spanId, columns.start))) {
      sink.reject('fewer cells than the header', cursor.line);
      return;
    }
    const { bytes } = cursor;
    const traceKey = toTraceKeyOfBytes(bytes, cursor.start(columns.traceId), cursor.end(columns.traceId));
    const spanKey = traceKey === 0 ? 0 : toSpanKeyOfBytes(traceKey, bytes, cursor.start(columns.spanId), cursor.end(columns.spanId));
    if (spanKey === 0) {
      sink.reject('no trace id or span id', cursor.line);
      return;
    }
    const startNs = findCellNs(cursor, columns.start, utcOffsetMinutes);
    if (startNs === undefined) {
      sink.reject('start time is not a time', cursor.line);
      return;
    }
    const durationNs = findDurationNs(cursor, columns, startNs, durationScale, utcOffsetMinutes);
    if (!(durationNs >= 0)) {
      sink.reject(Number.isNaN(durationNs) ? 'no end time or duration' : 'ends before it starts', cursor.line);
      return;
    }
    const parentKey = cursor.isEmpty(columns.parentId)
      ? 0
      : toSpanKeyOfBytes(traceKey, bytes, cursor.start(columns.parentId), cursor.end(columns.parentId));
    const name = cursor.text(columns.operation);
    let operation = operations.get(name);
    if (operation === undefined) {
      operation = sink.intern(name.trim() === '' ? '(no operation name)' : name);
      operations.set(name, operation);
    }
    const status = columns.status < 0 ? 0 : toStatusCode(cursor.text(columns.status), table.keys[columns.status] ?? '');
    sink.addSpan(
      traceKey,
      spanKey,
      parentKey,
      startNs,
      durationNs,
      entities.ids(cursor, sink),
      operation,
      status,
      cursor.offset,
      cursor.line,
      columns.peer < 0 && columns.peerHost < 0 ? 0 : findPeer(cursor, columns, peer),
    );
  };

  await readCsvRecords(context.buffer, table.delimiter, {
    onRecord: addSpan,
    onReject: (reason, line) => {
      sink.reject(reason, line);
    },
    onBlock: context.onBlock,
  });
}

/** @returns string id + 1 of the callee, 0 when the record calls nobody or does not say whom */
function findPeer(cursor: CsvCursor, columns: TraceColumns, peer: SpanPeer): number {
  if (cursor.isEmpty(columns.peer) && cursor.isEmpty(columns.peerHost)) {
    return 0;
  }
  // A table without kinds names peers where there is a call: an address is the callee's then, too.
  const kind = toCallKind(cursor.text(columns.kind));
  peer.begin();
  peer.see('peer.service', cursor.text(columns.peer));
  peer.see('server.address', cursor.text(columns.peerHost));
  return peer.take(kind === 'unset' && columns.kind < 0 ? 'client' : kind);
}

/** Digits only, 16 to 19 of them: by far the commonest spelling of a time in traces, read without making a string. */
function findCellNs(cursor: CsvCursor, column: number, utcOffsetMinutes: number): bigint | undefined {
  const start = cursor.start(column);
  const end = cursor.end(column);
  const count = end - start;
  if (count !== 19 || !cursor.has(column)) {
    return findTimeNs(cursor.text(column), utcOffsetMinutes);
  }
  let high = 0;
  let low = 0;
  for (let i = start; i < end; i++) {
    const digit = (cursor.bytes[i] ?? 0) - 48;
    if (digit < 0 || digit > 9) {
      return findTimeNs(cursor.text(column), utcOffsetMinutes);
    }
    if (i < start + 10) {
      high = high * 10 + digit;
    } else {
      low = low * 10 + digit;
    }
  }
  return BigInt(high) * 1_000_000_000n + BigInt(low);
}

/** NaN when there is neither an end nor a duration. The end decides: it is as exact as the start, a duration often is not. */
function findDurationNs(cursor: CsvCursor, columns: TraceColumns, startNs: bigint, scale: number, utcOffsetMinutes: number): number {
  const endNs = cursor.isEmpty(columns.end) ? undefined : findCellNs(cursor, columns.end, utcOffsetMinutes);
  if (endNs !== undefined) {
    return Number(endNs - startNs);
  }
  return cursor.isEmpty(columns.duration) ? NaN : Number(cursor.text(columns.duration)) * scale;
}

/** Text statuses of OpenTelemetry, booleans and HTTP codes; a client's mistake (4xx) is no failure of the service. */
function toStatusCode(cell: string, key: string): number {
  const text = cell.trim().toLowerCase();
  if (text === '') {
    return SPAN_STATUS_CODES.unset;
  }
  const number = Number(text);
  if (Number.isFinite(number)) {
    if (key === 'success') {
      return number === 0 ? SPAN_STATUS_CODES.error : SPAN_STATUS_CODES.ok;
    }
    if (key === 'iserror' || key === 'error') {
      return number === 0 ? SPAN_STATUS_CODES.unset : SPAN_STATUS_CODES.error;
    }
    return number >= 100
      ? number >= 500
        ? SPAN_STATUS_CODES.error
        : SPAN_STATUS_CODES.unset
      : number === 2
        ? SPAN_STATUS_CODES.error
        : SPAN_STATUS_CODES.unset;
  }
  if (text === 'true' || text === 'false') {
    const failed = (text === 'true') !== (key === 'success');
    return failed ? SPAN_STATUS_CODES.error : SPAN_STATUS_CODES.unset;
  }
  if (/error|fail|exception|unavailable|deadline|internal|timeout/.test(text)) {
    return SPAN_STATUS_CODES.error;
  }
  return /^(?:status_code_)?(?:ok|success)$/.test(text) ? SPAN_STATUS_CODES.ok : SPAN_STATUS_CODES.unset;
}
