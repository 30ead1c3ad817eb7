/** Root cause with the time of the fault given, and given wrong by a minute: AC@k and Avg@5, strict scorer, every entity ranked. */
import { accuracyAt, averageAtFive, strictRank } from '../../../../src/core/evaluation/ranking.js';
import { FAMILY_COUNT, FEATURE_FAMILIES } from '../../../../src/core/features/families.js';
import { bootstrap, type Estimate } from '../../../../src/core/evaluation/bootstrap.js';
import { rowOfStart, startOf, TIME_ERRORS_S, type PreparedRun } from '../cases/prepareRun.js';
import { holdsSpans } from '../cases/rangeScan.js';
import type { CaseFault } from '../cases/readCase.js';
import { reportProgress } from '../progress.js';
import type { Cell, Table } from '../table.js';
import { PRODUCT_SCORER, type RootCauseScorer } from './rootCauseScorers.js';

interface Answer {
  readonly prepared: PreparedRun;
  readonly fault: CaseFault;
  readonly isTraced: boolean;
  /** By scorer, by time error. */
  readonly ranks: ReadonlyMap<string, readonly number[]>;
}

export function measureRootCause(
  group: string,
  runs: readonly PreparedRun[],
  scorers: readonly RootCauseScorer[],
  details: boolean,
): Table[] {
  const answers = runs.flatMap((prepared) => {
    reportProgress(`root cause: ${prepared.run.source.name}`);
    return prepared.run.faults.map((fault) => answer(prepared, fault, scorers));
  });
  const rows = scorers.map(({ name }) => toRow(name, answers, name));
  const traced = answers.filter(({ isTraced }) => isTraced);
  if (traced.length < answers.length) {
    rows.splice(1, 0, toRow(`${PRODUCT_SCORER}, ${traced.length} faults with traces`, traced, PRODUCT_SCORER));
  }
  const unnamed = answers.filter(({ fault }) => fault.entity < 0).length;
  const tables: Table[] = [
    {
      title: `Root cause, ${group}`,
      note: [
        `${answers.length} faults, time given, no label of the system used but by the majority; ${unnamed} at services that the telemetry never names (counted as missed).`,
        'Last columns: AC@1 with the time a minute early and late.',
      ].join(' '),
      columns: ['scorer', 'AC@1', 'AC@3', 'AC@5', 'Avg@5', 'AC@1, −60 s', 'AC@1, +60 s'],
      rows,
    },
    byType(group, answers, scorers),
  ];
  return details ? [...tables, listMisses(group, answers)] : tables;
}

/** AC@1 of one scorer with the right time. */
export function rootCauseAccuracy({ score }: RootCauseScorer, runs: readonly PreparedRun[]): Estimate {
  const ranks = runs.flatMap((prepared) =>
    prepared.run.faults.map((fault) => strictRank(score(prepared, rowOfStart(prepared, fault.fromBin), fault), fault.entity)),
  );
  return bootstrap(ranks.length, (units) =>
    accuracyAt(
      units.map((unit) => ranks[unit] ?? Infinity),
      1,
    ),
  );
}

function answer(prepared: PreparedRun, fault: CaseFault, scorers: readonly RootCauseScorer[]): Answer {
  const { run } = prepared;
  const rows = TIME_ERRORS_S.map((errorS) => rowOfStart(prepared, startOf(run, fault.fromBin, errorS)));
  return {
    prepared,
    fault,
    isTraced: holdsSpans(run, fault.fromBin, fault.fromBin + run.lengthBins),
    ranks: new Map(scorers.map(({ name, score }) => [name, rows.map((row) => strictRank(score(prepared, row, fault), fault.entity))])),
  };
}

function toRow(label: string, answers: readonly Answer[], scorer: string): Cell[] {
  const ranks = answers.map((one) => one.ranks.get(scorer) ?? []);
  const estimate = (error: number, measure: (ranks: readonly number[]) => number): Estimate =>
    bootstrap(ranks.length, (units) => measure(units.map((unit) => ranks[unit]?.[error] ?? Infinity)));
  return [
    label,
    estimate(0, (chosen) => accuracyAt(chosen, 1)),
    estimate(0, (chosen) => accuracyAt(chosen, 3)),
    estimate(0, (chosen) => accuracyAt(chosen, 5)),
    estimate(0, averageAtFive),
    estimate(1, (chosen) => accuracyAt(chosen, 1)),
    estimate(2, (chosen) => accuracyAt(chosen, 1)),
  ];
}

function byType(group: string, answers: readonly Answer[], scorers: readonly RootCauseScorer[]): Table {
  const types = [...new Set(answers.map(({ fault }) => fault.type))].sort();
  return {
    title: `Root cause by failure type, ${group}`,
    note: 'AC@1 / Avg@5.',
    columns: ['scorer', ...types.map((type) => `${type} (${answers.filter(({ fault }) => fault.type === type).length})`)],
    rows: scorers.map(({ name }) => [
      name,
      ...types.map((type) => {
        const ranks = answers.filter(({ fault }) => fault.type === type).map((one) => one.ranks.get(name)?.[0] ?? Infinity);
        return `${accuracyAt(ranks, 1).toFixed(2)} / ${averageAtFive(ranks).toFixed(2)}`;
      }),
    ]),
  };
}

function listMisses(group: string, answers: readonly Answer[]): Table {
  return {
    title: `Faults not ranked first, ${group}`,
    columns: ['run', 'time', 'type', 'service', 'rank', 'its strongest families'],
    rows: answers
      .map((one) => ({ ...one, rank: one.ranks.get(PRODUCT_SCORER)?.[0] ?? Infinity }))
      .filter(({ rank }) => rank > 1)
      .map(({ prepared, fault, rank }) => [
        prepared.run.source.name,
        new Date(Number(fault.startNs / 1_000_000n)).toISOString().slice(11, 19),
        fault.type,
        fault.service,
        String(rank),
        describe(prepared.ranges.familyScores[rowOfStart(prepared, fault.fromBin)] ?? new Float32Array(0), fault.entity),
      ]),
  };
}

function describe(families: Float32Array, entity: number): string {
  return FEATURE_FAMILIES.map((family, i) => ({ id: family.id, score: families[entity * FAMILY_COUNT + i] ?? 0 }))
    .sort((a, b) => b.score - a.score)
    .slice(0, 5)
    .map(({ id, score }) => `${id} ${score.toFixed(1)}`)
    .join(', ');
}
