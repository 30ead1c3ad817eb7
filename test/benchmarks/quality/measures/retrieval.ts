/** Cross-modality retrieval: given a slice in one modality, is the same slice the nearest in another, among all non-overlapping slices of the run? */
import { FAMILY_COUNT, FEATURE_FAMILIES } from '../../../../src/core/features/families.js';
import { MODALITIES } from '../../../../src/core/records.js';
import { cosine } from '../../../../src/core/states/stateVectors.js';
import { bootstrap, meanOf } from '../../../../src/core/evaluation/bootstrap.js';
import type { PreparedRun } from '../cases/prepareRun.js';
import type { Cell, Table } from '../table.js';

/** Vector of one modality of a slice. */
type ModalityReader = (prepared: PreparedRun, slice: number, modality: number) => Float32Array;

const PAIRS = [
  ['metric', 'trace'],
  ['metric', 'log'],
  ['trace', 'log'],
] as const;

/** Largest calibrated score of each entity over the families of the modality: what a cosine finds without any training. */
const untrained: ModalityReader = ({ run }, slice, modality) => {
  const scores = run.scan.familyScores[slice] ?? new Float32Array(0);
  const out = new Float32Array(scores.length / FAMILY_COUNT);
  scores.forEach((score, i) => {
    if (FEATURE_FAMILIES[i % FAMILY_COUNT]?.modality === MODALITIES[modality]) {
      const entity = Math.floor(i / FAMILY_COUNT);
      out[entity] = Math.max(out[entity] ?? 0, score);
    }
  });
  return out;
};

const learned =
  (encoder: string): ModalityReader =>
  ({ ofSlices }, slice, modality) => {
    const embeddings = ofSlices.embeddings.get(encoder);
    const dim = embeddings?.dim ?? 0;
    const from = (slice * MODALITIES.length + modality) * dim;
    return embeddings?.modalities.subarray(from, from + dim) ?? new Float32Array(0);
  };

export function measureRetrieval(group: string, runs: readonly PreparedRun[], encoders: readonly string[]): Table {
  const readers = [
    ...encoders.map((name) => ({ name: `modality embeddings, ${name}`, read: learned(name) })),
    { name: 'untrained cosine of calibrated scores', read: untrained },
  ];
  const candidates = PAIRS.map(([a, b]) => runs.map((prepared) => chooseSlices(prepared, MODALITIES.indexOf(a), MODALITIES.indexOf(b))));
  return {
    title: `Cross-modality retrieval, ${group}`,
    note: 'Recall@1, both directions, ties counted at their expected value; intervals by bootstrap over the non-overlapping slices.',
    columns: [
      'vectors',
      ...PAIRS.map(([a, b], pair) => `${a}–${b} (${(candidates[pair] ?? []).reduce((sum, slices) => sum + slices.length, 0)} slices)`),
    ],
    rows: [
      ...readers.map(({ name, read }): Cell[] => [
        name,
        ...PAIRS.map(([a, b], pair) => {
          const hits = runs.flatMap((prepared, i) =>
            recallOf(prepared, candidates[pair]?.[i] ?? [], read, MODALITIES.indexOf(a), MODALITIES.indexOf(b)),
          );
          return bootstrap(hits.length, (units) => meanOf(units.map((unit) => hits[unit] ?? 0)));
        }),
      ]),
      ['chance', ...PAIRS.map((_, pair) => meanOf((candidates[pair] ?? []).flatMap((slices) => slices.map(() => 1 / slices.length))))],
    ],
  };
}

/** Slices that hold both modalities, none overlapping another. */
function chooseSlices({ run }: PreparedRun, a: number, b: number): number[] {
  const { starts, lengthBins } = run.scan.windows;
  const chosen: number[] = [];
  starts.forEach((start, slice) => {
    const presence = run.scan.presence[slice] ?? 0;
    const last = chosen[chosen.length - 1];
    if (((presence >> a) & 1) === 1 && ((presence >> b) & 1) === 1 && (last === undefined || (starts[last] ?? 0) + lengthBins <= start)) {
      chosen.push(slice);
    }
  });
  return chosen.length < 2 ? [] : chosen;
}

/** Per slice, mean of both directions. */
function recallOf(prepared: PreparedRun, slices: readonly number[], read: ModalityReader, a: number, b: number): number[] {
  const [inA, inB] = [slices.map((slice) => read(prepared, slice, a)), slices.map((slice) => read(prepared, slice, b))];
  const hit = (query: Float32Array, targets: readonly Float32Array[], own: number): number => {
    const similarities = targets.map((target) => cosine(query, target));
    const best = similarities.reduce((most, value) => Math.max(most, value), -Infinity);
    return similarities[own] === best ? 1 / similarities.filter((value) => value === best).length : 0;
  };
  return slices.map((_, i) => {
    const [queryA, queryB] = [inA[i] ?? new Float32Array(0), inB[i] ?? new Float32Array(0)];
    return (hit(queryA, inB, i) + hit(queryB, inA, i)) / 2;
  });
}
