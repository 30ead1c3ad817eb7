import { resolveEntity } from '../../../core/entities.js';
import type { EntityName, SeriesDefinition } from '../../../core/records.js';
import { CsvEntities } from '../csv/csvEntities.js';
import { readCsvRecords, type CsvCursor } from '../csv/csvRecords.js';
import { chooseTimeColumn, findColumn, findCsvTable, toFileStem, toMetricName, type CsvTable, type TimeChoice } from '../csv/csvTable.js';
import type { FileHead, FormatReader, ReadContext } from '../formatReader.js';
import { IngestRefusal } from '../ingestRefusal.js';
import type { RecordSink } from '../recordSink.js';
import { nameMeasured } from '../fields/measuredCalls.js';
import { toLabelText, toTableKind } from '../fields/seriesKind.js';
import { findServiceColumns, type ServiceColumn } from '../csv/serviceColumns.js';
import { findServicePairs, type ServicePair } from '../csv/servicePairs.js';
import { findTimeNs } from '../fields/timestamps.js';

const METRIC_NAME_KEYS = ['metricname', 'metric', 'kpiname', 'kpi', 'name', 'measurement', 'field', 'series', 'counter'];
const VALUE_KEYS = ['value', 'val', 'metricvalue', 'reading'];

interface MetricTable {
  readonly table: CsvTable;
  readonly time: TimeChoice;
  /** Long form: one metric per record, named in `name`. */
  readonly long: { readonly name: number; readonly value: number } | undefined;
  /** Columns of numbers. */
  readonly values: readonly number[];
  /** Columns of words that are neither entity nor time. */
  readonly labels: readonly number[];
}

const SPECIAL_NUMBER = /^[+-]?(?:nan|inf|infinity|null|none)$/i;

function isNumberCell(cell: string): boolean {
  const text = cell.trim();
  return text === '' || Number.isFinite(Number(text)) || SPECIAL_NUMBER.test(text) || Number.isFinite(Number(text.replace(',', '.')));
}

function findMetricTable(head: FileHead): MetricTable | undefined {
  const table = findCsvTable(head);
  const time = table && chooseTimeColumn(table);
  if (table === undefined || time === undefined) {
    return undefined;
  }
  const entities = new CsvEntities(table, head);
  const name = findColumn(table, METRIC_NAME_KEYS);
  const value = findColumn(table, VALUE_KEYS);
  const isLong = name >= 0 && value >= 0 && table.sample.some((row) => !isNumberCell(row[name] ?? ''));
  const rest = table.names.map((_, column) => column).filter((column) => !table.timeColumns.includes(column) && !entities.has(column));
  const numeric = rest.filter((column) => table.sample.every((row) => isNumberCell(row[column] ?? '')));
  const values = isLong ? [value] : numeric.filter((column) => table.names[column] !== '');
  if (values.length === 0 || table.sample.length === 0) {
    return undefined;
  }
  const labels = rest.filter((column) => !numeric.includes(column) && !(isLong && column === name));
  return { table, time, long: isLong ? { name, value } : undefined, values, labels };
}

export const csvMetrics: FormatReader = {
  id: 'csv-metrics',
  title: 'CSV with metrics',
  sniff: (head) => (findMetricTable(head) === undefined ? 0 : 0.8),
  read: readCsvMetrics,
};

async function readCsvMetrics(context: ReadContext): Promise<void> {
  const { head, sink, utcOffsetMinutes } = context;
  const found = findMetricTable(head);
  if (found === undefined) {
    throw new IngestRefusal(
      'the header has no time column with columns of numbers beside it; name one `timestamp`, or choose another format',
    );
  }
  const { table, time } = found;
  const series = new SeriesOfRecord(found, head, sink);
  let records = 0;
  if (time.note !== undefined) {
    sink.note(time.note, 1);
  }

  const addPoints = (cursor: CsvCursor): void => {
    if (records++ < 1 + table.skippedLines) {
      return;
    }
    const timeNs = findTimeNs(cursor.text(time.column), utcOffsetMinutes);
    if (timeNs === undefined) {
      sink.reject(cursor.isEmpty(time.column) ? 'no time' : 'time is not a time', cursor.line);
      return;
    }
    const ids = series.idsOf(cursor);
    for (let i = 0; i < found.values.length; i++) {
      const column = found.values[i] ?? -1;
      if (cursor.isEmpty(column)) {
        continue;
      }
      const value = toCellNumber(cursor.text(column));
      if (value === undefined) {
        sink.reject('value is not a number', cursor.line);
      } else {
        sink.addPoint(timeNs, ids[i] ?? 0, value, cursor.offset, cursor.line);
      }
    }
  };

  await readCsvRecords(context.buffer, table.delimiter, {
    onRecord: addPoints,
    onReject: (reason, line) => {
      sink.reject(reason, line);
    },
    onBlock: context.onBlock,
  });
}

/** NaN and infinities stay what they are, for the sink to count; undefined for words. Decimal commas are read. */
function toCellNumber(cell: string): number | undefined {
  const value = Number(cell);
  if (!Number.isNaN(value)) {
    return value;
  }
  const text = cell.trim();
  if (SPECIAL_NUMBER.test(text)) {
    return /inf/i.test(text) ? Infinity : NaN;
  }
  const withPoint = Number(text.replace(',', '.'));
  return Number.isNaN(withPoint) ? undefined : withPoint;
}

/** Series ids for the value columns of a record, made once per distinct owner, labels and (in long form) metric. */
class SeriesOfRecord {
  readonly #found: MetricTable;
  readonly #sink: RecordSink;
  readonly #entities: CsvEntities;
  readonly #stem: string;
  readonly #pairs: ReadonlyMap<number, ServicePair>;
  readonly #services: ReadonlyMap<number, ServiceColumn>;
  readonly #ids = new Map<string, readonly number[]>();

  public constructor(found: MetricTable, head: FileHead, sink: RecordSink) {
    this.#found = found;
    this.#sink = sink;
    this.#entities = new CsvEntities(found.table, head);
    this.#stem = toFileStem(head);
    const { names } = found.table;
    this.#pairs = found.long === undefined ? findServicePairs(names, found.values, this.#stem) : new Map<number, ServicePair>();
    this.#services =
      found.long === undefined && this.#pairs.size === 0 && !this.#entities.isNamed
        ? findServiceColumns(names, found.values)
        : new Map<number, ServiceColumn>();
  }

  public idsOf(cursor: CsvCursor): readonly number[] {
    const entity = this.#entities.name(cursor);
    const { labels, long } = this.#found;
    let key = `${entity.service}\u0000${entity.instance}`;
    for (const column of labels) {
      key += `\u0000${cursor.text(column)}`;
    }
    if (long !== undefined) {
      key += `\u0000${cursor.text(long.name)}`;
    }
    let ids = this.#ids.get(key);
    if (ids === undefined) {
      ids = this.#found.values.map((column) => this.#sink.internSeries(this.#define(cursor, column, entity)));
      this.#ids.set(key, ids);
    }
    return ids;
  }

  #define(cursor: CsvCursor, column: number, entity: EntityName): SeriesDefinition {
    const { table, labels, long } = this.#found;
    const pair = this.#pairs.get(column);
    const ownLabels = labels.map((label) => [table.names[label] ?? '', cursor.text(label)] as const);
    if (pair !== undefined) {
      const owner = { service: pair.entity, instance: pair.entity };
      return {
        entity: owner,
        metric: this.#stem,
        unit: '',
        kind: 'gauge',
        labels: toLabelText([...ownLabels, [pair.peerRole, pair.peer]]),
        ...(pair.peerRole === 'callee' ? { callee: pair.peer } : {}),
      };
    }
    const ofService = this.#services.get(column);
    const written = ofService?.metric ?? (long === undefined ? (table.names[column] ?? '') : cursor.text(long.name));
    const isOnlyValue = long === undefined && this.#found.values.length === 1 && table.keys[column] === 'value';
    const { metric, unit } = isOnlyValue ? { metric: this.#stem, unit: '' } : toMetricName(written);
    // Of all columns: `server` names whom a call went to here, and the host of other tables.
    const cells = table.names.map((name, cell) => [name, cursor.text(cell)] as const);
    const owner = ofService === undefined ? entity : resolveEntity({ serviceName: ofService.service });
    return { ...nameMeasured(owner, metric, cells), metric, unit, kind: toTableKind(metric), labels: toLabelText(ownLabels) };
  }
}
