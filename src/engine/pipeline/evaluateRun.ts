/** Scores a run against labelled ranges: detection, failure type, root cause and states. */
import { macroF1, normalisedMutualInformation, scoreBinary } from '../../core/evaluation/classification.js';
import { accuracyAt, auroc, averageAtFive, strictRank } from '../../core/evaluation/ranking.js';
import { diagnoseBins } from '../../core/run/diagnoseRange.js';
import type { TimelineView } from '../../protocol/views.js';
import type { RangeLabel, RunModel } from './pipelineTypes.js';

export interface RootCauseScores {
  readonly faults: number;
  readonly ac1: number;
  readonly ac3: number;
  readonly ac5: number;
  readonly avg5: number;
}

export interface EvaluationReport {
  readonly labels: number;
  readonly faults: number;
  /** Faults left out because no record of the modality that the window needs lies in their range, or their service is unknown. */
  readonly skipped: readonly { readonly startNs: string; readonly reason: string }[];
  /** Per slice; null without labelled faults or without unlabelled time to tell them from. */
  readonly detection: {
    readonly slices: number;
    readonly precision: number;
    readonly recall: number;
    readonly f1: number;
    readonly auroc: number;
  } | null;
  readonly failureType: { readonly faults: number; readonly macroF1: number } | null;
  readonly rootCause: RootCauseScores | null;
  readonly rootCauseByType: Readonly<Record<string, RootCauseScores>>;
  /** States of slices inside faults against `type × service` and against the type alone. */
  readonly states: { readonly slices: number; readonly nmiTypeAndService: number; readonly nmiType: number } | null;
  /** What was asked and answered, one per scored fault. */
  readonly answers: readonly {
    readonly startNs: string;
    readonly type: string;
    readonly entity: string;
    readonly rank: number;
    readonly first: string;
    readonly predictedType: string;
  }[];
}

const NORMAL = 'normal';

/**
 * The range of each fault label is diagnosed as given. Slices count as abnormal when more than half of them lies in a fault, as
 * normal when they touch none; the others are left out of detection.
 */
export function evaluateRun(model: RunModel, timeline: TimelineView, labels: readonly RangeLabel[]): EvaluationReport {
  const faults = labels.filter((label) => label.type !== NORMAL);
  const skipped: { startNs: string; reason: string }[] = [];
  const answers: EvaluationReport['answers'][number][] = [];
  for (const label of faults) {
    const startNs = label.startNs.toString();
    const fromBin = Number(label.startNs / model.bins.binNs);
    const toBin = Math.max(fromBin + 1, Math.round(Number(((label.endNs - label.startNs) * 1000n) / model.bins.binNs) / 1000) + fromBin);
    const diagnosis = diagnoseBins(model, fromBin, toBin);
    if (diagnosis.records.log + diagnosis.records.trace + diagnosis.records.metric === 0) {
      skipped.push({ startNs, reason: 'no records in its range' });
      continue;
    }
    const truth = model.entities.indexOf(label.entity);
    if (label.entity !== '' && truth < 0) {
      skipped.push({ startNs, reason: `service ${label.entity} is not in the run` });
      continue;
    }
    const scores = new Float64Array(model.entities.length);
    for (const cause of diagnosis.rootCauses) {
      scores[cause.entity] = cause.score;
    }
    answers.push({
      startNs,
      type: label.type,
      entity: label.entity,
      rank: label.entity === '' ? 0 : strictRank(scores, truth),
      first: model.entities[diagnosis.rootCauses[0]?.entity ?? -1] ?? '',
      predictedType: diagnosis.failureTypes[0]?.type ?? 'unknown',
    });
  }
  const ranked = answers.filter((answer) => answer.rank > 0);
  return {
    labels: labels.length,
    faults: faults.length,
    skipped,
    detection: scoreDetection(timeline, faults),
    failureType:
      answers.length === 0
        ? null
        : {
            faults: answers.length,
            macroF1: macroF1(
              answers.map((answer) => answer.predictedType),
              answers.map((answer) => answer.type),
            ),
          },
    rootCause: ranked.length === 0 ? null : scoreRanks(ranked.map((answer) => answer.rank)),
    rootCauseByType: Object.fromEntries(
      [...new Set(ranked.map((answer) => answer.type))].map((type) => [
        type,
        scoreRanks(ranked.filter((answer) => answer.type === type).map((answer) => answer.rank)),
      ]),
    ),
    states: scoreStates(timeline, faults),
    answers,
  };
}

function scoreRanks(ranks: readonly number[]): RootCauseScores {
  return {
    faults: ranks.length,
    ac1: accuracyAt(ranks, 1),
    ac3: accuracyAt(ranks, 3),
    ac5: accuracyAt(ranks, 5),
    avg5: averageAtFive(ranks),
  };
}

function scoreDetection(timeline: TimelineView, faults: readonly RangeLabel[]): EvaluationReport['detection'] {
  const scores: number[] = [];
  const actual: boolean[] = [];
  for (const slice of timeline.slices) {
    const share = faultShare(slice, faults);
    if (share === 0 || share > 0.5) {
      scores.push(slice.anomaly);
      actual.push(share > 0.5);
    }
  }
  const area = auroc(scores, actual);
  if (area === undefined) {
    return null;
  }
  return {
    slices: scores.length,
    ...scoreBinary(
      scores.map((score) => score >= timeline.threshold),
      actual,
    ),
    auroc: area,
  };
}

function scoreStates(timeline: TimelineView, faults: readonly RangeLabel[]): EvaluationReport['states'] {
  const states: string[] = [];
  const types: string[] = [];
  const typesAndServices: string[] = [];
  for (const slice of timeline.slices) {
    const fault = faults.find((label) => faultShare(slice, [label]) > 0.5);
    if (fault !== undefined) {
      states.push(slice.state);
      types.push(fault.type);
      typesAndServices.push(`${fault.type} ${fault.entity}`);
    }
  }
  return states.length === 0
    ? null
    : {
        slices: states.length,
        nmiTypeAndService: normalisedMutualInformation(states, typesAndServices),
        nmiType: normalisedMutualInformation(states, types),
      };
}

/** Largest share of the slice that lies in one fault. */
function faultShare(slice: { readonly startNs: string; readonly endNs: string }, faults: readonly RangeLabel[]): number {
  const start = BigInt(slice.startNs);
  const end = BigInt(slice.endNs);
  let most = 0;
  for (const fault of faults) {
    const from = fault.startNs > start ? fault.startNs : start;
    const to = fault.endNs < end ? fault.endNs : end;
    if (to > from) {
      // A slice is never empty: it is at least one bin long.
      most = Math.max(most, Number(to - from) / Number(end - start));
    }
  }
  return most;
}
