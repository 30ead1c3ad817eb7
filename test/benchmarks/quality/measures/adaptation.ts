/**
 * "Adapt to this system": an adapter of the shipped encoder learned from each run's own slices, without labels, by the product's own code.
 * What left-out time says of it, and what it does where it is used: whether the most similar other fault, by embeddings alone, is of the same
 * type.
 */
import { adaptEncoder, MOST_SLICES, type AdaptationOptions } from '../../../../src/core/adaptation/adaptEncoder.js';
import { adaptRows, type Adapter } from '../../../../src/core/adaptation/adapter.js';
import type { TrainAdapter } from '../../../../src/core/adaptation/adapterTraining.js';
import { joinRuns, type UnlabelledSlices } from '../../../../src/core/adaptation/unlabelledSlices.js';
import { bootstrap, meanOf, type Estimate } from '../../../../src/core/evaluation/bootstrap.js';
import { cosine, meanUnit } from '../../../../src/core/states/stateVectors.js';
import type { PreparedRun } from '../cases/prepareRun.js';
import { reportProgress } from '../progress.js';
import type { Table } from '../table.js';

const SEED = 7;

interface Adapted {
  readonly run: PreparedRun;
  readonly adapter: Adapter;
  readonly before: number;
  readonly after: number;
  readonly ms: number;
}

export async function measureAdaptation(group: string, runs: readonly PreparedRun[], encoder: string, train: TrainAdapter): Promise<Table> {
  const adapted: Adapted[] = [];
  for (const run of runs) {
    reportProgress(`adapting: ${group}, ${run.run.source.name}`);
    const slices = toUnlabelled(run, encoder);
    const startedMs = performance.now();
    const outcome = await adaptEncoder(slices, quietly(train));
    if ('adapter' in outcome) {
      const { adapter, scores } = outcome;
      adapted.push({ run, adapter, before: scores.current.score, after: scores.tuned.score, ms: performance.now() - startedMs });
    }
  }
  const used = adapted.filter(({ before, after }) => after >= before);
  const over = (values: readonly number[]): Estimate =>
    bootstrap(values.length, (units) => meanOf(units.map((unit) => values[unit] ?? NaN)));
  const nearest = (chosen: readonly Adapted[], isAdapted: boolean): Estimate =>
    over(chosen.flatMap(({ run, adapter }) => findNearest(run, encoder, isAdapted ? adapter : undefined)));
  return {
    title: `Encoder adapted to the system without labels, ${group}`,
    note: `${adapted.length} of ${runs.length} systems have enough slices; the product uses the adapter on ${used.length}, those where left-out time does not say it is worse. ${meanOf(adapted.map(({ ms }) => ms)).toFixed(0)} ms a system. Nearest fault: the most similar other fault by mean slice embedding is of the same type, among faults whose type another one has.`,
    columns: ['embeddings', 'match probability on left-out time, all', 'where used', 'nearest fault of the same type, all', 'where used'],
    rows: [
      [
        'as the encoder gives them',
        over(adapted.map(({ before }) => before)),
        over(used.map(({ before }) => before)),
        nearest(adapted, false),
        nearest(used, false),
      ],
      [
        'adapted',
        over(adapted.map(({ after }) => after)),
        over(used.map(({ after }) => after)),
        nearest(adapted, true),
        nearest(used, true),
      ],
    ],
  };
}

/** What the product would use, undefined where it would use none. */
export async function findAdapter(run: PreparedRun, encoder: string, train: TrainAdapter): Promise<Adapter | undefined> {
  const outcome = await adaptEncoder(toUnlabelled(run, encoder), quietly(train));
  return 'adapter' in outcome && outcome.scores.tuned.score >= outcome.scores.current.score ? outcome.adapter : undefined;
}

function quietly(train: TrainAdapter): AdaptationOptions {
  return { train, seed: SEED, signal: new AbortController().signal, onProgress: () => undefined };
}

function toUnlabelled({ run, ofSlices }: PreparedRun, encoder: string): UnlabelledSlices {
  const embeddings = ofSlices.embeddings.get(encoder);
  const binS = Number(run.bins.binNs) / 1e9;
  return joinRuns(
    embeddings === undefined
      ? []
      : [{ embeddings, startS: Float64Array.from(run.scan.windows.starts, (start) => start * binS), lengthS: run.lengthBins * binS }],
    MOST_SLICES,
  );
}

/** For each fault whose type another one has: 1 where the most similar other fault has it, else 0. */
function findNearest({ run, ofSlices }: PreparedRun, encoder: string, adapter: Adapter | undefined): number[] {
  const embeddings = ofSlices.embeddings.get(encoder);
  const dim = embeddings?.dim ?? 0;
  const rows = adaptRows(adapter, embeddings?.slices ?? new Float32Array(0));
  const faults = run.faults.flatMap(({ type }, fault) => {
    const vectors = Array.from(run.faultOfSlice.keys())
      .filter((slice) => run.faultOfSlice[slice] === fault)
      .map((slice) => rows.subarray(slice * dim, (slice + 1) * dim));
    return vectors.length === 0 ? [] : [{ type, vector: meanUnit(vectors, dim) }];
  });
  return faults
    .filter(({ type }, i) => faults.some((other, j) => j !== i && other.type === type))
    .map((fault) => {
      const others = faults.filter((other) => other !== fault);
      const similarities = others.map(({ vector }) => cosine(fault.vector, vector));
      return others[similarities.indexOf(Math.max(...similarities))]?.type === fault.type ? 1 : 0;
    });
}
