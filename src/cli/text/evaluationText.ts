import { toColumns } from '../style.js';

/** Any report of scores as `group.name  value` lines; lists are counted. */
export function toEvaluationText(report: object): string {
  return toColumns([...toRows(report, '')]);
}

function* toRows(value: object, prefix: string): Generator<string[]> {
  for (const [name, field] of Object.entries(value) as [string, unknown][]) {
    const label = prefix === '' ? name : `${prefix}.${name}`;
    if (Array.isArray(field)) {
      yield [label, `${field.length} entries`];
    } else if (typeof field === 'object' && field !== null) {
      yield* toRows(field, label);
    } else {
      yield [label, typeof field === 'number' && !Number.isInteger(field) ? field.toFixed(3) : String(field)];
    }
  }
}
