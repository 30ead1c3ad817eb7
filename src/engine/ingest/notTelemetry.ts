import { findCsvTable, findColumn } from './csv/csvTable.js';
import type { FileHead } from './formatReader.js';

const NUL_LIMIT = 0.001;

const MAGIC: readonly (readonly [string, string])[] = [
  ['28b52ffd', 'zstd-compressed data: decompress it first (`zstd -d`)'],
  ['504b0304', 'a zip archive: unpack it first'],
  ['50415231', 'a Parquet file: not read yet, export it as CSV'],
  ['53514c6974652066', 'an SQLite database: export its tables as CSV'],
  ['7f454c46', 'an executable: not telemetry'],
  ['89504e47', 'a PNG image: not telemetry'],
  ['25504446', 'a PDF document: not telemetry'],
  ['fd377a585a00', 'xz-compressed data: decompress it first (`xz -d`)'],
  ['425a68', 'bzip2-compressed data: decompress it first (`bzip2 -d`)'],
];

/** Why the content cannot be telemetry text at all; undefined when it may be. */
export function findBinaryRefusal(head: FileHead): string | undefined {
  const start = head.bytes.subarray(0, 8).toString('hex');
  for (const [magic, seen] of MAGIC) {
    if (start.startsWith(magic)) {
      return seen;
    }
  }
  if (head.bytes.toString('latin1', 257, 262) === 'ustar') {
    return 'a tar archive: unpack it first';
  }
  let nuls = 0;
  for (let at = head.bytes.indexOf(0); at !== -1; at = head.bytes.indexOf(0, at + 1)) {
    nuls++;
  }
  if (nuls > head.bytes.length * 0.2) {
    const evenOrOdd = head.bytes.length >= 4 && (head.bytes[0] === 0) !== (head.bytes[1] === 0);
    return evenOrOdd ? 'UTF-16 text without a byte order mark: convert it to UTF-8' : 'binary data (many NUL bytes): not telemetry text';
  }
  return nuls > Math.max(8, head.bytes.length * NUL_LIMIT * 10) ? 'binary data (NUL bytes): not telemetry text' : undefined;
}

/** Files that come with telemetry and are none: labels, lists of ids, dependency tables, documents. */
export function findNotTelemetry(head: FileHead): string | undefined {
  return findLabelFile(head) ?? findDocument(head) ?? findBareColumn(head) ?? findTableWithoutTime(head);
}

function findLabelFile(head: FileHead): string | undefined {
  if (
    /^\s*[[{]/.test(head.text) &&
    /"(?:inject_time|inject_type|inject_pod|inject_timestamp|root_cause|fault_type|anomaly_type)"\s*:/.test(head.text)
  ) {
    return 'a list of injected faults, not telemetry: as CSV with the columns start,end,type,entity a run can be scored against it with `evaluate --labels`';
  }
  const name = baseName(head.path);
  if (/^\s*\{/.test(head.text) && /(?:root_cause|fault_list|labels?)[\w.-]*\.json$/i.test(name)) {
    return 'labels (by name and content), not telemetry: as CSV with the columns start,end,type,entity a run can be scored against them with `evaluate --labels`';
  }
  const table = findCsvTable(head);
  if (table !== undefined && findColumn(table, ['start', 'starttime', 'from']) >= 0 && findColumn(table, ['end', 'endtime', 'to']) >= 0) {
    const hasType = findColumn(table, ['type', 'faulttype', 'label', 'failuretype']) >= 0;
    if (hasType && findColumn(table, ['traceid', 'spanid']) < 0) {
      return 'labels of time ranges, not telemetry: score a run against them with `evaluate --labels`';
    }
  }
  return undefined;
}

function findDocument(head: FileHead): string | undefined {
  const name = baseName(head.path);
  if (
    /^(?:readme|licen[cs]e|copying|notice|changelog|authors|contributing)(?:\.(?:md|txt|rst))?$/i.test(name) ||
    /\.(?:md|rst|html?)$/i.test(name)
  ) {
    return 'a document (by name), not telemetry';
  }
  return /^\s*<(?:!doctype html|html|svg|\?xml)/i.test(head.text) ? 'a markup document, not telemetry' : undefined;
}

/** Only ids, or only numbers without a header: nothing says when it was. */
function findBareColumn(head: FileHead): string | undefined {
  const lines = head.lines.slice(0, 200);
  if (lines.length === 0) {
    return undefined;
  }
  if (lines.length >= 2 && lines.every((line) => /^\s*(?:[0-9a-fA-F]{16}|[0-9a-fA-F]{32})\s*,?\s*$/.test(line))) {
    return 'a list of trace ids without times, not telemetry: select the trace files themselves';
  }
  if (lines.every((line) => /^[\s\d.,;eE+-]+$/.test(line) && !/^\s*\d{10,19}\b/.test(line) && !/^\s*\d{4}-\d\d/.test(line))) {
    return 'numbers without a header and without times: add a header line with a `timestamp` column';
  }
  return undefined;
}

function findTableWithoutTime(head: FileHead): string | undefined {
  const table = findCsvTable(head);
  if (table === undefined || table.timeColumns.length > 0 || table.sample.length === 0 || table.names.length < 2) {
    return undefined;
  }
  if (findColumn(table, ['source', 'caller', 'from']) >= 0 && findColumn(table, ['target', 'destination', 'callee', 'to']) >= 0) {
    return 'a table of dependencies between services without times, not telemetry: the call graph is taken from traces';
  }
  return undefined;
}

function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}
