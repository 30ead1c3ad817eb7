import { toIso } from '../../core/time.js';
import type { Diagnosis, EvidenceView, PerModality, RootCauseView } from '../../protocol/views.js';
import { toColumns, toPercent, type Style } from '../style.js';

const SHOWN_CAUSES = 5;
const SHOWN_EVIDENCE = 8;
const SHOWN_TYPES = 3;

export function toDiagnosisText(diagnosis: Diagnosis, style: Style): string {
  const { fromNs, toNs, anomaly, sentence, stateName, membership, failureTypes, rootCauses, evidence, checks } = diagnosis;
  const mark = anomaly >= 0.5 ? style.bad : style.good;
  const types = failureTypes.slice(0, SHOWN_TYPES).map(({ type, p }) => `${type} ${toPercent(p)}`);
  return [
    mark(sentence),
    style.faint(`${toIso(BigInt(fromNs))} to ${toIso(BigInt(toNs))}`),
    '',
    toColumns([
      ['Abnormal', toPercent(anomaly)],
      ['State', `${stateName} (${toPercent(membership)})`],
      ['Failure type', types.length === 0 ? 'none' : types.join(', ')],
    ]),
    '',
    style.strong(`Root causes, best first (${Math.min(SHOWN_CAUSES, rootCauses.length)} of ${rootCauses.length})`),
    toColumns(rootCauses.slice(0, SHOWN_CAUSES).map(toCauseRow), '  '),
    '',
    style.strong('Evidence'),
    evidence.length === 0
      ? '  nothing unusual'
      : evidence
          .slice(0, SHOWN_EVIDENCE)
          .map((item) => toEvidenceText(item, style))
          .join('\n'),
    '',
    style.strong('Checked'),
    toColumns(
      checks.map(({ outcome, text }) => [outcome, text]),
      '  ',
    ),
  ].join('\n');
}

function toCauseRow({ entity, score, p, modalities }: RootCauseView, index: number): string[] {
  return [`${index + 1}.`, entity, toPercent(p), `score ${score.toFixed(2)}`, toShares(modalities)];
}

/** `logs 40 %, traces 60 %`; nothing for a score of 0. */
function toShares({ log, trace, metric }: PerModality): string {
  return [['logs', log] as const, ['traces', trace] as const, ['metrics', metric] as const]
    .filter(([, share]) => share >= 0.005)
    .map(([name, share]) => `${name} ${toPercent(share)}`)
    .join(', ');
}

function toEvidenceText({ modality, entity, text, detail, score, path, line }: EvidenceView, style: Style): string {
  const place = path === null ? '' : `\n      ${style.faint(line === null ? path : `${path}:${line}`)}`;
  return `  ${modality.padEnd(6)}  ${entity}: ${text} (${detail}; score ${score.toFixed(1)})${place}`;
}
