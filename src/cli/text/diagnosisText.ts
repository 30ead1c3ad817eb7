import nodePath from 'node:path';
import { toIso } from '../../core/time.js';
import type { Diagnosis, EvidenceView, PerModality, RootCauseView } from '../../protocol/views.js';
import { toColumns, toPercent, type Style } from '../style.js';

const SHOWN_CAUSES = 5;
const SHOWN_EVIDENCE = 6;
const SHOWN_TYPES = 3;

/** In the order in which a person asks: what and where, who is to blame, what says so, what was looked at. */
export function toDiagnosisText(diagnosis: Diagnosis, style: Style): string {
  const { fromNs, toNs, anomaly, sentence, stateName, membership, failureTypes, rootCauses, evidence, runnerUp } = diagnosis;
  const mark = anomaly >= 0.5 ? style.bad : style.good;
  const types = failureTypes.slice(0, SHOWN_TYPES).map(({ type, p }) => `${type} ${toPercent(p)}`);
  return [
    mark(sentence),
    '',
    toColumns([
      ['Range', `${toIso(BigInt(fromNs))} to ${toIso(BigInt(toNs))}, abnormal ${toPercent(anomaly)}`],
      ['State', `${stateName} (${toPercent(membership)})`],
      ['Failure type', types.length === 0 ? 'none' : types.join(', ')],
    ]),
    '',
    style.strong(`Likely causes, best first (${Math.min(SHOWN_CAUSES, rootCauses.length)} of ${rootCauses.length} services)`),
    toColumns(rootCauses.slice(0, SHOWN_CAUSES).map(toCauseRow), '  '),
    ...(runnerUp === null ? [] : [style.faint(`  ${runnerUp.text}`)]),
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
    toChecksText(diagnosis.checks),
  ].join('\n');
}

/** One line per outcome: which checks ended so. Their texts start with the name of what was checked. */
function toChecksText(checks: Diagnosis['checks']): string {
  const names = new Map<string, string[]>();
  for (const { outcome, text } of checks) {
    names.set(outcome, [...(names.get(outcome) ?? []), (text.split(':', 1)[0] ?? text).toLowerCase()]);
  }
  return toColumns(
    [...names].sort().map(([outcome, found]) => [outcome, found.join(', ')]),
    '  ',
  );
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

function toEvidenceText({ modality, entity, text, detail, share, path, line }: EvidenceView, style: Style): string {
  const shown = path === null ? '' : toShownPath(path);
  const place = shown === '' ? '' : `\n          ${style.faint(line === null ? shown : `${shown}:${line}`)}`;
  const weight = share >= 0.005 ? `; ${toPercent(share)} of what speaks for it` : '';
  return `  ${modality.padEnd(6)}  ${entity}: ${text} (${detail})${weight}${place}`;
}

/** Relative to the working folder when it lies below it: shorter, and terminals open it all the same. */
function toShownPath(file: string): string {
  const relative = nodePath.relative(process.cwd(), file);
  return relative === '' || relative.startsWith('..') || nodePath.isAbsolute(relative) ? file : relative;
}
