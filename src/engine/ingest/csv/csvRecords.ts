import type { BlockBuffer } from '../files/blockBuffer.js';

/** A record (not a line: quoted cells may hold line ends) over this size means that a quote was never closed. */
export const MAX_CSV_RECORD_BYTES = 16 * 1024 * 1024;

const QUOTE = 0x22;
const LF = 0x0a;
const CR = 0x0d;

/** Cells of one CSV record as byte ranges (RFC 4180, any one-byte delimiter), valid until the next record. */
export class CsvCursor {
  public bytes: Buffer = Buffer.alloc(0);
  public count = 0;
  /** Offset in the decompressed file of the record's first byte. */
  public offset = 0;
  public line = 1;
  public starts = new Int32Array(64);
  public ends = new Int32Array(64);
  /** 0 unquoted, 1 quoted, 2 quoted with doubled quotes inside. */
  public quoting = new Uint8Array(64);

  public add(start: number, end: number, quoting: number): void {
    if (this.count === this.starts.length) {
      this.#grow();
    }
    this.starts[this.count] = start;
    this.ends[this.count] = end;
    this.quoting[this.count] = quoting;
    this.count++;
  }

  /** Empty for a cell that the record does not have. */
  public text(column: number): string {
    if (column < 0 || column >= this.count) {
      return '';
    }
    const text = this.bytes.toString('utf8', this.starts[column] ?? 0, this.ends[column] ?? 0);
    return this.quoting[column] === 2 ? text.replaceAll('""', '"') : text;
  }

  public start(column: number): number {
    return this.starts[column] ?? 0;
  }

  public end(column: number): number {
    return this.ends[column] ?? 0;
  }

  public has(column: number): boolean {
    return column >= 0 && column < this.count;
  }

  public isEmpty(column: number): boolean {
    return !this.has(column) || this.start(column) >= this.end(column);
  }

  #grow(): void {
    const size = this.starts.length * 2;
    const starts = new Int32Array(size);
    const ends = new Int32Array(size);
    const quoting = new Uint8Array(size);
    starts.set(this.starts);
    ends.set(this.ends);
    quoting.set(this.quoting);
    this.starts = starts;
    this.ends = ends;
    this.quoting = quoting;
  }
}

export interface CsvHandlers {
  readonly onRecord: (cursor: CsvCursor) => void;
  /** A record that never ends; reading goes on at the next line. */
  readonly onReject: (reason: string, line: number) => void;
  readonly onBlock: () => Promise<void>;
}

/** Reads all records of a CSV stream; empty lines are skipped. */
export async function readCsvRecords(buffer: BlockBuffer, delimiter: number, handlers: CsvHandlers): Promise<void> {
  const cursor = new CsvCursor();
  cursor.line = 1;
  for (;;) {
    const used = scanRecords(buffer, delimiter, cursor, handlers);
    buffer.consume(used);
    await handlers.onBlock();
    if (buffer.ended && buffer.length === 0) {
      return;
    }
    await buffer.fill();
  }
}

/** Scans the complete records of the buffer. @returns bytes used */
function scanRecords(buffer: BlockBuffer, delimiter: number, cursor: CsvCursor, handlers: CsvHandlers): number {
  const { bytes, length } = buffer;
  let at = 0;
  cursor.bytes = bytes;
  while (at < length) {
    cursor.count = 0;
    const end = scanRecord(bytes, at, length, delimiter, cursor);
    let next = end;
    if (end < 0) {
      if (!buffer.ended && length - at <= MAX_CSV_RECORD_BYTES) {
        return at;
      }
      if (end === OPEN_QUOTE || !buffer.ended) {
        handlers.onReject(end === OPEN_QUOTE ? 'a quote is never closed' : 'longer than 16 MiB', cursor.line);
        const newline = bytes.indexOf(LF, at);
        at = newline === -1 || newline >= length ? length : newline + 1;
        cursor.line++;
        continue;
      }
      next = length;
    }
    if (cursor.count > 1 || !cursor.isEmpty(0)) {
      cursor.offset = buffer.baseOffset + at;
      handlers.onRecord(cursor);
    }
    cursor.line += countLines(bytes, at, next, cursor);
    at = next;
  }
  return at;
}

const INCOMPLETE = -1;
const OPEN_QUOTE = -2;

/** @returns index after the record's line end, `INCOMPLETE` (its cells are filled as far as they go) or `OPEN_QUOTE` */
function scanRecord(bytes: Buffer, start: number, length: number, delimiter: number, cursor: CsvCursor): number {
  let at = start;
  for (;;) {
    let cellEnd: number;
    if (bytes[at] === QUOTE && at < length) {
      let close = at + 1;
      let quoting = 1;
      for (;;) {
        close = bytes.indexOf(QUOTE, close);
        if (close === -1 || close >= length) {
          return OPEN_QUOTE;
        }
        if (bytes[close + 1] !== QUOTE || close + 1 >= length) {
          break;
        }
        quoting = 2;
        close += 2;
      }
      cursor.add(at + 1, close, quoting);
      cellEnd = close + 1;
      while (cellEnd < length && bytes[cellEnd] !== delimiter && bytes[cellEnd] !== LF) {
        cellEnd++;
      }
    } else {
      cellEnd = at;
      let byte = bytes[cellEnd];
      while (cellEnd < length && byte !== delimiter && byte !== LF) {
        byte = bytes[++cellEnd];
      }
      const trimmed = cellEnd > at && bytes[cellEnd - 1] === CR && (cellEnd >= length || bytes[cellEnd] === LF) ? cellEnd - 1 : cellEnd;
      cursor.add(at, trimmed, 0);
    }
    if (cellEnd >= length) {
      return INCOMPLETE;
    }
    if (bytes[cellEnd] === LF) {
      return cellEnd + 1;
    }
    at = cellEnd + 1;
  }
}

/** Line ends of one record: one, and those inside quoted cells. */
function countLines(bytes: Buffer, start: number, end: number, cursor: CsvCursor): number {
  let quoted = false;
  for (let i = 0; i < cursor.count; i++) {
    quoted ||= cursor.quoting[i] !== 0;
  }
  if (!quoted) {
    return 1;
  }
  let lines = 0;
  for (let at = bytes.indexOf(LF, start); at !== -1 && at < end; at = bytes.indexOf(LF, at + 1)) {
    lines++;
  }
  return Math.max(lines, 1);
}
