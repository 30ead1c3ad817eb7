/** CSV as RFC 4180 has it, with the text of every record kept so that it can be written again as it was. */

export interface CsvRecord {
  /** As in the file, without its line end. */
  readonly text: string;
  readonly cells: readonly string[];
  /** Where it begins, from 1. */
  readonly line: number;
}

/** What a file cannot be read for: line, reason and what to do. */
export class CsvError extends Error {
  override readonly name = 'CsvError';

  constructor(line: number, problem: string) {
    super(`line ${line} ${problem}`);
  }
}

/** Records end with `\n` or `\r\n`, also within a quoted cell, where both are part of it. Throws a `CsvError`. */
export function parseCsv(text: string): CsvRecord[] {
  const records: CsvRecord[] = [];
  let at = 0;
  let line = 1;
  while (at < text.length) {
    const start = at;
    const startLine = line;
    const cells = [readCell()];
    while (text[at] === ',') {
      at++;
      cells.push(readCell());
    }
    records.push({ text: text.slice(start, at), cells, line: startLine });
    at += text.startsWith('\r\n', at) ? 2 : 1;
    line++;
  }
  return records;

  /** Leaves `at` at the comma or line end behind the cell. */
  function readCell(): string {
    if (text[at] === '"') {
      return readQuoted();
    }
    const start = at;
    while (at < text.length && text[at] !== ',' && !isLineEnd()) {
      at++;
    }
    return text.slice(start, at);
  }

  function readQuoted(): string {
    const startLine = line;
    let cell = '';
    for (;;) {
      const close = text.indexOf('"', at + 1);
      if (close < 0) {
        throw new CsvError(startLine, 'opens a quote that is never closed; close it, and write a quote within quotes twice');
      }
      const part = text.slice(at + 1, close);
      cell += part;
      line += part.split('\n').length - 1;
      at = close + 1;
      if (text[at] !== '"') {
        break;
      }
      cell += '"';
    }
    if (at < text.length && text[at] !== ',' && !isLineEnd()) {
      throw new CsvError(line, 'goes on after a closing quote; write a quote within quotes twice');
    }
    return cell;
  }

  function isLineEnd(): boolean {
    return text[at] === '\n' || text.startsWith('\r\n', at);
  }
}

export function toCsvCell(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
