/**
 * Tunes heads on labelled incidents and says, by incidents left out in turn, what that is worth beside the default heads and a trivial
 * answer. The default heads saw none of these labels, so they are scored as they are.
 */
import { toStateOdds } from '../heads/stateOdds.js';
import { EMPTY_SPACE } from '../heads/stateSpace.js';
import type { ConditionedWeights } from '../heads/conditionedWeights.js';
import type { TunedHeads } from '../heads/tunedHeads.js';
import type { LabelledIncident } from './examples.js';
import { judgeCauses } from './judgeCauses.js';
import { judgeDetection } from './judgeDetection.js';
import { judgeTypes } from './judgeTypes.js';
import {
  isSurelyLikelier,
  type FinishedHead,
  type HeadName,
  type HeadScores,
  type JudgedHead,
  type Judgement,
  type JudgingOptions,
  type TuningOptions,
} from './leaveOut.js';

export interface TuningResult {
  readonly tuned: Pick<TunedHeads, 'states' | 'detection' | 'failureType' | 'rootCause'>;
  readonly scores: readonly HeadScores[];
  readonly skipped: readonly { readonly head: HeadName; readonly reason: string }[];
}

type Judge = (incidents: readonly LabelledIncident[], options: JudgingOptions) => Promise<Judgement>;

const JUDGES: Readonly<Record<HeadName, Judge>> = {
  detection: judgeDetection,
  'failure-type': judgeTypes,
  'root-cause': judgeCauses,
};
/** Share of a head's progress that judging takes; twenty heads are trained for it, and one at the end. */
const JUDGING = 0.9;

export async function tuneHeads(incidents: readonly LabelledIncident[], options: TuningOptions): Promise<TuningResult> {
  const scores: HeadScores[] = [];
  const skipped: { head: HeadName; reason: string }[] = [];
  let tuned: TuningResult['tuned'] = { states: options.space, detection: null, failureType: null, rootCause: null };
  for (const head of options.heads) {
    const judged = await judgeByStates(head, incidents, options);
    if ('reason' in judged) {
      skipped.push({ head, reason: judged.reason });
    } else {
      const { weights, losses } = await judged.finish((fraction, loss) => {
        options.onProgress(head, JUDGING + (1 - JUDGING) * fraction, loss);
      });
      scores.push({ ...judged.scores, lossCurve: losses, dependsOnState: judged.dependsOnState });
      tuned = { ...tuned, ...(judged.dependsOnState ? weights : ofEveryState(weights, options.space.names.length)) };
    }
  }
  return { tuned, scores, skipped };
}

/** A head that depends on the state, where what is so of left-out incidents is likelier by it than by one without, and its score not lower. */
async function judgeByStates(
  head: HeadName,
  incidents: readonly LabelledIncident[],
  options: TuningOptions,
): Promise<(JudgedHead & { readonly dependsOnState: boolean }) | { readonly reason: string }> {
  const spaces = options.space.names.length === 0 ? [EMPTY_SPACE] : [EMPTY_SPACE, options.space];
  const found: (JudgedHead & { readonly dependsOnState: boolean })[] = [];
  for (const [i, space] of spaces.entries()) {
    const judged = await JUDGES[head](incidents, {
      ...options,
      space,
      onProgress: (fraction) => {
        options.onProgress(head, (JUDGING * (i + fraction)) / spaces.length);
      },
    });
    if ('reason' in judged) {
      return judged;
    }
    found.push({ ...judged, dependsOnState: space.names.length > 0 });
  }
  return found.reduce((plain, conditioned) =>
    isSurelyLikelier(plain.losses, conditioned.losses) && conditioned.scores.tuned.score >= plain.scores.tuned.score ? conditioned : plain,
  );
}

/** Weights that were trained without states, in the form of those that know some: no state adds anything. */
function ofEveryState({ detection, failureType, rootCause }: FinishedHead['weights'], states: number): FinishedHead['weights'] {
  const spread = (weights: ConditionedWeights): ConditionedWeights => ({ ...weights, mix: new Float32Array(states * weights.rank) });
  return {
    ...(detection && { detection: { weights: spread(detection.weights), odds: toStateOdds([], states) } }),
    ...(failureType && { failureType: { ...failureType, weights: spread(failureType.weights) } }),
    ...(rootCause && { rootCause: { ...rootCause, weights: spread(rootCause.weights) } }),
  };
}
