/**
 * What tuning is worth for incidents whose labels had no part in anything: every other label of a system tunes its heads – weights, scales, whether
 * they depend on the state and whether they are used at all – and the labels between are the test; then the other way round.
 */
import { bootstrap, meanOf, type Estimate } from '../../../../src/core/evaluation/bootstrap.js';
import { calibrationError, macroF1 } from '../../../../src/core/evaluation/classification.js';
import { auroc, strictRank } from '../../../../src/core/evaluation/ranking.js';
import type { TrainHead } from '../../../../src/core/heads/headTraining.js';
import { EMPTY_SPACE } from '../../../../src/core/heads/stateSpace.js';
import { answersOf, UNKNOWN_TYPE } from '../../../../src/core/heads/tunedTypes.js';
import { adaptIncidents, NORMAL, type LabelledIncident } from '../../../../src/core/tuning/examples.js';
import { rankIncident } from '../../../../src/core/tuning/judgeCauses.js';
import { detectIncident } from '../../../../src/core/tuning/judgeDetection.js';
import { bestOf } from '../../../../src/core/tuning/judgeTypes.js';
import type { HeadName } from '../../../../src/core/tuning/leaveOut.js';
import { typesOfIncident } from '../../../../src/core/tuning/leaveTypesOut.js';
import { tuneHeads, type TuningResult } from '../../../../src/core/tuning/tuneHeads.js';
import { calibrationNoise } from '../calibrationNoise.js';
import type { LabelledRun } from '../cases/labelledRun.js';
import { reportProgress } from '../progress.js';
import type { Cell, Table } from '../table.js';

const SEED = 77;
const HEADS: readonly HeadName[] = ['detection', 'failure-type', 'root-cause'];
const MEASURES: Readonly<Record<HeadName, string>> = { detection: 'AUROC', 'failure-type': 'macro-F1', 'root-cause': 'AC@1' };

type Said = readonly { readonly p: number; readonly isSo: boolean }[];

/** What a head says of the tested half. */
interface Answer {
  /** NaN where the half has nothing to score. */
  readonly score: number;
  readonly said: Said;
}

/** One head of one system, tuned on one half and tested on the other. */
interface Trial {
  readonly system: string;
  readonly byDefault: Answer;
  readonly plain: Answer;
  readonly chosen: Answer;
  /** On the adapted encoder, where the product would adapt it. */
  readonly adapted: Answer;
  readonly dependsOnState: boolean;
  readonly isUsed: boolean;
}

export async function measureLaterIncidents(group: string, all: readonly LabelledRun[], train: TrainHead): Promise<Table> {
  const trials = new Map(HEADS.map((head): [HeadName, Trial[]] => [head, []]));
  for (const labelled of all) {
    reportProgress(`tuning: ${group}, ${labelled.name}, half of the labels`);
    for (const parity of [0, 1]) {
      const isTraining = ({ occasion }: LabelledIncident, i: number): boolean => (occasion ?? i) % 2 === parity;
      const training = [...labelled.incidents.filter(isTraining), ...labelled.normals.filter(isTraining)];
      const tested = [...labelled.incidents, ...labelled.normals].filter((incident) => !training.includes(incident));
      const [plain, chosen] = [await tuneOn(training, labelled, train, false), await tuneOn(training, labelled, train, true)];
      const adapt = (incidents: readonly LabelledIncident[]): readonly LabelledIncident[] => adaptIncidents(incidents, labelled.adapter);
      const adapted = labelled.adapter === undefined ? chosen : await tuneOn(adapt(training), labelled, train, true);
      for (const head of HEADS) {
        const scores = chosen.scores.find((each) => each.head === head);
        if (scores !== undefined) {
          trials.get(head)?.push({
            system: labelled.name,
            byDefault: answerByDefault(head, tested),
            plain: answer(head, tested, labelled, plain),
            chosen: answer(head, tested, labelled, chosen),
            adapted: answer(head, adapt(tested), labelled, adapted),
            dependsOnState: scores.dependsOnState,
            isUsed: scores.tuned.score >= scores.current.score,
          });
        }
      }
    }
  }
  return {
    title: `Heads tuned on every other label and tested on the labels between, ${group}`,
    note: `${all.length} systems, both halves in turn; mean over halves, intervals by bootstrap over systems. "By states": what the tuned head gains where it may depend on the state; "by the adapter": what it gains on the encoder adapted to the system (${all.filter(({ adapter }) => adapter !== undefined).length} systems); "by labels": what the user gains, the default head being kept where the tuned one looked worse.`,
    columns: [
      'head',
      'measure',
      'default',
      'tuned, no states',
      'tuned',
      'by states',
      'conditioned',
      'by the adapter',
      'by labels',
      'used',
      'calibration error',
      'of a calibrated head',
    ],
    rows: HEADS.map((head) => toRow(head, trials.get(head) ?? [])),
  };
}

function toRow(head: HeadName, trials: readonly Trial[]): Cell[] {
  const systems = [...Map.groupBy(trials, ({ system }) => system).values()];
  const over = (read: (trial: Trial) => number): Estimate =>
    bootstrap(systems.length, (units) => meanOf(units.flatMap((unit) => (systems[unit] ?? []).map(read))));
  const said = trials.flatMap(({ chosen }) => chosen.said);
  const shareOf = (holds: (trial: Trial) => boolean): string => `${trials.filter(holds).length} of ${trials.length}`;
  return [
    head,
    MEASURES[head],
    over(({ byDefault }) => byDefault.score),
    over(({ plain }) => plain.score),
    over(({ chosen }) => chosen.score),
    over(({ plain, chosen }) => chosen.score - plain.score),
    shareOf(({ dependsOnState }) => dependsOnState),
    over(({ chosen, adapted }) => adapted.score - chosen.score),
    over(({ byDefault, chosen, isUsed }) => (isUsed ? chosen.score - byDefault.score : 0)),
    shareOf(({ isUsed }) => isUsed),
    calibrationError(said),
    calibrationNoise(said),
  ];
}

function tuneOn(
  training: readonly LabelledIncident[],
  { space, heads }: LabelledRun,
  train: TrainHead,
  withStates: boolean,
): Promise<TuningResult> {
  return tuneHeads(training, {
    heads: HEADS,
    space: withStates ? space : EMPTY_SPACE,
    defaults: heads,
    train,
    seed: SEED,
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
}

function answer(head: HeadName, tested: readonly LabelledIncident[], { heads }: LabelledRun, { tuned }: TuningResult): Answer {
  const options = { space: tuned.states, defaults: heads };
  const { detection, failureType, rootCause } = tuned;
  switch (head) {
    case 'detection':
      return detection === null
        ? NOTHING
        : scoreDetection(tested, (incident) =>
            detectIncident(detection, incident, tuned.states).map((logit) => 1 / (1 + Math.exp(-logit))),
          );
    case 'failure-type':
      return failureType === null
        ? NOTHING
        : scoreTypes(tested, (incident) => bestOf(typesOfIncident(failureType, incident, options), answersOf(failureType)));
    case 'root-cause':
      return rootCause === null ? NOTHING : scoreCauses(tested, (incident) => rankIncident(rootCause, incident, options));
  }
}

function answerByDefault(head: HeadName, tested: readonly LabelledIncident[]): Answer {
  switch (head) {
    case 'detection':
      return scoreDetection(tested, ({ slices }) => slices.map(({ anomaly }) => anomaly));
    case 'failure-type':
      return scoreTypes(tested, ({ defaultType }) => ({ type: defaultType, p: 0 }));
    case 'root-cause':
      return scoreCauses(tested, ({ cause }) => ({ rank: cause === null ? Infinity : strictRank(cause.scores, cause.target), first: 0 }));
  }
}

const NOTHING: Answer = { score: NaN, said: [] };

function scoreDetection(tested: readonly LabelledIncident[], toProbabilities: (incident: LabelledIncident) => readonly number[]): Answer {
  const said = tested.flatMap((incident) => toProbabilities(incident).map((p) => ({ p, isSo: incident.type !== NORMAL })));
  const score = auroc(
    said.map(({ p }) => p),
    said.map(({ isSo }) => isSo),
  );
  return { score: score ?? NaN, said };
}

function scoreTypes(
  tested: readonly LabelledIncident[],
  predict: (incident: LabelledIncident) => { readonly type: string; readonly p: number },
): Answer {
  const failing = tested.filter(({ type }) => type !== NORMAL && type !== UNKNOWN_TYPE);
  const predicted = failing.map(predict);
  return {
    score: macroF1(
      predicted.map(({ type }) => type),
      failing.map(({ type }) => type),
    ),
    said: predicted.map(({ type, p }, i) => ({ p, isSo: type === failing[i]?.type })),
  };
}

function scoreCauses(
  tested: readonly LabelledIncident[],
  rank: (incident: LabelledIncident) => { readonly rank: number; readonly first: number },
): Answer {
  const ranked = tested.filter(({ cause, type }) => cause !== null && type !== NORMAL).map(rank);
  return {
    score: ranked.length === 0 ? NaN : ranked.filter((each) => each.rank <= 1).length / ranked.length,
    said: ranked.map((each) => ({ p: each.first, isSo: each.rank <= 1 })),
  };
}
