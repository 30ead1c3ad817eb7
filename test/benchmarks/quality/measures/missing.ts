/** What is lost when one or two modalities are not recorded: files of theirs are not read at all, everything else is the same. */
import { MODALITIES, type Modality } from '../../../../src/core/records.js';
import type { Estimate } from '../../../../src/core/evaluation/bootstrap.js';
import type { PreparedRun } from '../cases/prepareRun.js';
import { embedding, typeFeatures } from '../featureSets.js';
import type { Cell, Table } from '../table.js';
import { detectionArea } from './detection.js';
import type { Detector } from './detectors.js';
import { typeScoreOfNewPlaces } from './failureType.js';
import { rootCauseAccuracy } from './rootCause.js';
import type { RootCauseScorer } from './rootCauseScorers.js';
import { neighbourAccuracy, productStateAgreement } from './states.js';

/** All, without one, without two. */
export const KEPT_MODALITIES: readonly (readonly Modality[])[] = [
  MODALITIES,
  ...MODALITIES.map((removed) => MODALITIES.filter((modality) => modality !== removed)),
  ...MODALITIES.map((only) => [only]),
];

interface Headline {
  readonly name: string;
  readonly needsNegatives?: true;
  /** undefined where it cannot be measured on so few. */
  readonly measure: (runs: readonly PreparedRun[]) => Estimate | undefined;
}

/** @param runs of one group, by what was kept, in the order of KEPT_MODALITIES */
export function measureMissing(
  group: string,
  runs: readonly (readonly PreparedRun[])[],
  scorers: readonly RootCauseScorer[],
  detectors: readonly Detector[],
  encoders: readonly string[],
): Table {
  const hasNegatives = (runs[0] ?? []).every(({ run }) => run.source.hasNegatives);
  const headlines: Headline[] = [
    ...scorers.map((scorer) => ({
      name: `root cause AC@1, ${scorer.name}`,
      measure: (kept: readonly PreparedRun[]) => rootCauseAccuracy(scorer, kept),
    })),
    ...[typeFeatures, ...encoders.map(embedding)].map((set) => ({
      name: `failure type macro-F1 (new place), nearest centroid on ${set.name}`,
      measure: (kept: readonly PreparedRun[]) => typeScoreOfNewPlaces(kept, set),
    })),
    ...detectors.map((detector) => ({
      name: `detection AUROC, ${detector.name}`,
      needsNegatives: true as const,
      measure: (kept: readonly PreparedRun[]) => detectionArea(detector, kept),
    })),
    ...encoders.flatMap((name) => [
      { name: `states NMI, RuntimeSlicer states, ${name}`, measure: (kept: readonly PreparedRun[]) => productStateAgreement(kept, name) },
      { name: `1-NN type, embedding, ${name}`, measure: (kept: readonly PreparedRun[]) => neighbourAccuracy(kept, embedding(name)) },
    ]),
  ];
  return {
    title: `Missing modalities, ${group}`,
    note: 'In brackets: change against all modalities. Runs that hold all three; a fault whose service is not named in what is left counts as missed.',
    columns: ['measure', ...KEPT_MODALITIES.map((kept) => (kept.length === MODALITIES.length ? 'all' : kept.join(', ')))],
    rows: headlines
      .filter(({ needsNegatives }) => needsNegatives === undefined || hasNegatives)
      .map(({ name, measure }): Cell[] => {
        const values = runs.map((kept) => measure(kept)?.value ?? NaN);
        const [all = NaN] = values;
        return [name, ...values.map((value, i) => (i === 0 ? value : describe(value, all)))];
      }),
  };
}

function describe(value: number, all: number): string {
  if (Number.isNaN(value)) {
    return '–';
  }
  const change = all > 0 ? ` (${value >= all ? '+' : '−'}${Math.abs((100 * (value - all)) / all).toFixed(0)} %)` : '';
  return `${value.toFixed(2).replace(/^0\./, '.')}${change}`;
}
