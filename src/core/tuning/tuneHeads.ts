/**
 * Tunes heads on labelled incidents and says, by incidents left out in turn, what that is worth beside the default heads and a trivial
 * answer. The default heads saw none of these labels, so they are scored as they are.
 */
import type { ConditionedWeights, TunedHeads, TunedTypes } from '../heads/tunedHeads.js';
import type { LabelledIncident } from './examples.js';
import type { HeadName, HeadScores, TuningOptions } from './leaveOut.js';
import { tuneCauses } from './tuneCauses.js';
import { tuneDetection } from './tuneDetection.js';
import { tuneTypes } from './tuneTypes.js';

export interface TuningResult {
  readonly tuned: Pick<TunedHeads, 'states' | 'detection' | 'failureType' | 'rootCause'>;
  readonly scores: readonly HeadScores[];
  readonly skipped: readonly { readonly head: HeadName; readonly reason: string }[];
}

export async function tuneHeads(incidents: readonly LabelledIncident[], options: TuningOptions): Promise<TuningResult> {
  const tuners = { detection: tuneDetection, 'failure-type': tuneTypes, 'root-cause': tuneCauses };
  const scores: HeadScores[] = [];
  const skipped: { head: HeadName; reason: string }[] = [];
  const found: { detection: ConditionedWeights | null; failureType: TunedTypes | null; rootCause: ConditionedWeights | null } = {
    detection: null,
    failureType: null,
    rootCause: null,
  };
  for (const head of options.heads) {
    const outcome = await tuners[head](incidents, options);
    if ('reason' in outcome) {
      skipped.push({ head, reason: outcome.reason });
    } else {
      scores.push(outcome.scores);
      Object.assign(found, outcome.weights);
    }
  }
  return { tuned: { states: options.space, ...found }, scores, skipped };
}
