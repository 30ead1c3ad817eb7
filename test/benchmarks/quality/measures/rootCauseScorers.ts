/** Everything that ranks the entities of a range, by name. */
import { strictRank } from '../../../../src/core/evaluation/ranking.js';
import { FAMILY_COUNT } from '../../../../src/core/features/families.js';
import { PART_COUNT } from '../../../../src/core/features/familyScores.js';
import { sumRange } from '../../../../src/core/slices/windowSet.js';
import { Random } from '../../../../src/core/math/random.js';
import { joinReaders, readEntityEmbeddings, readFamilies, trainEntityProbe } from '../baselines/entityProbe.js';
import { toEntitySeries, type EntitySeries } from '../baselines/entitySeries.js';
import { mergeSides, nSigma, robustScore, scoreEntities } from '../baselines/seriesRanking.js';
import type { PreparedRun } from '../cases/prepareRun.js';
import type { CaseFault, CaseRun } from '../cases/readCase.js';
import { diagnoseRow, fusedScores } from '../product.js';
import { RANGE_CHOOSERS } from './rangeChooser.js';

export interface RootCauseScorer {
  readonly name: string;
  /** @returns [E] higher = more likely the root */
  readonly score: (prepared: PreparedRun, row: number, fault: CaseFault) => ArrayLike<number>;
}

export const PRODUCT_SCORER = 'RuntimeSlicer';

/**
 * What choosing among families could reach: each fault by the one calibrated family that ranks its service highest. It knows the answer, so it is
 * no method; where it fails, nothing that is measured sets the service apart in exactly this range.
 */
export const BEST_FAMILY: RootCauseScorer = {
  name: 'best single family of each fault, answer known',
  score: ({ ranges }, row, { entity }) => {
    const scores = ranges.familyScores[row] ?? new Float32Array(0);
    const columns = Array.from({ length: FAMILY_COUNT }, (_, family) => scores.filter((_score, i) => i % FAMILY_COUNT === family));
    const rankOf = (column: Float32Array): number => strictRank(column, entity);
    return columns.reduce((best, column) => (rankOf(column) < rankOf(best) ? column : best), columns[0] ?? new Float32Array(0));
  },
};

/** @param training simulated systems that no system under test is among */
export function listRootCauseScorers(training: readonly PreparedRun[], encoders: readonly string[]): RootCauseScorer[] {
  const series = cachedSeries();
  const random = new Random(1, 'root-cause');
  const bySeries = (name: string, score: (all: readonly EntitySeries[], nEntities: number, from: number, to: number) => Float64Array) => ({
    name,
    score: ({ run, ranges }: PreparedRun, row: number) => {
      const from = ranges.starts[row] ?? 0;
      return score(series(run), run.bins.entities.length, from, from + run.lengthBins);
    },
  });
  const probes = training.length === 0 ? [] : listProbes(training, encoders);
  return [
    ...Object.keys(RANGE_CHOOSERS).map((chooser) => ({
      name: chooser === 'given' ? PRODUCT_SCORER : `${PRODUCT_SCORER}, range ${chooser}`,
      score: (prepared: PreparedRun, row: number) => diagnoseRow(prepared, row, chooser).scores,
    })),
    {
      name: 'label-free fusion of the range alone',
      score: ({ run, ranges }, row) => fusedScores(run, ranges.familyScores[row] ?? new Float32Array(0)),
    },
    {
      name: 'plain maximum of calibrated families',
      score: ({ ranges }, row) => rowMaximum(ranges.familyScores[row] ?? new Float32Array(0), FAMILY_COUNT),
    },
    {
      name: 'naive maximum deviation',
      score: ({ ranges, run }, row) => {
        const size = run.bins.entities.length * PART_COUNT;
        return rowMaximum(ranges.parts.scores.subarray(row * size, (row + 1) * size), PART_COUNT);
      },
    },
    ...probes,
    bySeries('robust scorer (BARO)', (all, n, from, to) => scoreEntities(all, n, from, to, robustScore)),
    bySeries('N-Sigma', (all, n, from, to) => scoreEntities(all, n, from, to, nSigma)),
    bySeries('internal and external (PRISM)', (all, n, from, to) =>
      mergeSides(scoreEntities(all, n, from, to, robustScore, 'internal'), scoreEntities(all, n, from, to, robustScore, 'external')),
    ),
    { name: 'errors logged', score: ({ run, ranges }, row) => countErrorLines(run, ranges.starts[row] ?? 0) },
    { name: 'majority (services of the other faults)', score: ({ run }, _, fault) => countOtherFaults(run, fault) },
    { name: 'random', score: ({ run }) => Float64Array.from(run.bins.entities, () => random.next()) },
    BEST_FAMILY,
  ];
}

function listProbes(training: readonly PreparedRun[], encoders: readonly string[]): RootCauseScorer[] {
  const probe = (name: string, read: Parameters<typeof trainEntityProbe>[1]): RootCauseScorer => ({
    name: `probe on ${name}`,
    score: trainEntityProbe(training, read),
  });
  return [
    probe('calibrated families', readFamilies),
    ...encoders.flatMap((encoder) => [
      probe(`entity embeddings, ${encoder}`, readEntityEmbeddings(encoder)),
      probe(`families and embeddings, ${encoder}`, joinReaders(readFamilies, readEntityEmbeddings(encoder))),
    ]),
  ];
}

/** Series of a run are made once. */
function cachedSeries(): (run: CaseRun) => readonly EntitySeries[] {
  const known = new Map<CaseRun, readonly EntitySeries[]>();
  return (run) => {
    const series = known.get(run) ?? toEntitySeries(run.bins, Math.max(1, Math.round(run.lengthBins / 2)));
    known.set(run, series);
    return series;
  };
}

/** [E] warnings and errors logged from `fromBin` on, for one slice length. */
export function countErrorLines({ bins, lengthBins }: CaseRun, fromBin: number): Float64Array {
  const counts = new Float64Array(bins.entities.length);
  bins.rateKeys.forEach((key, index) => {
    if (key.family === 'log-severity') {
      counts[key.entity] = (counts[key.entity] ?? 0) + sumRange(bins.rates, bins.rates.counts, index, fromBin, fromBin + lengthBins);
    }
  });
  return counts;
}

/** [E] how often each service is at fault in the run, this fault aside: what labels alone would say. */
function countOtherFaults({ bins, faults }: CaseRun, fault: CaseFault): Float64Array {
  const counts = new Float64Array(bins.entities.length);
  for (const other of faults) {
    if (other !== fault && other.entity >= 0) {
      counts[other.entity] = (counts[other.entity] ?? 0) + 1;
    }
  }
  return counts;
}

/** @param scores [E, width], NaN counts as 0 @returns [E] */
export function rowMaximum(scores: Float32Array, width: number): Float64Array {
  const out = new Float64Array(scores.length / width);
  scores.forEach((score, i) => {
    const row = Math.floor(i / width);
    out[row] = Math.max(out[row] ?? 0, Number.isNaN(score) ? 0 : Math.abs(score));
  });
  return out;
}
