import { toStemOfFile } from '../../../core/entities.js';
import type { FileHead } from '../formatReader.js';
import { findTimeNs } from '../fields/timestamps.js';

/** What a CSV header says: delimiter, columns, and where in the file the records begin. */
export interface CsvTable {
  readonly delimiter: number;
  readonly names: readonly string[];
  /** Names in lower case without blanks, punctuation and a unit in brackets. */
  readonly keys: readonly string[];
  /** Cells of the first records, at most `SAMPLE_ROWS`. */
  readonly sample: readonly (readonly string[])[];
  /** Lines before the header (`sep=;`). */
  readonly skippedLines: number;
  /** Columns that hold a time in most sampled records, best first. */
  readonly timeColumns: readonly number[];
}

const SAMPLE_ROWS = 50;
const DELIMITERS = [',', ';', '\t', '|'];

/** Preference among columns that hold times; in logs of one data set the first is right and the second 8 hours off. */
const TIME_KEYS = [
  'timestamp', 'time', 'datetime', 'ts', 'date', 'eventtime', 'timeunixnano', 'starttimeunixnano', 'starttime', 'start', 'startts',
  'timems', 'timens', 'timeus', 'timestampns', 'timestampms', 'epoch', 'clock', 'receivedat', 'createdat', 'collecttime', 'logtime',
]; // prettier-ignore

const tables = new WeakMap<FileHead, { readonly table: CsvTable | undefined }>();

/** The table of a file whose first line is a header, undefined when it is not one. */
export function findCsvTable(head: FileHead): CsvTable | undefined {
  let known = tables.get(head);
  if (known === undefined) {
    known = { table: readTable(head) };
    tables.set(head, known);
  }
  return known.table;
}

function readTable(head: FileHead): CsvTable | undefined {
  const separatorLine = /^sep=(.)\r?$/.exec(head.lines[0] ?? '');
  const skippedLines = separatorLine === null ? 0 : 1;
  const headerLine = head.lines[skippedLines];
  if (headerLine === undefined || headerLine.length > 65_536 || /^\s*[[{<#@]/.test(headerLine)) {
    return undefined;
  }
  const delimiter = separatorLine?.[1] ?? findDelimiter(headerLine, head.lines[skippedLines + 1] ?? '');
  if (delimiter === undefined) {
    return undefined;
  }
  const names = splitCsvLine(headerLine, delimiter).map((name) => name.trim());
  const keys = names.map(toColumnKey);
  const headerLike = names.filter((name) => /[A-Za-z_\u0080-\uffff]/.test(name) && name.length <= 256).length;
  if (names.length < 2 || headerLike < names.length / 2 || names.some((name) => findTimeNs(name, 0) !== undefined && name.length >= 10)) {
    return undefined;
  }
  const sample = head.lines.slice(skippedLines + 1, skippedLines + 1 + SAMPLE_ROWS).map((line) => splitCsvLine(line, delimiter));
  if (sample.length > 0 && sample.filter((row) => row.length === names.length).length < sample.length * 0.3) {
    return undefined;
  }
  return { delimiter: delimiter.charCodeAt(0), names, keys, sample, skippedLines, timeColumns: findTimeColumns(keys, sample) };
}

function findDelimiter(header: string, firstRow: string): string | undefined {
  const counts = DELIMITERS.map((delimiter) => ({ delimiter, count: splitCsvLine(header, delimiter).length })).filter(
    ({ count }) => count > 1,
  );
  counts.sort((a, b) => b.count - a.count);
  const agreeing = counts.find(({ delimiter, count }) => firstRow === '' || splitCsvLine(firstRow, delimiter).length === count);
  return (agreeing ?? counts[0])?.delimiter;
}

function findTimeColumns(keys: readonly string[], sample: readonly (readonly string[])[]): number[] {
  const found: { readonly column: number; readonly rank: number }[] = [];
  keys.forEach((key, column) => {
    const rank = TIME_KEYS.indexOf(key);
    const cells = sample.map((row) => row[column] ?? '').filter((cell) => cell !== '');
    const times = cells.filter((cell) => isPlausibleTime(cell)).length;
    if (rank >= 0 && (sample.length === 0 || (cells.length > 0 && times >= cells.length * 0.5))) {
      found.push({ column, rank });
    } else if (rank < 0 && cells.length > 0 && times === cells.length && cells.every((cell) => /^\d{4}[-/]\d\d[-/]\d\d/.test(cell))) {
      found.push({ column, rank: TIME_KEYS.length });
    }
  });
  return found.sort((a, b) => a.rank - b.rank).map(({ column }) => column);
}

export interface TimeChoice {
  readonly column: number;
  /** What to tell of the choice, undefined when there was none to make. */
  readonly note: string | undefined;
}

/** Further apart than sampling and rounding put two times of one row. */
const DISAGREE_NS = 60_000_000_000n;
const WRITTEN_WITH_ZONE = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*(?:Z|[+-]\d\d:?\d\d)/;

/**
 * The column that tells a row's time. An epoch number that disagrees with a written time that names its zone is the one that is wrong:
 * a broken exporter shifts numbers unseen, a written date is what people looked at.
 */
export function chooseTimeColumn(table: CsvTable): TimeChoice | undefined {
  const [first, ...others] = table.timeColumns;
  if (first === undefined) {
    return undefined;
  }
  const written = others.find(
    (column) => table.sample.length > 0 && table.sample.every((row) => WRITTEN_WITH_ZONE.test((row[column] ?? '').trim())),
  );
  const isNumber = table.sample.every((row) => /^[\d.]+$/.test((row[first] ?? '').trim()));
  const disagree =
    written !== undefined &&
    isNumber &&
    table.sample.every((row) => {
      const [number, text] = [findTimeNs(row[first] ?? '', 0), findTimeNs(row[written] ?? '', 0)];
      return number !== undefined && text !== undefined && (number > text ? number - text : text - number) > DISAGREE_NS;
    });
  return disagree
    ? {
        column: written,
        note: `the columns ${table.names[first] ?? ''} and ${table.names[written] ?? ''} name different times; ${table.names[written] ?? ''}, which is written with its zone, was used`,
      }
    : { column: first, note: undefined };
}

/** 2001-09-09 to 2200: small numbers are counters or ages, not times. */
function isPlausibleTime(cell: string): boolean {
  const ns = findTimeNs(cell, 0);
  return ns !== undefined && ns >= 1_000_000_000_000_000_000n && ns < 7_258_118_400_000_000_000n;
}

/** `CpuUsage(m)` → `cpuusage`, `Trace ID` → `traceid`. */
export function toColumnKey(name: string): string {
  return name
    .replace(/[([].*$/, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}

/** `CpuUsageRate(%)` → metric `CpuUsageRate`, unit `%`. */
export function toMetricName(name: string): { readonly metric: string; readonly unit: string } {
  const match = /^(.*\S)\s*[([]([^()[\]]{1,16})[)\]]$/.exec(name.trim());
  return match === null ? { metric: name.trim(), unit: '' } : { metric: match[1] ?? name, unit: match[2] ?? '' };
}

/** First column whose key is one of `keys`, in the order of `keys`; -1 when there is none. */
export function findColumn(table: CsvTable, keys: readonly string[]): number {
  for (const key of keys) {
    const column = table.keys.indexOf(key);
    if (column >= 0) {
      return column;
    }
  }
  return -1;
}

/** Columns that name the owner of a record, -1 where there is none. */
export interface EntityColumns {
  readonly service: number;
  readonly workload: number;
  readonly pod: number;
  readonly container: number;
  readonly host: number;
}

export function findEntityColumns(table: CsvTable): EntityColumns {
  return {
    service: findColumn(table, [
      'servicename',
      'service',
      'resourceservicename',
      'serviceattributename',
      'localservicename',
      'processservicename',
      'app',
      'appname',
      'application',
      'component',
      'microservice',
    ]),
    workload: findColumn(table, ['deployment', 'deploymentname', 'k8sdeploymentname', 'workload', 'workloadname']),
    pod: findColumn(table, ['podname', 'pod', 'k8spodname', 'kubernetespodname', 'cmdbid', 'replica']),
    container: findColumn(table, ['containername', 'container', 'k8scontainername', 'kubernetescontainername']),
    host: findColumn(table, ['hostname', 'host', 'hostip', 'node', 'nodename', 'instance', 'instanceid', 'server', 'machine', 'ip']),
  };
}

export function toFileStem(head: FileHead): string {
  return toStemOfFile(head.path);
}

/** Splits one line; quoted cells may hold delimiters, not line ends. */
export function splitCsvLine(line: string, delimiter: string): string[] {
  const cells: string[] = [];
  let at = 0;
  for (;;) {
    if (line[at] === '"') {
      let close = at + 1;
      for (; close < line.length; close++) {
        if (line[close] === '"') {
          if (line[close + 1] !== '"') {
            break;
          }
          close++;
        }
      }
      cells.push(line.slice(at + 1, close).replaceAll('""', '"'));
      at = line.indexOf(delimiter, close);
    } else {
      const end = line.indexOf(delimiter, at);
      cells.push(line.slice(at, end === -1 ? line.length : end));
      at = end;
    }
    if (at === -1) {
      return cells;
    }
    at++;
  }
}
