/**
 * Labels as CSV: a header with `start,end,type,entity` and, when there is something to say, `note,author,created`, in any order and
 * among other columns; times ISO 8601 or ns since the epoch. What is not changed is written again letter by letter.
 */
import { findInstant, toIso, type EpochNs } from '../time.js';
import { CsvError, parseCsv, toCsvCell, type CsvRecord } from './csvRecords.js';
import { compareLabels, findLabelProblem, isSameLabel, tidyLabel, toLabelKey, type Label } from './label.js';

const REQUIRED = ['start', 'end', 'type', 'entity'] as const;
const COLUMNS = [...REQUIRED, 'note', 'author', 'created'] as const;
type Column = (typeof COLUMNS)[number];

export interface LabelRow extends CsvRecord {
  /** Undefined for a blank line. */
  readonly label: Label | undefined;
}

export interface LabelFile {
  /** A byte order mark, or nothing. */
  readonly mark: string;
  readonly lineEnd: string;
  readonly header: CsvRecord;
  readonly rows: readonly LabelRow[];
}

/** What a file begins with that does not exist yet. */
export const NEW_LABEL_FILE: LabelFile = {
  mark: '',
  lineEnd: '\n',
  header: { text: COLUMNS.join(','), cells: COLUMNS, line: 1 },
  rows: [],
};

/** Throws a `CsvError` that names the line. */
export function parseLabelFile(text: string): LabelFile {
  const mark = text.startsWith('\uFEFF') ? '\uFEFF' : '';
  const records = parseCsv(text.slice(mark.length));
  const headerAt = records.findIndex((record) => !isBlank(record));
  const header = records[headerAt] ?? { text: '', cells: [], line: 1 };
  const names = toColumnNames(header);
  const missing = REQUIRED.filter((column) => !names.includes(column));
  if (missing.length > 0) {
    throw new CsvError(header.line, `lacks the columns ${missing.join(', ')}; the header must name ${REQUIRED.join(',')}`);
  }
  const twice = COLUMNS.find((column) => names.indexOf(column) !== names.lastIndexOf(column));
  if (twice !== undefined) {
    throw new CsvError(header.line, `names the column ${twice} twice; keep one`);
  }
  const lines = new Map<string, number>();
  const rows = records.slice(headerAt + 1).map((record) => {
    const label = isBlank(record) ? undefined : toLabel(record, names);
    if (label !== undefined) {
      const key = toLabelKey(label);
      const earlier = lines.get(key);
      if (earlier !== undefined) {
        throw new CsvError(record.line, `labels the range and service of line ${earlier} again; keep one`);
      }
      lines.set(key, record.line);
    }
    return { ...record, label };
  });
  return { mark, lineEnd: /^[^\n]*\r\n/.test(text) ? '\r\n' : '\n', header, rows };
}

/** In the order of the file. */
export function toLabels(file: LabelFile): Label[] {
  return file.rows.flatMap(({ label }) => label ?? []);
}

/** A new file, by start. */
export function formatLabels(labels: readonly Label[]): string {
  return rewriteLabels(NEW_LABEL_FILE, labels);
}

/**
 * The text of a file when it holds `labels`. Rows that stay keep text and place, changed ones their place and other columns, new ones
 * come before the first row that starts later.
 */
export function rewriteLabels(file: LabelFile, labels: readonly Label[]): string {
  const wanted = new Map(labels.map((label) => [toLabelKey(label), label]));
  const rows: LabelRow[] = [];
  const changed = new Map<LabelRow, Label>();
  for (const row of file.rows) {
    const label = row.label === undefined ? undefined : wanted.get(toLabelKey(row.label));
    if (row.label === undefined || label !== undefined) {
      rows.push(row);
    }
    if (label !== undefined) {
      wanted.delete(toLabelKey(label));
      if (!isSameLabel(row.label, label)) {
        changed.set(row, label);
      }
    }
  }
  for (const label of [...wanted.values()].sort(compareLabels)) {
    const row: LabelRow = { text: '', cells: [], line: 0, label };
    const next = rows.findIndex((other) => other.label !== undefined && other.label.startNs > label.startNs);
    rows.splice(next < 0 ? rows.length : next, 0, row);
    changed.set(row, label);
  }
  const names = toColumnNames(file.header);
  const added = COLUMNS.filter((column) => !names.includes(column) && [...changed.values()].some((label) => toCell(column, label) !== ''));
  const allNames = [...names, ...added];
  const lines = rows.map((row) => {
    const label = changed.get(row);
    if (label !== undefined) {
      return toRowText(row, label, allNames);
    }
    // Rows of one file have as many cells as its header.
    return row.label === undefined || added.length === 0
      ? row.text
      : row.text + ','.repeat(Math.max(0, allNames.length - row.cells.length));
  });
  return `${file.mark}${[[file.header.text, ...added].join(','), ...lines].join(file.lineEnd)}${file.lineEnd}`;
}

function toRowText({ cells, label: before }: LabelRow, label: Label, names: readonly string[]): string {
  const isNew = before === label;
  return Array.from({ length: Math.max(names.length, cells.length) }, (_, i) => {
    const column = COLUMNS.find((known) => known === names[i]);
    // What names a label is equal already, perhaps in the writing of another zone.
    const isKept = column === undefined || (!isNew && (column === 'start' || column === 'end'));
    return toCsvCell(isKept ? (cells[i] ?? '') : toCell(column, label));
  }).join(',');
}

function toCell(column: Column, label: Label): string {
  switch (column) {
    case 'start':
      return toIso(label.startNs);
    case 'end':
      return toIso(label.endNs);
    case 'created':
      return label.createdNs === undefined ? '' : toIso(label.createdNs);
    case 'type':
    case 'entity':
    case 'note':
    case 'author':
      return label[column];
  }
}

function toLabel({ cells, line }: CsvRecord, names: readonly string[]): Label {
  if (cells.slice(names.length).some((cell) => cell.trim() !== '')) {
    throw new CsvError(line, `has ${cells.length} cells, the header ${names.length}; quote cells that hold commas`);
  }
  const read = (column: Column): string => cells[names.indexOf(column)] ?? '';
  const readTime = (column: Column): EpochNs => {
    const ns = findInstant(read(column));
    if (ns === undefined) {
      throw new CsvError(line, `has no readable ${column}; write 2026-03-10T13:00:00Z or ns since the epoch`);
    }
    return ns;
  };
  const label = tidyLabel({
    startNs: readTime('start'),
    endNs: readTime('end'),
    type: read('type'),
    entity: read('entity'),
    note: read('note'),
    author: read('author'),
    createdNs: read('created').trim() === '' ? undefined : readTime('created'),
  });
  const problem = findLabelProblem(label);
  if (problem !== undefined) {
    throw new CsvError(line, problem);
  }
  return label;
}

function toColumnNames({ cells }: CsvRecord): string[] {
  return cells.map((cell) => cell.trim().toLowerCase());
}

function isBlank({ cells }: CsvRecord): boolean {
  return cells.every((cell) => cell.trim() === '');
}
