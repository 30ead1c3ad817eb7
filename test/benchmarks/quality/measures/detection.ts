/**
 * Detection: AUROC and F1 per slice, F1 per incident, false alarms. The threshold of every detector is the one with the best F1 on simulated training systems,
 * so that no system under test chooses it.
 */
import { bootstrap, type Estimate } from '../../../../src/core/evaluation/bootstrap.js';
import type { PreparedRun } from '../cases/prepareRun.js';
import { NORMAL_SLICE } from '../cases/readCase.js';
import { SIMULATED } from '../cases/simulatedSystems.js';
import type { Cell, Table } from '../table.js';
import { tallyDetection, type DetectionTally, type FaultTally } from './detectionTally.js';
import type { Detector } from './detectors.js';

/** Best F1 over the slices of the training systems; 0 without any. */
export function chooseThreshold(detector: Detector, training: readonly PreparedRun[]): number {
  if (detector.threshold !== undefined) {
    return detector.threshold;
  }
  const scored = training
    .flatMap((prepared) =>
      detector.score(prepared).map((score, slice) => ({ score, fault: prepared.run.faultOfSlice[slice] ?? NORMAL_SLICE })),
    )
    .filter(({ fault }) => fault >= NORMAL_SLICE)
    .sort((a, b) => b.score - a.score);
  const positives = scored.filter(({ fault }) => fault >= 0).length;
  let best = { f1: -1, threshold: 0 };
  let hits = 0;
  scored.forEach(({ score, fault }, i) => {
    hits += fault >= 0 ? 1 : 0;
    if (score === scored[i + 1]?.score) {
      return;
    }
    // 2 · hits / (predicted + positive) is F1.
    const f1 = (2 * hits) / (i + 1 + positives);
    if (f1 > best.f1) {
      best = { f1, threshold: score };
    }
  });
  return best.threshold;
}

export function measureDetection(
  title: string,
  runs: readonly PreparedRun[],
  detectors: readonly Detector[],
  training: readonly PreparedRun[],
): Table[] {
  const hasNegatives = runs.every(({ run }) => run.source.hasNegatives);
  const tallies = detectors.map((detector) => ({
    name: detector.name,
    tally: tallyDetection(detector, chooseThreshold(detector, training), runs),
  }));
  if (!hasNegatives) {
    return [
      {
        title: `Detection, ${title}: recall alone`,
        note: 'This day holds no time that can be trusted to be fault-free, so neither AUROC nor F1 nor false alarms can be measured on it. A detector that always fires has recall 1.',
        columns: ['detector', 'recall per slice', 'recall per fault'],
        rows: tallies.map(({ name, tally }) => [name, sliceRecall(tally), faultRecall(tally)]),
      },
    ];
  }
  const hours = tallies[0]?.tally.faultFreeHours ?? 0;
  const main: Table = {
    title: `Detection, ${title}`,
    note: `${runs.reduce((sum, { run }) => sum + run.faults.length, 0)} faults, ${hours.toFixed(1)} fault-free hours. Thresholds: best F1 on simulated training systems. An incident is true when at least half of it lies in faults, widened by a slice.`,
    columns: [
      'detector',
      'AUROC',
      'F1 per slice',
      'F1 per incident',
      'F1, one fault per incident',
      'recall per fault',
      'false alarms per fault-free hour',
      'per day',
      'share of fault-free slices',
    ],
    rows: tallies.map(({ name, tally }) => toRow(name, tally)),
  };
  const strata = [...new Set((tallies[0]?.tally.faults ?? []).map(({ stratum }) => stratum))].sort();
  const found = byType(title, tallies);
  if (runs.some(({ run }) => run.source.group === SIMULATED)) {
    return [main, found];
  }
  return [
    main,
    found,
    {
      title: `Detection by hour, ${title}`,
      note: 'AUROC against slices of the same hour.',
      columns: [
        'detector',
        ...strata.map((hour) => `${hour} (${(tallies[0]?.tally.faults ?? []).filter(({ stratum }) => stratum === hour).length})`),
      ],
      rows: tallies.map(({ name, tally }) => [name, ...strata.map((hour) => area(tally.faults.filter(({ stratum }) => stratum === hour)))]),
    },
  ];
}

/** Which kinds of fault are missed. */
function byType(title: string, tallies: readonly { readonly name: string; readonly tally: DetectionTally }[]): Table {
  const typesOf = ({ faults }: DetectionTally): string[] => faults.map(({ type }) => type);
  const all = tallies[0] === undefined ? [] : typesOf(tallies[0].tally);
  const types = [...new Set(all)].sort();
  return {
    title: `Recall per fault by failure type, ${title}`,
    columns: ['detector', ...types.map((type) => `${type} (${all.filter((each) => each === type).length})`)],
    rows: tallies.map(({ name, tally: { faults } }) => [
      name,
      ...types.map((type) => {
        const ofType = faults.filter((fault) => fault.type === type);
        return total(ofType, ({ isFound }) => (isFound ? 1 : 0)) / ofType.length;
      }),
    ]),
  };
}

function toRow(name: string, tally: DetectionTally): Cell[] {
  const perHour = tally.faultFreeHours > 0 ? tally.falseAlarms / tally.faultFreeHours : NaN;
  return [
    name,
    estimate(tally, area),
    estimate(tally, (faults) => {
      const hits = total(faults, (fault) => fault.hits);
      const positives = total(faults, (fault) => fault.slices);
      return f1(hits, hits + tally.falseSlices, positives);
    }),
    estimate(tally, (faults) => {
      const found = total(faults, (fault) => (fault.isFound ? 1 : 0));
      const incidents = total(faults, (fault) => fault.incidents);
      const precision = incidents + tally.falseAlarms === 0 ? 0 : incidents / (incidents + tally.falseAlarms);
      const recall = faults.length === 0 ? 0 : found / faults.length;
      return precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
    }),
    estimate(tally, (faults) =>
      f1(
        total(faults, (fault) => (fault.isPaired ? 1 : 0)),
        total(faults, (fault) => fault.incidents) + tally.falseAlarms,
        faults.length,
      ),
    ),
    faultRecall(tally),
    perHour,
    perHour * 24,
    tally.falseSlices / Math.max(1, tally.normalSlices),
  ];
}

/** AUROC of one detector. */
export function detectionArea(detector: Detector, runs: readonly PreparedRun[]): Estimate {
  return estimate(tallyDetection(detector, 1, runs), area);
}

const faultRecall = (tally: DetectionTally): Estimate =>
  estimate(tally, (faults) => total(faults, (fault) => (fault.isFound ? 1 : 0)) / Math.max(1, faults.length));

const sliceRecall = (tally: DetectionTally): Estimate =>
  estimate(
    tally,
    (faults) =>
      total(faults, (fault) => fault.hits) /
      Math.max(
        1,
        total(faults, (fault) => fault.slices),
      ),
  );

function estimate(tally: DetectionTally, measure: (faults: readonly FaultTally[]) => number): Estimate {
  return bootstrap(tally.faults.length, (units) => measure(units.flatMap((unit) => tally.faults[unit] ?? [])));
}

/** AUROC; NaN without a pair to compare. */
export function area(faults: readonly FaultTally[]): number {
  const pairs = total(faults, (fault) => fault.pairs);
  return pairs === 0 ? NaN : total(faults, (fault) => fault.wins) / pairs;
}

function f1(hits: number, predicted: number, positives: number): number {
  return predicted + positives === 0 ? 0 : (2 * hits) / (predicted + positives);
}

function total(faults: readonly FaultTally[], of: (fault: FaultTally) => number): number {
  return faults.reduce((sum, fault) => sum + of(fault), 0);
}
