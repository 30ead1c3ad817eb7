import fs from 'node:fs';
import { findInstant } from '../../src/core/time.js';

export interface Fault {
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly type: string;
  readonly entity: string;
}

function getInstant(text: string | undefined, file: string): bigint {
  const instant = findInstant(text ?? '');
  if (instant === undefined) throw new Error(`${file}: "${text ?? ''}" is not a time`);
  return instant;
}

/** The rows of a `start,end,type,entity` file that are not `normal`. */
export function readFaults(file: string): Fault[] {
  const [header, ...rows] = fs.readFileSync(file, 'utf8').trim().split('\n');
  if (header !== 'start,end,type,entity') throw new Error(`${file}: the header is "${header ?? ''}", not start,end,type,entity`);
  return rows
    .map((row) => {
      const [start, end, type, entity] = row.split(',');
      if (type === undefined || entity === undefined) throw new Error(`${file}: a row has fewer than four columns`);
      return { startNs: getInstant(start, file), endNs: getInstant(end, file), type, entity };
    })
    .filter(({ type }) => type !== 'normal');
}
