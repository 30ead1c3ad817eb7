/** A linear probe that ranks entities, trained on simulated systems alone: no system under test is seen. */
import { FAMILY_COUNT } from '../../../../src/core/features/families.js';
import { rowOfStart, type PreparedRun } from '../cases/prepareRun.js';
import { trainHead } from '../head/logisticRegression.js';

/** What the probe reads of each entity in range `row`: [E] rows of equal width. */
export type EntityReader = (prepared: PreparedRun, row: number) => readonly ArrayLike<number>[];

export const readFamilies: EntityReader = ({ ranges, run }, row) => {
  const scores = ranges.familyScores[row] ?? new Float32Array(0);
  return run.bins.entities.map((_, entity) => scores.slice(entity * FAMILY_COUNT, (entity + 1) * FAMILY_COUNT).map(Math.log1p));
};

export function readEntityEmbeddings(encoder: string): EntityReader {
  return ({ ofRanges, run }, row) => {
    const embeddings = ofRanges.embeddings.get(encoder);
    const dim = embeddings?.dim ?? 0;
    const rows = embeddings?.entities[row] ?? new Float32Array(0);
    return run.bins.entities.map((_, entity) => rows.subarray(entity * dim, (entity + 1) * dim));
  };
}

export function joinReaders(first: EntityReader, second: EntityReader): EntityReader {
  return (prepared, row) => {
    const others = second(prepared, row);
    return first(prepared, row).map((values, entity) => [...Array.from(values), ...Array.from(others[entity] ?? [])]);
  };
}

/** @returns scores of all entities of a range; the probability of being the root among all others */
export function trainEntityProbe(
  training: readonly PreparedRun[],
  read: EntityReader,
): (prepared: PreparedRun, row: number) => Float64Array {
  const rows: ArrayLike<number>[] = [];
  const labels: string[] = [];
  for (const prepared of training) {
    for (const fault of prepared.run.faults.filter(({ entity }) => entity >= 0)) {
      read(prepared, rowOfStart(prepared, fault.fromBin)).forEach((values, entity) => {
        rows.push(values);
        labels.push(entity === fault.entity ? 'root' : 'other');
      });
    }
  }
  const head = trainHead(rows, labels, { isBalanced: true });
  const root = head.classes.indexOf('root');
  return (prepared, row) => Float64Array.from(read(prepared, row), (values) => head.probabilities(values)[root] ?? 0);
}
