/** Results as Markdown tables, and the same as plain data. */
import type { Estimate } from '../../../src/core/evaluation/bootstrap.js';

export type Cell = string | number | Estimate | undefined;

export interface Table {
  readonly title: string;
  /** What a reader has to know to read the figures rightly. */
  readonly note?: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

export function toMarkdown({ title, note, columns, rows }: Table): string {
  const cells = [columns, ...rows.map((row) => columns.map((_, i) => toText(row[i])))];
  const widths = columns.map((_, i) => Math.max(3, ...cells.map((row) => (row[i] ?? '').length)));
  const line = (row: readonly string[]): string => `| ${widths.map((width, i) => (row[i] ?? '').padEnd(width)).join(' | ')} |`;
  const [head = [], ...body] = cells;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [`### ${title}`, '', ...(note === undefined ? [] : [note, '']), line(head), rule, ...body.map(line), ''].join('\n');
}

/** `.75 [.57, .89]`; `–` for what is not defined. */
function toText(cell: Cell): string {
  if (cell === undefined) {
    return '–';
  }
  if (typeof cell === 'string') {
    return cell;
  }
  if (typeof cell === 'number') {
    return toShort(cell);
  }
  return Number.isNaN(cell.value) ? '–' : `${toShort(cell.value)} [${toShort(cell.low)}, ${toShort(cell.high)}]`;
}

function toShort(value: number): string {
  if (Number.isNaN(value)) {
    return '–';
  }
  return Number.isInteger(value) && Math.abs(value) > 1 ? String(value) : value.toFixed(2).replace(/^(-?)0\./, '$1.');
}
