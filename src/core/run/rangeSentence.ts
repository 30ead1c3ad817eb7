/** A diagnosis in one sentence. */
import { formatProbability } from '../format.js';
import type { RangeDiagnosis } from './diagnoseRange.js';
import type { RunModel } from './runModel.js';

/** Below this the kind of failure is a guess, and a sentence must not state it. */
export const CLEAR_TYPE = 0.5;

/**
 * The sentence on top of every screen. Instants stand as `{ns}` (protocol/instants.ts).
 * @param sinceNs,untilNs the range it speaks of
 */
export function toSentence(model: RunModel, diagnosis: RangeDiagnosis, sinceNs: bigint, untilNs: bigint): string {
  const { heads, entities } = model;
  if (diagnosis.anomaly < heads.detection.threshold) {
    const missing = diagnosis.checks.filter((check) => check.outcome === 'not checked').map((check) => check.text);
    return ['Nothing abnormal from ', instant(sinceNs), ' to ', instant(untilNs), `.${missing.map((text) => ` ${text}`).join('')}`].join(
      '',
    );
  }
  const cause = diagnosis.rootCauses[0];
  const type = diagnosis.failureTypes[0];
  const first = diagnosis.evidence.find((item) => item.entity === cause?.entity);
  const head = `Abnormal from ${instant(sinceNs)} to ${instant(untilNs)} (p ${formatProbability(diagnosis.anomaly)})`;
  if (cause === undefined || cause.score <= 0) {
    return `${head}; no service stands out.`;
  }
  const kind =
    type === undefined || type.type === 'unknown'
      ? 'of no known failure type'
      : type.p >= CLEAR_TYPE
        ? type.type.replaceAll('-', ' ')
        : 'kind of failure unclear';
  const why = first === undefined ? '' : `: ${first.text} (${first.detail})`;
  return `${head}, most likely ${entities[cause.entity] ?? 'unknown'}, ${kind}${why}.`;
}

function instant(ns: bigint): string {
  return `{${ns.toString()}}`;
}
