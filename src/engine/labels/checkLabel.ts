/** Labels and their keys as they come from a client: tidied, and refused with what to do when they cannot be kept. */
import { findLabelProblem, findRangeProblem, type Label, type LabelName } from '../../core/labels/label.js';
import { toEpochNs } from '../../core/time.js';
import { EngineError } from '../../protocol/engineError.js';
import type { LabelDraft, LabelKey } from '../../protocol/views.js';
import { toNs } from '../checkParams.js';
import { toLabel } from './labelViews.js';

export function checkLabel(draft: LabelDraft): Label {
  const label = toLabel(draft);
  refuse(findLabelProblem(label));
  return label;
}

export function checkKey({ startNs, endNs, entity }: LabelKey): LabelName {
  const name = { startNs: toEpochNs(toNs('start', startNs)), endNs: toEpochNs(toNs('end', endNs)), entity: entity?.trim() ?? '' };
  refuse(findRangeProblem(name.startNs, name.endNs));
  return name;
}

function refuse(problem: string | undefined): void {
  if (problem !== undefined) {
    throw new EngineError('bad-argument', `the label ${problem}`);
  }
}
