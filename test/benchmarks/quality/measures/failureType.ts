/**
 * Failure type: the same small head on each feature set with few labels, with none of the service under test, with none at all (trained on simulated
 * systems), and with a type that it never saw. The time of the fault is given, its service is not.
 */
import { macroF1 } from '../../../../src/core/evaluation/classification.js';
import { auroc } from '../../../../src/core/evaluation/ranking.js';
import { Random } from '../../../../src/core/math/random.js';
import { bootstrap, meanOf, type Estimate } from '../../../../src/core/evaluation/bootstrap.js';
import { rowOfStart, type PreparedRun } from '../cases/prepareRun.js';
import { SIMULATED } from '../cases/simulatedSystems.js';
import { ofRanges, type FeatureSet, type Row } from '../featureSets.js';
import { trainHead, type LinearHead } from '../head/logisticRegression.js';
import { diagnoseRow } from '../product.js';
import { reportProgress } from '../progress.js';
import type { Cell, Table } from '../table.js';

interface Item {
  readonly type: string;
  /** What is left out together: the service, or the whole system where each has its own services. */
  readonly place: string;
  readonly row: Row;
}

/** Names that the recorded days give to types of the default head. */
const SAME_TYPE: Readonly<Record<string, string>> = {
  cpu_contention: 'cpu-contention',
  cpu_consumed: 'cpu-contention',
  network_delay: 'network-delay',
  return: 'wrong-return',
};
const SHOTS = [1, 3, 5] as const;
const LABEL_BUDGET = 5;
const DRAWS = 10;
const SEED = 77;

type Classifier = (row: Row) => { readonly type: string; readonly p: number };

export function measureFailureType(
  group: string,
  runs: readonly PreparedRun[],
  training: readonly PreparedRun[],
  sets: readonly FeatureSet[],
): Table {
  const rows: Cell[][] = sets.map((set) => {
    reportProgress(`failure type: ${group}, ${set.name}`);
    const items = toItems(runs, set);
    return [
      `same head on ${set.name}`,
      ...SHOTS.map((shots) => fewShot(items, shots, trainSame)),
      leaveOnePlaceOut(items, trainSame),
      training.length === 0 || !set.isTransferable ? undefined : zeroShot(items, trainSame(toItems(training, set))),
      openSet(items, trainSame),
    ];
  });
  for (const set of sets) {
    const items = toItems(runs, set);
    rows.push([
      `nearest centroid on ${set.name}`,
      ...SHOTS.map((shots) => fewShot(items, shots, trainCentroids)),
      leaveOnePlaceOut(items, trainCentroids),
      undefined,
      openSet(items, trainCentroids),
    ]);
  }
  const [typed] = sets;
  if (typed !== undefined) {
    const items = toItems(runs, typed);
    rows.push(
      ['RuntimeSlicer default head', undefined, undefined, undefined, undefined, defaultHead(runs), undefined],
      ['majority', ...SHOTS.map(() => undefined), majority(items), undefined, undefined],
      ['random', ...SHOTS.map((shots) => fewShot(items, shots, trainRandom)), undefined, undefined, undefined],
    );
  }
  const counts = toItems(runs, typed ?? { name: '', isTransferable: true, read: () => [] });
  const types = [...new Set(counts.map(({ type }) => type))].sort();
  return {
    title: `Failure type, ${group}`,
    note: [
      `${counts.length} faults, ${types.length} types: ${types.map((type) => `${type} ${counts.filter((item) => item.type === type).length}`).join(', ')}.`,
      `Macro-F1 with k labels per type (${DRAWS} draws; types with no more faults than labels drop out of the test), with no label of the ${group === SIMULATED ? 'system' : 'service'} under test and at most ${LABEL_BUDGET} per type,`,
      'and zero-shot (head trained on simulated systems only); AUROC of "unknown" for types left out of training.',
    ].join(' '),
    columns: [
      'head',
      '1 label',
      '3 labels',
      '5 labels',
      group === SIMULATED ? 'leave one system out' : 'leave one service out',
      'zero-shot',
      'unknown AUROC',
    ],
    rows,
  };
}

/** Macro-F1 of the same head with no label of the place under test. */
export function typeScoreOfNewPlaces(runs: readonly PreparedRun[], set: FeatureSet): Estimate | undefined {
  return leaveOnePlaceOut(toItems(runs, set), trainCentroids);
}

function toItems(runs: readonly PreparedRun[], set: FeatureSet): Item[] {
  return runs.flatMap((prepared) => {
    const rows = set.read(prepared, ofRanges(prepared));
    const { source, faults } = prepared.run;
    return faults.map((fault) => ({
      type: fault.type,
      place: source.group === SIMULATED ? source.name : fault.service,
      row: rows[rowOfStart(prepared, fault.fromBin)] ?? [],
    }));
  });
}

function trainSame(items: readonly Item[]): Classifier {
  const head: LinearHead = trainHead(
    items.map(({ row }) => row),
    items.map(({ type }) => type),
    { isBalanced: true },
  );
  return (row) => {
    const p = head.probabilities(row);
    const best = p.indexOf(p.reduce((most, value) => Math.max(most, value), 0));
    return { type: head.classes[best] ?? '', p: p[best] ?? 0 };
  };
}

/** Nearest mean of the labelled rows by cosine, in rows of length 1; how sure it is, is that cosine. */
function trainCentroids(items: readonly Item[]): Classifier {
  const centroids = [...Map.groupBy(items, ({ type }) => type)].map(([type, members]) => {
    const units = members.map(({ row }) => toUnit(row));
    return { type, mean: toUnit(Array.from(units[0] ?? [], (_, d) => meanOf(units.map((unit) => unit[d] ?? 0)))) };
  });
  return (row) => {
    const unit = toUnit(row);
    const ranked = centroids
      .map(({ type, mean }) => ({ type, p: mean.reduce((sum, value, d) => sum + value * (unit[d] ?? 0), 0) }))
      .sort((a, b) => b.p - a.p);
    return ranked[0] ?? { type: '', p: 0 };
  };
}

function toUnit(row: ArrayLike<number>): number[] {
  const values = Array.from(row);
  const norm = Math.hypot(...values);
  return norm > 0 ? values.map((value) => value / norm) : values;
}

function trainRandom(items: readonly Item[]): Classifier {
  const random = new Random(SEED, 'random-type');
  const types = [...new Set(items.map(({ type }) => type))];
  return () => ({ type: random.pick(types), p: 0 });
}

/** `shots` items of each type that has more than that; the rest of all types is the test. */
function draw(items: readonly Item[], shots: number, random: Random): { train: number[]; test: number[] } {
  const order = random.shuffle([...items.keys()]);
  const taken = new Map<string, number>();
  const train: number[] = [];
  const test: number[] = [];
  for (const index of order) {
    const type = items[index]?.type ?? '';
    const count = taken.get(type) ?? 0;
    if (count < shots) {
      taken.set(type, count + 1);
      train.push(index);
    } else {
      test.push(index);
    }
  }
  return { train, test };
}

const pick = (items: readonly Item[], indices: readonly number[]): Item[] => indices.flatMap((index) => items[index] ?? []);

/** NaN where no type has more faults than labels. */
function fewShot(items: readonly Item[], shots: number, train: (items: readonly Item[]) => Classifier): Estimate {
  const random = new Random(SEED, `shots ${shots}`);
  const draws = Array.from({ length: DRAWS }, () => {
    const split = draw(items, shots, random);
    const classify = train(pick(items, split.train));
    return new Map(split.test.map((index) => [index, classify(items[index]?.row ?? []).type]));
  });
  return bootstrap(items.length, (units) =>
    meanOf(
      draws.map((predicted) => {
        const tested = units.filter((unit) => predicted.has(unit));
        return scoreOf(
          items,
          tested,
          tested.map((unit) => predicted.get(unit) ?? ''),
        );
      }),
    ),
  );
}

function scoreOf(items: readonly Item[], units: readonly number[], predicted: readonly string[]): number {
  return units.length === 0
    ? NaN
    : macroF1(
        predicted,
        units.map((unit) => items[unit]?.type ?? ''),
      );
}

function scoreAll(items: readonly Item[], predicted: readonly string[]): Estimate {
  return bootstrap(items.length, (units) =>
    scoreOf(
      items,
      units,
      units.map((unit) => predicted[unit] ?? ''),
    ),
  );
}

/** undefined where all faults are of one place. */
function leaveOnePlaceOut(items: readonly Item[], train: (items: readonly Item[]) => Classifier): Estimate | undefined {
  const predicted = new Array<string>(items.length).fill('');
  const places = new Set(items.map((item) => item.place));
  if (places.size < 2) {
    return undefined;
  }
  for (const place of places) {
    const others = items.filter((item) => item.place !== place);
    const random = new Random(SEED, `without ${place}`);
    const classify = train(pick(others, draw(others, LABEL_BUDGET, random).train));
    items.forEach((item, i) => {
      if (item.place === place) {
        predicted[i] = classify(item.row).type;
      }
    });
  }
  return scoreAll(items, predicted);
}

/** Predictions are types of the simulation, which the true ones are translated to. */
function zeroShot(items: readonly Item[], classify: Classifier): Estimate {
  return scoreAll(
    items.map((item) => ({ ...item, type: SAME_TYPE[item.type] ?? item.type })),
    items.map(({ row }) => classify(row).type),
  );
}

function defaultHead(runs: readonly PreparedRun[]): Estimate {
  const answers = runs.flatMap((prepared) =>
    prepared.run.faults.map((fault) => ({ fault, predicted: diagnoseRow(prepared, rowOfStart(prepared, fault.fromBin)).type })),
  );
  return scoreAll(
    answers.map(({ fault }) => ({ type: SAME_TYPE[fault.type] ?? fault.type, place: '', row: [] })),
    answers.map(({ predicted }) => predicted),
  );
}

function majority(items: readonly Item[]): Estimate {
  const counts = [...Map.groupBy(items, ({ type }) => type)].sort((a, b) => b[1].length - a[1].length);
  return scoreAll(
    items,
    items.map(() => counts[0]?.[0] ?? ''),
  );
}

/** Each type in turn is left out of training: is 1 − the largest probability (or cosine) higher for it than for the known ones? Mean over types. */
function openSet(items: readonly Item[], train: (items: readonly Item[]) => Classifier): Estimate {
  const rounds = [...new Set(items.map(({ type }) => type))].flatMap((held) => {
    const known = [...items.keys()].filter((index) => items[index]?.type !== held);
    if (new Set(pick(items, known).map(({ type }) => type)).size < 2) {
      return [];
    }
    const random = new Random(SEED, `without type ${held}`);
    return Array.from({ length: 3 }, () => {
      const split = draw(pick(items, known), LABEL_BUDGET, random);
      const classify = train(pick(pick(items, known), split.train));
      const tested = [...split.test.map((place) => known[place] ?? 0), ...[...items.keys()].filter((index) => items[index]?.type === held)];
      return { held, score: new Map(tested.map((index) => [index, 1 - classify(items[index]?.row ?? []).p])) };
    });
  });
  return bootstrap(items.length, (units) =>
    meanOf(
      rounds.map(({ held, score }) => {
        const tested = units.filter((unit) => score.has(unit));
        return (
          auroc(
            tested.map((unit) => score.get(unit) ?? 0),
            tested.map((unit) => items[unit]?.type === held),
          ) ?? NaN
        );
      }),
    ),
  );
}
