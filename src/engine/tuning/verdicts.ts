/** Whether what was trained is used, and why, in words. */
import type { AdaptationScores } from '../../core/adaptation/adaptEncoder.js';
import type { HeadScores } from '../../core/tuning/leaveOut.js';
import type { TunedHeadView, TuneParams } from '../../protocol/views.js';

type Apply = TuneParams['apply'];

export function judgeHead(
  { head, measure, incidents, tuned, current, baseline, lossCurve, dependsOnState, defaultShare }: HeadScores,
  apply: Apply,
): TunedHeadView {
  const figures = `${tuned.score.toFixed(2)} against ${current.score.toFixed(2)} of ${incidents} left-out incidents`;
  const verdict =
    tuned.score < current.score ? `Worse than the shipped head: ${figures}` : `At least as good as the shipped head: ${figures}`;
  const decision = decide(tuned.score < current.score, verdict, apply);
  const states = decision.isUsed && dependsOnState ? ' It depends on the state, which explains left-out incidents better.' : '';
  const share =
    decision.isUsed && defaultShare !== undefined
      ? ` In states that pretraining knows, the shipped head keeps ${(100 * defaultShare).toFixed(0)} % of the say, as far as it proved right of these labels.`
      : '';
  return { head, measure, incidents, tuned, current, baseline, lossCurve, ...decision, reason: `${decision.reason}${states}${share}` };
}

/** What was found of an adapter. */
export interface AdaptationFindings {
  readonly scores: AdaptationScores;
  /** macro-F1 of failure types of left-out incidents by heads on the adapter and without it; absent where no such heads were trained. */
  readonly types?: { readonly adapted: number; readonly plain: number };
}

export function isAdapterWorse({ scores, types }: AdaptationFindings): boolean {
  return scores.tuned.score < scores.current.score || (types !== undefined && types.adapted < types.plain);
}

export function judgeAdaptation(findings: AdaptationFindings, apply: Apply): TunedHeadView {
  const { scores, types } = findings;
  const { slices, tuned, current, baseline, lossCurve } = scores;
  const surely = tuned.score < current.score ? 'less surely' : 'at least as surely';
  const figures = `${tuned.score.toFixed(3)} against ${current.score.toFixed(3)} on time that was left out`;
  const ofTypes =
    types === undefined
      ? ''
      : `, and kinds of failure are told apart ${types.adapted < types.plain ? 'less well' : 'at least as well'}: ${types.adapted.toFixed(2)} against ${types.plain.toFixed(2)} of left-out incidents`;
  return {
    head: 'encoder',
    measure: 'match probability',
    incidents: slices,
    tuned,
    current,
    baseline: { name: 'a guess', ...baseline },
    lossCurve,
    ...decide(isAdapterWorse(findings), `The same moment is recognised ${surely} across kinds of telemetry: ${figures}${ofTypes}`, apply),
  };
}

function decide(isWorse: boolean, verdict: string, apply: Apply): Pick<TunedHeadView, 'isUsed' | 'reason'> {
  const isUsed = apply === 'always' || (apply === 'if-not-worse' && !isWorse);
  const outcome = isUsed
    ? isWorse
      ? 'it is used because you asked for it.'
      : 'it is used.'
    : apply === 'never'
      ? 'it is not used, as you asked.'
      : 'it is not used.';
  return { isUsed, reason: `${verdict}; ${outcome}` };
}
