/**
 * Heads tuned on labels of the system itself, with the product's own code and the engine's own training: with and without conditioning on the
 * states of pretraining and those of the system, beside the same head on log-template counts, nearest neighbours and nearest centroids, at
 * 1, 3 and 5 labels per type.
 */
import { bootstrap, meanOf, type Estimate } from '../../../../src/core/evaluation/bootstrap.js';
import { calibrationError, macroF1 } from '../../../../src/core/evaluation/classification.js';
import type { TrainAdapter } from '../../../../src/core/adaptation/adapterTraining.js';
import type { TrainHead } from '../../../../src/core/heads/headTraining.js';
import type { HeadWeights } from '../../../../src/core/heads/headWeights.js';
import { EMPTY_SPACE, type StateSpace } from '../../../../src/core/heads/stateSpace.js';
import { answersOf } from '../../../../src/core/heads/tunedTypes.js';
import { Random } from '../../../../src/core/math/random.js';
import { adaptIncidents, mapSlices, type LabelledIncident } from '../../../../src/core/tuning/examples.js';
import { countOccasions, type HeadScores, type JudgingOptions } from '../../../../src/core/tuning/leaveOut.js';
import { leaveTypesOut, trainTypes, typesOfIncident } from '../../../../src/core/tuning/leaveTypesOut.js';
import { tuneHeads } from '../../../../src/core/tuning/tuneHeads.js';
import { toPrototypes } from '../../../../src/core/tuning/trainableTypes.js';
import { toLabelledRun, toUnit, type LabelledRun } from '../cases/labelledRun.js';
import { calibrationNoise } from '../calibrationNoise.js';
import type { PreparedRun } from '../cases/prepareRun.js';
import { reportProgress } from '../progress.js';
import { measureLaterIncidents } from './laterIncidents.js';
import type { Cell, Table } from '../table.js';

const SHOTS = [1, 3, 5] as const;
const DRAWS = 5;
const SEED = 77;
/** As the product does. */
const CONDITIONED = 'states where left-out incidents gain by them';

export interface Trainers {
  readonly head: TrainHead;
  readonly adapter: TrainAdapter;
}

export async function measureTuning(group: string, runs: readonly PreparedRun[], encoder: string, trainers: Trainers): Promise<Table[]> {
  const train = trainers.head;
  const labelled: LabelledRun[] = [];
  for (const run of runs) {
    labelled.push(...(await toLabelledRun(run, encoder, trainers.adapter)));
  }
  const rows: Cell[][] = [];
  const plain: Classify = (training, tested, { heads }) => tunedTypes(training, tested, EMPTY_SPACE, train, heads);
  const onOwnStates: Classify = (training, tested, { space, heads }) => tunedTypes(training, tested, space, train, heads);
  const methods: readonly (readonly [string, Kind, Classify])[] = [
    ['head on features and embedding, labelled types', 'nowhere known', plain],
    ['+ the default head anywhere', 'known anywhere', plain],
    ['+ where pretraining knows the state', 'incidents', plain],
    ["+ the system's own states, forced", 'incidents', onOwnStates],
    ['+ adapted encoder', 'adapted', plain],
    ['the same head on log template counts', 'templates', plain],
    ['1-NN', 'incidents', nearest],
    ['nearest centroid', 'incidents', centroids],
  ];
  for (const [name, kind, classify] of methods) {
    const cells: Cell[] = [name];
    for (const shots of SHOTS) {
      reportProgress(`tuning: ${group}, ${name}, ${shots} labels`);
      cells.push(await fewShot(labelled, shots, kind, classify));
    }
    cells.push(await leaveServiceOut(labelled, kind, classify));
    rows.push(cells);
  }
  const byDefault = await Promise.all(SHOTS.map((shots) => fewShot(labelled, shots, 'incidents', defaultTypes)));
  rows.push(['default head', ...byDefault, await leaveServiceOut(labelled, 'incidents', defaultTypes)]);
  return [
    {
      title: `Failure types tuned on labels of the system itself, ${group}`,
      note: `${labelled.length} systems, ${labelled.reduce((sum, { incidents }) => sum + incidents.length, 0)} faults. Macro-F1 of the faults without label, mean over systems and ${DRAWS} draws; types with no more faults than labels drop out of the test; and with no label of the service under test. Intervals by bootstrap over faults of all systems.`,
      columns: ['head', ...SHOTS.map((shots) => `${shots} ${shots === 1 ? 'label' : 'labels'} per type`), 'other services, ≤ 5 per type'],
      rows,
    },
    await leaveOneOut(group, labelled, train),
    await measureLaterIncidents(group, labelled, train),
  ];
}

/** What is read of the faults: as they are, or with slices of which pretraining knows nothing, or every state. */
type Kind = 'incidents' | 'templates' | 'adapted' | 'nowhere known' | 'known anywhere';

function itemsOf({ incidents, templates, adapter }: LabelledRun, kind: Kind): readonly LabelledIncident[] {
  switch (kind) {
    case 'incidents':
      return incidents;
    case 'templates':
      return templates;
    case 'adapted':
      return adaptIncidents(incidents, adapter);
    case 'nowhere known':
      return withFamiliarity(incidents, 0);
    case 'known anywhere':
      return withFamiliarity(incidents, 1);
  }
}

function withFamiliarity(incidents: readonly LabelledIncident[], familiarity: number): LabelledIncident[] {
  return incidents.map((incident) => mapSlices(incident, (slice) => ({ ...slice, familiarity })));
}

type Classify = (
  training: readonly LabelledIncident[],
  tested: readonly LabelledIncident[],
  labelled: LabelledRun,
) => Promise<string[]> | string[];

async function fewShot(all: readonly LabelledRun[], shots: number, kind: Kind, classify: Classify): Promise<Estimate> {
  const units: { readonly system: number; readonly draw: number; readonly type: string; readonly predicted: string }[][] = [];
  for (const [system, labelled] of all.entries()) {
    const items = itemsOf(labelled, kind);
    const random = new Random(SEED, `${labelled.name} ${shots}`);
    const byUnit = items.map((): (typeof units)[number] => []);
    for (let draw = 0; draw < DRAWS; draw++) {
      const { train, test } = split(items, shots, random);
      const predicted = test.length === 0 ? [] : await classify(pick(items, train), pick(items, test), labelled);
      test.forEach((index, i) => byUnit[index]?.push({ system, draw, type: items[index]?.type ?? '', predicted: predicted[i] ?? '' }));
    }
    units.push(...byUnit);
  }
  return bootstrap(units.length, (chosen) =>
    meanOf(
      [
        ...Map.groupBy(
          chosen.flatMap((unit) => units[unit] ?? []),
          ({ system, draw }) => `${system} ${draw}`,
        ).values(),
      ].map((answers) =>
        macroF1(
          answers.map(({ predicted }) => predicted),
          answers.map(({ type }) => type),
        ),
      ),
    ),
  );
}

/** Each service's faults by a head that saw at most five labels per type, none of that service; where others have faults to label. */
async function leaveServiceOut(all: readonly LabelledRun[], kind: Kind, classify: Classify): Promise<Estimate> {
  const units: { readonly system: number; readonly type: string; readonly predicted: string }[] = [];
  for (const [system, labelled] of all.entries()) {
    const items = itemsOf(labelled, kind);
    for (const [service, tested] of Map.groupBy(items, ({ entity }) => entity)) {
      const occasions = new Set(tested.map(({ occasion }) => occasion));
      const others = items.filter(({ entity, occasion }) => entity !== service && !occasions.has(occasion));
      const { train } = split(others, 5, new Random(SEED, `${labelled.name} without ${service ?? ''}`));
      const predicted = train.length === 0 ? [] : await classify(pick(others, train), tested, labelled);
      units.push(...predicted.map((answer, i) => ({ system, type: tested[i]?.type ?? '', predicted: answer })));
    }
  }
  return bootstrap(units.length, (chosen) =>
    meanOf(
      [
        ...Map.groupBy(
          chosen.flatMap((unit) => units[unit] ?? []),
          ({ system }) => system,
        ).values(),
      ].map((answers) =>
        macroF1(
          answers.map(({ predicted }) => predicted),
          answers.map(({ type }) => type),
        ),
      ),
    ),
  );
}

/** `shots` incidents of each type that has more than that; the rest of those types that shares no slice with one of them is the test. */
function split(items: readonly LabelledIncident[], shots: number, random: Random): { train: number[]; test: number[] } {
  const train: number[] = [];
  const test: number[] = [];
  for (const members of Map.groupBy(random.shuffle([...items.keys()]), (index) => items[index]?.type ?? '').values()) {
    train.push(...members.slice(0, shots));
    test.push(...members.slice(shots));
  }
  const seen = new Set(train.map((index) => items[index]?.occasion));
  return { train, test: test.filter((index) => !seen.has(items[index]?.occasion)) };
}

const pick = (items: readonly LabelledIncident[], indices: readonly number[]): LabelledIncident[] =>
  indices.flatMap((index) => items[index] ?? []);

async function tunedTypes(
  training: readonly LabelledIncident[],
  tested: readonly LabelledIncident[],
  space: StateSpace,
  train: TrainHead,
  defaults: HeadWeights,
): Promise<string[]> {
  const types = [...new Set(training.map(({ type }) => type))].sort();
  const options: JudgingOptions = {
    space,
    defaults,
    train,
    seed: SEED,
    signal: new AbortController().signal,
    onProgress: () => undefined,
  };
  const { choice } = countOccasions(training) < 2 ? { choice: { trust: 0, sharpness: 1 } } : await leaveTypesOut(training, types, options);
  const { head } = await trainTypes(training, types, choice, options, () => undefined);
  const answers = answersOf(head);
  return tested.map((incident) => {
    const known = typesOfIncident(head, incident, { space, defaults }).subarray(0, answers.length);
    return answers[known.indexOf(Math.max(...known))] ?? '';
  });
}

function nearest(training: readonly LabelledIncident[], tested: readonly LabelledIncident[]): string[] {
  return tested.map((incident) => {
    const row = meanRow(incident);
    const similarities = training.map((other) => dot(row, meanRow(other)));
    return training[similarities.indexOf(Math.max(...similarities))]?.type ?? '';
  });
}

function centroids(training: readonly LabelledIncident[], tested: readonly LabelledIncident[]): string[] {
  const types = [...new Set(training.map(({ type }) => type))];
  const prototypes = toPrototypes(training, types);
  return tested.map((incident) => {
    const row = meanRow(incident);
    const similarities = types.map((_, k) => dot(row, prototypes.subarray(k * row.length, (k + 1) * row.length)));
    return types[similarities.indexOf(Math.max(...similarities))] ?? '';
  });
}

const defaultTypes: Classify = (_training, tested) => tested.map(({ defaultType }) => defaultType);

function meanRow({ slices }: LabelledIncident): Float32Array {
  const sum = new Float32Array(slices[0]?.type.length ?? 0);
  for (const { type } of slices) {
    type.forEach((value, i) => {
      sum[i] = (sum[i] ?? 0) + value;
    });
  }
  return toUnit(sum);
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}

/** What the product reports of itself after tuning on every label, with and without states, one system after the other. */
async function leaveOneOut(group: string, all: readonly LabelledRun[], train: TrainHead): Promise<Table> {
  const rows: Cell[][] = [];
  const times: number[] = [];
  const reports: { readonly space: string; readonly scores: readonly HeadScores[] }[] = [];
  for (const [space, choose] of [
    ['no states', (): StateSpace => EMPTY_SPACE],
    [CONDITIONED, ({ space: own }: LabelledRun): StateSpace => own],
  ] as const) {
    for (const labelled of all) {
      reportProgress(`tuning: ${group}, ${labelled.name}, all labels, ${space}`);
      const startedMs = performance.now();
      const { scores } = await tuneHeads([...labelled.incidents, ...labelled.normals], {
        heads: ['detection', 'failure-type', 'root-cause'],
        space: choose(labelled),
        defaults: labelled.heads,
        train,
        seed: SEED,
        signal: new AbortController().signal,
        onProgress: () => undefined,
      });
      times.push(performance.now() - startedMs);
      reports.push({ space, scores });
    }
  }
  for (const head of ['detection', 'failure-type', 'root-cause'] as const) {
    for (const space of ['no states', CONDITIONED]) {
      const scores = reports.filter((each) => each.space === space).flatMap((each) => each.scores.filter((score) => score.head === head));
      const [first] = scores;
      if (first !== undefined) {
        const mean = (read: (score: HeadScores) => number): number => meanOf(scores.map(read));
        rows.push([
          `${head}, ${space}`,
          first.measure,
          mean(({ tuned }) => tuned.score),
          mean(({ current }) => current.score),
          mean(({ baseline }) => baseline.score),
          `${scores.filter(({ tuned, current }) => tuned.score >= current.score).length} of ${scores.length}`,
          `${scores.filter(({ dependsOnState }) => dependsOnState).length} of ${scores.length}`,
          calibrationError(scores.flatMap(({ heldOut }) => heldOut)),
          calibrationNoise(scores.flatMap(({ heldOut }) => heldOut)),
        ]);
      }
    }
  }
  return {
    title: `Heads tuned on all labels, incidents left out in turn, ${group}`,
    note: `${all.length} systems, mean over systems; ${meanOf(times).toFixed(0)} ms for all three heads of one system with its held-out scores (longest ${Math.max(...times).toFixed(0)} ms).`,
    columns: [
      'head',
      'measure',
      'tuned',
      'without labels',
      'trivial',
      'not worse',
      'conditioned',
      'calibration error',
      'of a calibrated head',
    ],
    rows,
  };
}
