/** Labels as CSV: a header line with `start,end,type,entity` in any order; times ISO 8601 or ns since the epoch. */
import fs from 'node:fs';
import { findInstant, type EpochNs } from '../core/time.js';
import { EngineError } from '../protocol/engineError.js';
import type { RangeLabel } from '../engine/pipeline/pipelineTypes.js';

const COLUMNS = ['start', 'end', 'type', 'entity'] as const;
type Column = (typeof COLUMNS)[number];

export function readLabels(file: string): RangeLabel[] {
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (error) {
    throw new EngineError('no-input', `the label file ${file} cannot be read; check the path and its permissions`, { cause: error });
  }
  return parseLabels(text, file);
}

/** @param name of the file, for messages; throws an `EngineError` that names file and line */
export function parseLabels(text: string, name: string): RangeLabel[] {
  const rows = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line, i) => ({ cells: toCells(line), line: i + 1 }))
    .filter(({ cells }) => cells.some((cell) => cell !== ''));
  const header = rows[0]?.cells.map((cell) => cell.toLowerCase()) ?? [];
  const places = COLUMNS.map((column) => header.indexOf(column));
  const missing = COLUMNS.filter((_, i) => (places[i] ?? -1) < 0);
  if (missing.length > 0) {
    throw new EngineError(
      'bad-argument',
      `${name}: line 1 lacks the columns ${missing.join(', ')}; the header must name ${COLUMNS.join(',')}`,
    );
  }
  return rows.slice(1).map(({ cells, line }) => {
    const cell = (column: Column): string => cells[header.indexOf(column)] ?? '';
    const [startNs, endNs] = [toTime('start', cell('start')), toTime('end', cell('end'))];
    if (startNs >= endNs) {
      throw new EngineError('bad-argument', `${name}: line ${line} ends before it starts`);
    }
    if (cell('type') === '') {
      throw new EngineError('bad-argument', `${name}: line ${line} has no type; write normal or a failure type`);
    }
    return { startNs, endNs, type: cell('type'), entity: cell('entity') };

    function toTime(column: Column, value: string): EpochNs {
      const ns = findInstant(value);
      if (ns === undefined) {
        throw new EngineError(
          'bad-argument',
          `${name}: line ${line} has no readable ${column}; write 2026-03-10T13:00:00Z or ns since the epoch`,
        );
      }
      return ns;
    }
  });
}

/** Cells of one CSV line; quoted cells may hold commas and doubled quotes, no line ends. */
function toCells(line: string): string[] {
  const cells: string[] = [];
  const pattern = /(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g;
  for (const [, quoted, plain] of line.matchAll(pattern)) {
    cells.push((quoted?.replaceAll('""', '"') ?? plain ?? '').trim());
  }
  return cells;
}
