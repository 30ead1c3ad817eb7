/** The product's own heads, called in this one place: what is measured here is what the extension and the command line answer. */
import { findTracedEdges } from '../../../src/core/aggregate/telemetryBins.js';
import { FAMILY_COUNT } from '../../../src/core/features/families.js';
import { fuse } from '../../../src/core/heads/fusion.js';
import { toDetectionFeatures } from '../../../src/core/heads/headFeatures.js';
import { diagnoseBins } from '../../../src/core/run/diagnoseRange.js';
import type { PreparedRun } from './cases/prepareRun.js';
import type { CaseRun } from './cases/readCase.js';
import { RANGE_CHOOSERS, type RangeChooser } from './measures/rangeChooser.js';

interface Answer {
  /** [E] */
  readonly scores: Float64Array;
  /** Entity with the highest score, -1 when there is none. */
  readonly root: number;
  readonly type: string;
}

const known = new WeakMap<CaseRun, Map<string, Answer>>();

/** Diagnosis of range `row`, made once. */
export function diagnoseRow({ run, ranges }: PreparedRun, row: number, chooser = 'given'): Answer {
  const start = ranges.starts[row] ?? 0;
  const answers = known.get(run) ?? new Map<string, Answer>();
  known.set(run, answers);
  const key = `${chooser} ${start}`;
  const answer = answers.get(key) ?? diagnose(run, start, RANGE_CHOOSERS[chooser]);
  answers.set(key, answer);
  return answer;
}

function diagnose(run: CaseRun, atBin: number, choose: RangeChooser | undefined): Answer {
  if (choose === undefined) {
    throw new Error('no such way to choose a range');
  }
  const { fromBin, toBin } = choose(run, atBin);
  const { rootCauses, failureTypes } = diagnoseBins(run.model, fromBin, toBin);
  const scores = new Float64Array(run.bins.entities.length);
  for (const { entity, score } of rootCauses) {
    scores[entity] = score;
  }
  return { scores, root: rootCauses[0]?.entity ?? -1, type: failureTypes[0]?.type ?? '' };
}

/** @param familyScores [E, FAMILY_COUNT] @returns [E] */
export function fusedScores(run: CaseRun, familyScores: Float32Array): Float64Array {
  return familyScores.length < FAMILY_COUNT ? new Float64Array(0) : fuse(familyScores, run.bins.edges).entity;
}

export function detectionFeaturesOf(run: CaseRun, familyScores: Float32Array): Float64Array {
  return toDetectionFeatures(familyScores, findTracedEdges(run.bins));
}
