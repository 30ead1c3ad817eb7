/**
 * States: do groups of slices that were formed without labels agree with what was wrong where, are they stable, and is the nearest slice of
 * *another* incident of the same kind? Slices of one incident overlap, so that a neighbour from the same one would prove nothing.
 */
import { normalisedMutualInformation } from '../../../../src/core/evaluation/classification.js';
import { adjustedRandIndex, silhouettes } from '../../../../src/core/evaluation/clustering.js';
import { fuse } from '../../../../src/core/heads/fusion.js';
import type { RunScan } from '../../../../src/core/run/scanRun.js';
import { clusterByLinkage, cosineDistances } from '../../../../src/core/states/agglomerative.js';
import { cosine, toAbnormalVector } from '../../../../src/core/states/stateVectors.js';
import { partitionSlices } from '../../../../src/core/states/partition.js';
import { Random } from '../../../../src/core/math/random.js';
import { bootstrap, jackknife, meanOf, type Estimate } from '../../../../src/core/evaluation/bootstrap.js';
import type { PreparedRun } from '../cases/prepareRun.js';
import { abnormalVector, embedding, logTemplates, ofSlices, sliceText, typeFeatures, type FeatureSet } from '../featureSets.js';
import { ascribedContributions, toPartitionInput } from '../productStates.js';
import { reportProgress } from '../progress.js';
import type { Cell, Table } from '../table.js';

/** A slice that lies in a fault. */
interface Member {
  readonly slice: number;
  /** Position among all faults of the group. */
  readonly unit: number;
  readonly type: string;
  readonly typeAndService: string;
}

interface StateRun {
  readonly prepared: PreparedRun;
  readonly members: readonly Member[];
}

/** Groups some slices of a run. @returns a state's name for each */
type Grouping = (run: StateRun, members: readonly Member[]) => readonly string[];

const SUBSAMPLE = 0.8;
const SUBSAMPLE_PAIRS = 5;
const RANDOM_PAIRS = 2000;
const SEED = 5;

export function measureStates(group: string, prepared: readonly PreparedRun[], encoders: readonly string[]): Table {
  const { runs, units } = toStateRuns(prepared);
  const isOneRun = runs.length === 1;
  const sets: FeatureSet[] = [
    abnormalVector,
    byTheRule,
    ascribedOnly,
    ...encoders.flatMap((name) => [embedding(name), ascribedAndEmbedding(name)]),
    typeFeatures,
    logTemplates,
    sliceText,
  ];
  const rows: Cell[][] = [
    ...encoders.map((name): Cell[] => [
      `RuntimeSlicer states, ${name}`,
      ...agreement(runs, units, productGrouping(name)),
      undefined,
      undefined,
      undefined,
      undefined,
    ]),
    ...sets.map((set): Cell[] => {
      reportProgress(`states: ${group}, ${set.name}`);
      const vectors = runs.map((run) => toVectors(run, set));
      const vectorsOf = new Map(runs.map((run, i) => [run, vectors[i] ?? []]));
      const [nmi, ari, stability] = agreement(runs, units, linkageOf(vectorsOf));
      // What describes one system only has no neighbours in another.
      const neighbours = isOneRun || set.isTransferable ? nearest(runs, vectorsOf, units) : undefined;
      return [
        set.name,
        nmi,
        ari,
        stability,
        silhouetteOf(runs, vectorsOf, units),
        neighbours?.type,
        isOneRun ? neighbours?.typeAndService : undefined,
        smoothness(runs, vectorsOf),
      ];
    }),
    ['random', ...agreement(runs, units, randomGrouping), undefined, undefined, undefined, undefined],
  ];
  return {
    title: `States, ${group}`,
    note: [
      `${runs.reduce((sum, { members }) => sum + members.length, 0)} slices in ${units} faults; grouped by the linkage that the product uses unless said otherwise, against failure type × service${isOneRun ? '' : ' within each system, mean over systems'}.`,
      'Slices of one fault overlap, which raises NMI and ARI of every row. Stability: ARI of two groupings of 80 % each on the shared slices. 1-NN: the nearest slice of another incident, where there is one of the same kind,',
      isOneRun ? 'of the run.' : '(of any system) is of the same type.',
      'Smoothness: mean cosine of overlapping neighbours minus that of random pairs.',
    ].join(' '),
    columns: ['representation', 'NMI', 'ARI', 'stability', 'silhouette', '1-NN type', '1-NN type × service', 'smoothness'],
    rows,
  };
}

/** NMI of the product's states, embeddings by this encoder. */
export function productStateAgreement(prepared: readonly PreparedRun[], encoder: string): Estimate {
  const { runs, units } = toStateRuns(prepared);
  return agreement(runs, units, productGrouping(encoder))[0];
}

/** 1-NN accuracy over distinct incidents, by type, for vectors that several systems share. */
export function neighbourAccuracy(prepared: readonly PreparedRun[], set: FeatureSet): Estimate {
  const { runs, units } = toStateRuns(prepared);
  return nearest(runs, new Map(runs.map((run) => [run, toVectors(run, set)])), units).type;
}

function toStateRuns(prepared: readonly PreparedRun[]): { readonly runs: StateRun[]; readonly units: number } {
  let units = 0;
  const runs = prepared.map((one) => {
    const first = units;
    units += one.run.faults.length;
    const members = Array.from(one.run.faultOfSlice).flatMap((fault, slice) => {
      const label = one.run.faults[fault];
      return label === undefined
        ? []
        : [{ slice, unit: first + fault, type: label.type, typeAndService: `${label.type} ${label.service}` }];
    });
    return { prepared: one, members };
  });
  return { runs, units };
}

/** The space in which the product tells abnormal slices apart. */
function ascribedAndEmbedding(encoder: string): FeatureSet {
  const { read } = embedding(encoder);
  return {
    name: `contributions as ascribed and embedding, ${encoder}`,
    isTransferable: false,
    read: (prepared, scanned) => {
      const rows = read(prepared, scanned);
      return ascribedOf(prepared, scanned.scan).map((one, i) => toAbnormalVector(one, Float32Array.from(rows[i] ?? [])));
    },
  };
}

const ascribedOnly: FeatureSet = {
  name: 'contributions as embeddings ascribe them',
  isTransferable: false,
  read: (prepared, { scan }) => ascribedOf(prepared, scan).map((one) => toAbnormalVector(one, new Float32Array(0))),
};

const byTheRule: FeatureSet = {
  name: 'contributions by the label-free rule',
  isTransferable: false,
  read: ({ run }, { scan }) =>
    scan.familyScores.map((scores) => toAbnormalVector(fuse(scores, run.bins.edges).contributions, new Float32Array(0))),
};

/** Of slices. */
const ascribedOf = ({ run }: PreparedRun, scan: Pick<RunScan, 'familyScores'>): Float64Array[] =>
  scan.familyScores.map((_, slice) => ascribedContributions(run, slice));

/** [S] of the run. */
function toVectors({ prepared }: StateRun, set: FeatureSet): readonly Float32Array[] {
  return set.read(prepared, ofSlices(prepared)).map((row) => Float32Array.from(row));
}

function linkageOf(vectorsOf: ReadonlyMap<StateRun, readonly Float32Array[]>): Grouping {
  return (run, members) => {
    const all = vectorsOf.get(run) ?? [];
    const dim = all[0]?.length ?? 0;
    const rows = new Float32Array(members.length * dim);
    members.forEach(({ slice }, i) => {
      rows.set(all[slice] ?? [], i * dim);
    });
    return Array.from(clusterByLinkage(cosineDistances(rows, members.length, dim), members.length), String);
  };
}

/** The whole partition of the product, on all slices of the run or, when `members` are fewer, without the fault slices left out. */
function productGrouping(encoder: string): Grouping {
  return ({ prepared, members: all }, members) => {
    const chosen = new Set(members.map(({ slice }) => slice));
    const left = new Set(all.map(({ slice }) => slice).filter((slice) => !chosen.has(slice)));
    const slices = [...prepared.run.scan.familyScores.keys()].filter((slice) => !left.has(slice));
    const { stateOfSlice } = partitionSlices(toPartitionInput(prepared, encoder, slices));
    const placeOf = new Map(slices.map((slice, place) => [slice, place]));
    return members.map(({ slice }) => String(stateOfSlice[placeOf.get(slice) ?? 0]));
  };
}

const randomGrouping: Grouping = (_, members) => {
  const random = new Random(SEED, 'random-states');
  const states = Math.max(2, new Set(members.map(({ typeAndService }) => typeAndService)).size);
  return members.map(() => String(random.integer(1, states)));
};

/** NMI, ARI and stability, each a mean over runs with at least two kinds of fault. */
function agreement(runs: readonly StateRun[], nUnits: number, grouping: Grouping): [Estimate, Estimate, number] {
  const grouped = runs.map((run) => grouping(run, run.members));
  const over = (measure: (states: readonly string[], truth: readonly string[]) => number): Estimate =>
    jackknife(nUnits, (units) => {
      const kept = new Set(units);
      return meanOf(
        runs.map(({ members }, i) => {
          const places = [...members.keys()].filter((place) => kept.has(members[place]?.unit ?? -1));
          const truth = places.map((place) => members[place]?.typeAndService ?? '');
          return new Set(truth).size < 2
            ? NaN
            : measure(
                places.map((place) => grouped[i]?.[place] ?? ''),
                truth,
              );
        }),
      );
    });
  return [over(normalisedMutualInformation), over(adjustedRandIndex), meanOf(runs.map((run) => stabilityOf(run, grouping)))];
}

function stabilityOf(run: StateRun, grouping: Grouping): number {
  const random = new Random(SEED, 'subsamples');
  if (run.members.length < 5) {
    return NaN;
  }
  const draw = (): Member[] => {
    const kept = new Set(random.shuffle([...run.members.keys()]).slice(0, Math.round(run.members.length * SUBSAMPLE)));
    return run.members.filter((_, i) => kept.has(i));
  };
  return meanOf(
    Array.from({ length: SUBSAMPLE_PAIRS }, () => {
      const [a, b] = [draw(), draw()];
      const [inA, inB] = [grouping(run, a), grouping(run, b)];
      const other = new Map(b.map((member, i) => [member, inB[i] ?? '']));
      const shared = a.flatMap((member, i) => {
        const state = other.get(member);
        return state === undefined ? [] : [[inA[i] ?? '', state] as const];
      });
      return adjustedRandIndex(
        shared.map(([state]) => state),
        shared.map(([, state]) => state),
      );
    }),
  );
}

/** Mean over resampled faults of what each slice of them scored. */
function overUnits(scores: readonly { readonly unit: number; readonly value: number }[], nUnits: number): Estimate {
  const byUnit = Map.groupBy(scores, ({ unit }) => unit);
  return bootstrap(nUnits, (units) => meanOf(units.flatMap((unit) => (byUnit.get(unit) ?? []).map(({ value }) => value))));
}

function silhouetteOf(runs: readonly StateRun[], vectorsOf: ReadonlyMap<StateRun, readonly Float32Array[]>, nUnits: number): Cell {
  const scores = runs.flatMap((run) => {
    const vectors = vectorsOf.get(run) ?? [];
    const own = run.members.map(({ slice }) => vectors[slice] ?? new Float32Array(0));
    const values = silhouettes(
      run.members.map(({ typeAndService }) => typeAndService),
      (i, j) => 1 - cosine(own[i] ?? new Float32Array(0), own[j] ?? new Float32Array(0)),
    );
    return values.map((value, i) => ({ unit: run.members[i]?.unit ?? 0, value }));
  });
  return overUnits(scores, nUnits);
}

function nearest(
  runs: readonly StateRun[],
  vectorsOf: ReadonlyMap<StateRun, readonly Float32Array[]>,
  nUnits: number,
): { readonly type: Estimate; readonly typeAndService: Estimate } {
  const all = runs.flatMap((run) =>
    run.members.map((member) => ({ member, vector: vectorsOf.get(run)?.[member.slice] ?? new Float32Array(0) })),
  );
  const found = all.map(({ member, vector }) => {
    let best: Member | undefined;
    let most = -Infinity;
    for (const other of all) {
      const similarity = other.member.unit === member.unit ? -Infinity : cosine(vector, other.vector);
      if (similarity > most) {
        most = similarity;
        best = other.member;
      }
    }
    return { member, best };
  });
  const toCell = (isSame: (a: Member, b: Member) => boolean): Estimate =>
    overUnits(
      found
        // Where no other incident is of the same kind there is nothing to find.
        .filter(({ member }) => all.some((other) => other.member.unit !== member.unit && isSame(member, other.member)))
        .map(({ member, best }) => ({ unit: member.unit, value: best !== undefined && isSame(member, best) ? 1 : 0 })),
      nUnits,
    );
  return { type: toCell((a, b) => a.type === b.type), typeAndService: toCell((a, b) => a.typeAndService === b.typeAndService) };
}

function smoothness(runs: readonly StateRun[], vectorsOf: ReadonlyMap<StateRun, readonly Float32Array[]>): number {
  return meanOf(
    runs.map((run) => {
      const { starts, lengthBins } = run.prepared.run.scan.windows;
      const vectors = vectorsOf.get(run) ?? [];
      const similarity = (i: number, j: number): number => cosine(vectors[i] ?? new Float32Array(0), vectors[j] ?? new Float32Array(0));
      const neighbours = Array.from(starts).flatMap((start, i) =>
        i > 0 && start - (starts[i - 1] ?? 0) < lengthBins ? [similarity(i - 1, i)] : [],
      );
      const random = new Random(SEED, 'pairs');
      const pairs = Array.from({ length: starts.length < 2 ? 0 : RANDOM_PAIRS }, () =>
        similarity(random.integer(0, starts.length - 1), random.integer(0, starts.length - 1)),
      );
      return meanOf(neighbours) - meanOf(pairs);
    }),
  );
}
