/** Twenty minutes around one incident, as they are exported in the midst of it: what is found, whatever share of them is the incident. */
import { bootstrap, type Estimate } from '../../../../src/core/evaluation/bootstrap.js';
import { accuracyAt, strictRank } from '../../../../src/core/evaluation/ranking.js';
import { rowOfStart, type PreparedRun } from '../cases/prepareRun.js';
import { NORMAL_SLICE } from '../cases/readCase.js';
import { diagnoseRow } from '../product.js';
import type { Cell, Table } from '../table.js';

/** Runs of one layout, read with some kinds of telemetry, with one reference. */
export interface ShortRuns {
  readonly layout: string;
  readonly kept: string;
  readonly reference: string;
  readonly runs: readonly PreparedRun[];
}

export function measureShortRecordings(groups: readonly ShortRuns[]): Table {
  return {
    title: 'Short recordings',
    note: 'Twenty minutes of simulated systems with one fault. Slices: share of those in the fault, and of usual ones, that are called abnormal.',
    columns: ['incident', 'telemetry', 'reference', 'faults', 'root cause AC@1', 'slices found', 'usual slices called abnormal'],
    rows: groups.map(({ layout, kept, reference, runs }): Cell[] => {
      const answers = runs.map((prepared) => answer(prepared));
      const meanOf = (of: (one: Answer) => { readonly hits: number; readonly of: number }): Estimate =>
        bootstrap(answers.length, (units) => {
          const drawn = units.flatMap((unit) => answers.slice(unit, unit + 1)).map(of);
          const total = (column: 'hits' | 'of'): number => drawn.reduce((sum, one) => sum + one[column], 0);
          return total('hits') / Math.max(1, total('of'));
        });
      return [
        layout,
        kept,
        reference,
        String(answers.length),
        bootstrap(answers.length, (units) =>
          accuracyAt(
            units.map((unit) => answers[unit]?.rank ?? Infinity),
            1,
          ),
        ),
        meanOf(({ faulty }) => faulty),
        meanOf(({ usual }) => usual),
      ];
    }),
  };
}

interface Answer {
  readonly rank: number;
  readonly faulty: { readonly hits: number; readonly of: number };
  readonly usual: { readonly hits: number; readonly of: number };
}

function answer(prepared: PreparedRun): Answer {
  const { run } = prepared;
  const { anomaly } = run.model.verdicts;
  const count = (is: (label: number) => boolean): { hits: number; of: number } => {
    const slices = [...run.faultOfSlice.keys()].filter((slice) => is(run.faultOfSlice[slice] ?? NORMAL_SLICE));
    return { hits: slices.filter((slice) => (anomaly[slice] ?? 0) >= run.model.heads.detection.threshold).length, of: slices.length };
  };
  const [fault] = run.faults;
  return {
    rank: fault === undefined ? Infinity : strictRank(diagnoseRow(prepared, rowOfStart(prepared, fault.fromBin)).scores, fault.entity),
    faulty: count((label) => label >= 0),
    usual: count((label) => label === NORMAL_SLICE),
  };
}
