/** Everything that says how abnormal a slice is. */
import { FAMILY_COUNT } from '../../../../src/core/features/families.js';
import type { Range } from '../../../../src/core/evaluation/incidents.js';
import { Random } from '../../../../src/core/math/random.js';
import { findSliceRuns } from '../../../../src/core/run/incidentSlices.js';
import { toEntitySeries } from '../baselines/entitySeries.js';
import { nSigma, robustScore, scoreWindows, type Deviation } from '../baselines/seriesRanking.js';
import { NORMAL_SLICE } from '../cases/readCase.js';
import type { PreparedRun } from '../cases/prepareRun.js';
import { detectionFeatures, embedding, join, ofSlices, sliceText, type FeatureSet } from '../featureSets.js';
import { trainHead } from '../head/logisticRegression.js';
import { fusedScores } from '../product.js';
import { countErrorLines, rowMaximum } from './rootCauseScorers.js';

export interface Detector {
  readonly name: string;
  /** @returns [S] higher = more abnormal, comparable between systems */
  readonly score: (prepared: PreparedRun) => readonly number[];
  /** Its own threshold; undefined = the one with the best F1 on the training systems. */
  readonly threshold?: number;
  /** Its own incidents, in bins, in order; undefined = slices over the threshold, joined where they touch. */
  readonly findIncidents?: (prepared: PreparedRun) => readonly Range[];
}

export const PRODUCT_DETECTOR = 'RuntimeSlicer detection head';

/** @param training simulated systems that no system under test is among, with slices */
export function listDetectors(training: readonly PreparedRun[], encoders: readonly string[]): Detector[] {
  const random = new Random(1, 'detection');
  const head = ({ run }: PreparedRun): number[] => Array.from(run.model.verdicts.anomaly);
  const threshold = training[0]?.run.model.heads.detection.threshold;
  const bySeries = (name: string, deviation: Deviation): Detector => ({
    name,
    score: ({ run }) => {
      const series = toEntitySeries(run.bins, Math.max(1, Math.round(run.lengthBins / 2)));
      return scoreWindows(series, run.scan.windows.starts, run.lengthBins, deviation);
    },
  });
  const learned = [
    detectionFeatures,
    ...encoders.flatMap((name) => [embedding(name), join(detectionFeatures, embedding(name))]),
    ...(training.every(({ ofSlices: { texts } }) => texts.length > 0) ? [sliceText] : []),
  ];
  return [
    { name: PRODUCT_DETECTOR, score: head },
    {
      name: `${PRODUCT_DETECTOR}, each slice alone`,
      score: ({ run: { model } }) => Array.from(model.verdicts.alone ?? model.verdicts.anomaly),
    },
    ...(threshold === undefined
      ? []
      : [
          { name: `${PRODUCT_DETECTOR}, its own threshold`, score: head, threshold },
          { name: `${PRODUCT_DETECTOR}, its own incidents`, score: head, threshold, findIncidents },
        ]),
    ...(training.length === 0 ? [] : learned.map((features) => trainDetector(features, training))),
    { name: 'largest fused score', score: ({ run }) => run.scan.familyScores.map((scores) => largest(fusedScores(run, scores))) },
    {
      name: 'plain maximum of calibrated families',
      score: ({ run }) => run.scan.familyScores.map((scores) => largest(rowMaximum(scores, FAMILY_COUNT))),
    },
    bySeries('robust scorer (BARO)', robustScore),
    bySeries('N-Sigma', nSigma),
    { name: 'errors logged', score: ({ run }) => Array.from(run.scan.windows.starts, (start) => sum(countErrorLines(run, start))) },
    { name: 'majority (always abnormal)', score: ({ run }) => run.scan.familyScores.map(() => 1), threshold: 0.5 },
    { name: 'random', score: ({ run }) => run.scan.familyScores.map(() => random.next()), threshold: 0.5 },
  ];
}

/** The product's, as whole slices like those of the other detectors: it cuts from both ends what usual slices cover too. */
export function findIncidents({ run: { scan, model, lengthBins } }: PreparedRun): Range[] {
  const { starts } = scan.windows;
  return findSliceRuns(scan.windows, { alone: model.verdicts.anomaly, ...model.verdicts }, model.heads.detection.threshold).map(
    ({ first, last }) => ({
      from: starts[first] ?? 0,
      to: (starts[last] ?? 0) + lengthBins,
    }),
  );
}

function trainDetector(features: FeatureSet, training: readonly PreparedRun[]): Detector {
  const rows: ArrayLike<number>[] = [];
  const labels: string[] = [];
  for (const prepared of training) {
    features.read(prepared, ofSlices(prepared)).forEach((row, slice) => {
      const fault = prepared.run.faultOfSlice[slice] ?? NORMAL_SLICE;
      if (fault >= NORMAL_SLICE) {
        rows.push(row);
        labels.push(fault >= 0 ? 'abnormal' : 'normal');
      }
    });
  }
  const head = trainHead(rows, labels);
  const abnormal = head.classes.indexOf('abnormal');
  return {
    name: `same head on ${features.name}`,
    score: (prepared) => features.read(prepared, ofSlices(prepared)).map((row) => head.probabilities(row)[abnormal] ?? 0),
  };
}

function largest(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
