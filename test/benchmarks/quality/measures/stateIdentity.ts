/**
 * Do states keep their ids when slices come and go, and is what no state knows called unknown? The abnormal states of some slices of a run
 * are looked up among those of others, as the product does for a later run.
 */
import { Random } from '../../../../src/core/math/random.js';
import { matchStates, SAME_STATE_SIMILARITY } from '../../../../src/core/states/knownStates.js';
import { calibrateLimit } from '../../../../src/core/states/novelty.js';
import { cosine, toAbnormalVector } from '../../../../src/core/states/stateVectors.js';
import { MIN_STATE_SIMILARITY } from '../../../../src/core/states/partition.js';
import type { PreparedRun } from '../cases/prepareRun.js';
import type { CaseFault } from '../cases/readCase.js';
import { ascribedContributions, findAbnormalStates, type AbnormalState } from '../productStates.js';
import { reportProgress } from '../progress.js';
import type { Cell, Table } from '../table.js';

const SEED = 5;
const DRAWS = 5;
const SUBSAMPLE = 0.8;
const THRESHOLDS = [0.5, 0.6, 0.7, 0.8, 0.9];

interface Kinded {
  readonly state: AbnormalState;
  /** Type and service of most of its slices, empty where most lie in no fault. */
  readonly kind: string;
}

/** Slices that states are known of, and slices whose states are looked up among them. */
interface Comparison {
  readonly name: string;
  readonly pairs: (prepared: PreparedRun) => readonly (readonly [known: readonly number[], found: readonly number[]])[];
}

const COMPARISONS: readonly Comparison[] = [
  {
    name: 'a fifth of the slices dropped',
    pairs: (prepared) => {
      const random = new Random(SEED, 'dropped');
      const all = slicesOf(prepared);
      const kept = Math.round(all.length * SUBSAMPLE);
      return Array.from(
        { length: DRAWS },
        () =>
          [
            all,
            random
              .shuffle([...all])
              .slice(0, kept)
              .sort((a, b) => a - b),
          ] as const,
      );
    },
  },
  {
    name: 'every other slice, against the rest',
    pairs: (prepared) => {
      const all = slicesOf(prepared);
      const [even, odd] = [all.filter((slice) => slice % 2 === 0), all.filter((slice) => slice % 2 === 1)];
      return [
        [even, odd],
        [odd, even],
      ];
    },
  },
  {
    name: 'first half of the time, then all of it',
    pairs: (prepared) => {
      const all = slicesOf(prepared);
      return [[all.slice(0, all.length / 2), all]];
    },
  },
  {
    name: 'one half of the time, against the other',
    pairs: (prepared) => {
      const all = slicesOf(prepared);
      const [before, after] = [all.slice(0, all.length / 2), all.slice(all.length / 2)];
      return [
        [before, after],
        [after, before],
      ];
    },
  },
];

export function measureStateIdentity(group: string, prepared: readonly PreparedRun[], encoder: string): Table[] {
  return [matchTable(group, prepared, encoder), noveltyTable(group, prepared, encoder)];
}

function matchTable(group: string, prepared: readonly PreparedRun[], encoder: string): Table {
  const rows: Cell[][] = [];
  for (const { name, pairs } of COMPARISONS) {
    reportProgress(`states kept: ${group}, ${name}`);
    const compared = prepared.flatMap((one) =>
      pairs(one).map(([known, found]) => ({
        entities: one.run.bins.entities,
        known: toKinded(one, encoder, known),
        found: toKinded(one, encoder, found),
      })),
    );
    for (const least of THRESHOLDS) {
      let [again, confused, lost, foreign, foreignTaken] = [0, 0, 0, 0, 0];
      for (const { entities, known, found } of compared) {
        const matched = matchStates(
          found.map(({ state }) => state.centroid),
          entities,
          known.map(({ state }) => ({ entities, centroid: state.centroid })),
          least,
        );
        found.forEach(({ kind }, i) => {
          const other = known[matched[i] ?? -1];
          if (kind === '') {
            return;
          }
          if (known.some((candidate) => candidate.kind === kind)) {
            again += other?.kind === kind ? 1 : 0;
            confused += other !== undefined && other.kind !== kind ? 1 : 0;
            lost += other === undefined ? 1 : 0;
          } else {
            foreign++;
            foreignTaken += other === undefined ? 0 : 1;
          }
        });
      }
      const total = again + confused + lost;
      rows.push([
        `${name}, ${least}${least === SAME_STATE_SIMILARITY ? ' (product)' : ''}`,
        total,
        share(again, total),
        share(confused, total),
        share(lost, total),
        foreign,
        share(foreignTaken, foreign),
      ]);
    }
  }
  return {
    title: `State ids, ${group}`,
    note: 'Abnormal states looked up among those of other slices of the same run, by least cosine. A state is of the type and service of most of its slices. New kinds: states of a kind that the others do not have.',
    columns: ['slices, least cosine', 'states', 'same id', 'id of another kind', 'new id', 'new kinds', 'taken for known'],
    rows,
  };
}

interface NoveltyTask {
  readonly task: string;
  readonly one: PreparedRun;
  /** Slices that are looked up in the states. */
  readonly asked: readonly number[];
  readonly states: readonly AbnormalState[];
}

type Rule = readonly [name: string, limitOf: (similarities: readonly number[]) => number];

const RULES: readonly Rule[] = [
  ['fixed .5', () => MIN_STATE_SIMILARITY],
  ['fixed .6', () => 0.6],
  ['fixed .7', () => 0.7],
  ['least similar member', (similarities) => calibrateLimit(similarities, 0)],
  ['quantile .05 (product)', (similarities) => calibrateLimit(similarities)],
  ['quantile .1', (similarities) => calibrateLimit(similarities, 0.1)],
  ['quantile .25', (similarities) => calibrateLimit(similarities, 0.25)],
];

function noveltyTable(group: string, prepared: readonly PreparedRun[], encoder: string): Table {
  reportProgress(`novelty: ${group}`);
  const tasks = prepared.flatMap((one): NoveltyTask[] => {
    const labels = labelsOf(one);
    const all = slicesOf(one);
    const abnormal = all.filter((slice) => labels.has(slice) && (one.run.model.verdicts.anomaly[slice] ?? 0) >= thresholdOf(one));
    const make = (task: string, asked: readonly number[], isLeftOut: (slice: number) => boolean): NoveltyTask[] =>
      asked.length === 0
        ? []
        : [
            {
              task,
              one,
              asked,
              states: findAbnormalStates(
                one,
                encoder,
                all.filter((slice) => !isLeftOut(slice)),
              ),
            },
          ];
    /** Without the faults and the slices around them, which show them in part. */
    const leaveOut = (task: string, isLeftOut: (label: SliceLabel) => boolean): NoveltyTask[] => {
      const left = one.run.faults.filter((fault, i) => isLeftOut(toLabel(fault, i)));
      return make(
        task,
        abnormal.filter((slice) => isLeftOut(labels.get(slice) ?? NO_LABEL)),
        (slice) => left.some((fault) => isNear(one, slice, fault)),
      );
    };
    const distinct = <T>(read: (label: SliceLabel) => T): T[] => [...new Set(abnormal.map((slice) => read(labels.get(slice) ?? NO_LABEL)))];
    const slicesOfKind = (isOther: (slice: number) => boolean, kind: string | undefined): number =>
      abnormal.filter((slice) => isOther(slice) && labels.get(slice)?.kind === kind).length;
    return [
      ...distinct(({ type }) => type).flatMap((type) => leaveOut('type left out', (label) => label.type === type)),
      ...distinct(({ kind }) => kind).flatMap((kind) => leaveOut('type × service left out', (label) => label.kind === kind)),
      // Known are faults of a kind of which two slices of other faults were seen.
      ...distinct(({ fault }) => fault).flatMap((fault) => {
        const kind = abnormal.map((slice) => labels.get(slice)).find((label) => label?.fault === fault)?.kind;
        const others = slicesOfKind((slice) => labels.get(slice)?.fault !== fault, kind);
        return others < 2 ? [] : leaveOut('another fault of a known kind', (label) => label.fault === fault);
      }),
      ...[0, 1].flatMap((half) =>
        make(
          'every other slice of known faults',
          abnormal.filter((slice) => slice % 2 === half && slicesOfKind((other) => other % 2 !== half, labels.get(slice)?.kind) >= 2),
          (slice) => slice % 2 === half,
        ),
      ),
    ];
  });
  const names = [...new Set(tasks.map(({ task }) => task))];
  const rows = names.flatMap((name) =>
    RULES.map(([rule, limitOf]): Cell[] => {
      let [asked, unknown] = [0, 0];
      for (const task of tasks.filter((candidate) => candidate.task === name)) {
        const limits = task.states.map(({ centroid, vectors }) => limitOf(vectors.map((vector) => cosine(vector, centroid))));
        for (const slice of task.asked) {
          const vector = vectorOf(task.one, slice);
          asked++;
          unknown += task.states.some(({ centroid }, i) => cosine(vector, centroid) >= (limits[i] ?? 1)) ? 0 : 1;
        }
      }
      return [`${name}, ${rule}`, asked, share(unknown, asked)];
    }),
  );
  return {
    title: `Unknown states, ${group}`,
    note: 'Abnormal slices of faults against the states of the other slices: those of a left-out type or service should be unknown, those of known kinds should not.',
    columns: ['slices, rule', 'slices', 'unknown'],
    rows,
  };
}

const slicesOf = ({ run }: PreparedRun): number[] => [...run.scan.familyScores.keys()];
const thresholdOf = ({ run }: PreparedRun): number => run.model.heads.detection.threshold;
const share = (count: number, total: number): Cell => (total === 0 ? undefined : count / total);

function vectorOf({ run }: PreparedRun, slice: number): Float32Array {
  return toAbnormalVector(ascribedContributions(run, slice), new Float32Array(0));
}

interface SliceLabel {
  readonly fault: number;
  readonly type: string;
  readonly kind: string;
}

const NO_LABEL: SliceLabel = { fault: -1, type: '', kind: '' };

const toLabel = ({ type, service }: CaseFault, fault: number): SliceLabel => ({ fault, type, kind: `${type} ${service}` });

function labelsOf({ run }: PreparedRun): ReadonlyMap<number, SliceLabel> {
  return new Map(
    Array.from(run.faultOfSlice).flatMap((place, slice) => {
      const fault = run.faults[place];
      return fault === undefined ? [] : [[slice, toLabel(fault, place)] as const];
    }),
  );
}

/** Less than a slice away. */
function isNear({ run }: PreparedRun, slice: number, { fromBin, toBin }: CaseFault): boolean {
  const start = run.scan.windows.starts[slice] ?? 0;
  return start < toBin + run.lengthBins && start + run.lengthBins > fromBin - run.lengthBins;
}

function toKinded(prepared: PreparedRun, encoder: string, slices: readonly number[]): Kinded[] {
  const labels = labelsOf(prepared);
  return findAbnormalStates(prepared, encoder, slices).map((state) => {
    const counts = Map.groupBy(state.members, (slice) => labels.get(slice)?.kind ?? '');
    const [most] = [...counts].sort((a, b) => b[1].length - a[1].length);
    return { state, kind: most?.[0] ?? '' };
  });
}
