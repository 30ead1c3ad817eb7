/** Colours and columns of the output for people; plain text when the output is no terminal. */
import { styleText } from 'node:util';

type Paint = (text: string) => string;

export interface Style {
  readonly strong: Paint;
  readonly faint: Paint;
  readonly good: Paint;
  readonly bad: Paint;
}

const plain: Style = { strong: (text) => text, faint: (text) => text, good: (text) => text, bad: (text) => text };

/** @param colour false gives text without escape sequences */
export function createStyle(colour: boolean): Style {
  if (!colour) {
    return plain;
  }
  const paint =
    (format: Parameters<typeof styleText>[0]): Paint =>
    (text) =>
      styleText(format, text, { validateStream: false });
  return { strong: paint('bold'), faint: paint('dim'), good: paint('green'), bad: paint(['bold', 'red']) };
}

/** Cells in columns as wide as their widest cell, two blanks between; no blanks at the end of a line. */
export function toColumns(rows: readonly (readonly string[])[], indent = ''): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length);
    });
  }
  return rows.map((row) => (indent + row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')).trimEnd()).join('\n');
}

export function toPercent(share: number): string {
  return `${(share * 100).toFixed(share >= 0.995 || share < 0.1 ? 1 : 0)} %`;
}

export function toSeconds(ms: number): string {
  return ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

export function toCount(count: number): string {
  return count.toLocaleString('en-US');
}

export function toMebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
