import { toSeverityOfField } from '../../../core/logs/severity.js';
import { CsvEntities } from '../csv/csvEntities.js';
import type { CsvCursor } from '../csv/csvRecords.js';
import { readCsvRecords } from '../csv/csvRecords.js';
import { findColumn, findCsvTable, type CsvTable } from '../csv/csvTable.js';
import type { FileHead, FormatReader, ReadContext } from '../formatReader.js';
import { IngestRefusal } from '../ingestRefusal.js';
import { toSpanKeyOfBytes, toTraceKeyOfBytes } from '../fields/idKeys.js';
import { unwrapPayload } from '../fields/payload.js';
import { findTimeNs } from '../fields/timestamps.js';

const MESSAGE_KEYS = [
  'log',
  'message',
  'msg',
  'body',
  'content',
  'logmessage',
  'text',
  'line',
  'rawlog',
  'event',
  'description',
  'payload',
  'logline',
];

/** `value` is a message where a column beside it names the log. */
function findMessageColumn(table: CsvTable): number {
  const isNamed = findColumn(table, ['logname', 'logid']) >= 0;
  return findColumn(table, isNamed ? [...MESSAGE_KEYS, 'value'] : MESSAGE_KEYS);
}

/** A message column of words; numbers under such a name are a metric. */
function isLogTable(head: FileHead): boolean {
  const table = findCsvTable(head);
  const column = table === undefined ? -1 : findMessageColumn(table);
  if (table === undefined || column < 0 || table.timeColumns.length === 0) {
    return false;
  }
  const cells = table.sample.map((row) => row[column] ?? '').filter((cell) => cell !== '');
  return cells.length === 0 || cells.some((cell) => !Number.isFinite(Number(cell)));
}

export const csvLogs: FormatReader = {
  id: 'csv-logs',
  title: 'CSV with log messages',
  sniff: (head) => (isLogTable(head) ? 0.9 : 0),
  read: readCsvLogs,
};

async function readCsvLogs(context: ReadContext): Promise<void> {
  const { head, sink, utcOffsetMinutes } = context;
  const table = findCsvTable(head);
  const time = table?.timeColumns[0];
  if (table === undefined || time === undefined || findMessageColumn(table) < 0) {
    throw new IngestRefusal('the header has no time and message column; name them so, or choose another format');
  }
  const message = findMessageColumn(table);
  const level = findColumn(table, ['level', 'severity', 'loglevel', 'severitytext', 'levelname', 'lvl', 'priority']);
  const traceId = findColumn(table, ['traceid', 'trace']);
  const spanId = findColumn(table, ['spanid', 'span']);
  const entities = new CsvEntities(table, head);
  let records = 0;

  const addLog = (cursor: CsvCursor): void => {
    if (records++ < 1 + table.skippedLines) {
      return;
    }
    if (!cursor.has(message)) {
      sink.reject('fewer cells than the header', cursor.line);
      return;
    }
    const timeNs = findTimeNs(cursor.text(time), utcOffsetMinutes);
    if (timeNs === undefined) {
      sink.reject(cursor.isEmpty(time) ? 'no time' : 'time is not a time', cursor.line);
      return;
    }
    const payload = unwrapPayload(cursor.text(message), utcOffsetMinutes);
    const severity = (level >= 0 ? toSeverityOfField(cursor.text(level)) : 0) || payload.severity;
    const traceKey = traceId < 0 ? 0 : toTraceKeyOfBytes(cursor.bytes, cursor.start(traceId), cursor.end(traceId));
    const spanKey = traceKey === 0 || spanId < 0 ? 0 : toSpanKeyOfBytes(traceKey, cursor.bytes, cursor.start(spanId), cursor.end(spanId));
    sink.addLog(
      timeNs,
      entities.ids(cursor, sink),
      sink.internShape(payload.message),
      severity,
      traceKey,
      spanKey,
      cursor.offset,
      cursor.line,
    );
  };

  await readCsvRecords(context.buffer, table.delimiter, {
    onRecord: addLog,
    onReject: (reason, line) => {
      sink.reject(reason, line);
    },
    onBlock: context.onBlock,
  });
}
