import type { EvaluationReport, RootCauseScores } from '../../engine/pipeline/evaluateRun.js';
import { toIso } from '../../core/time.js';
import { toColumns, type Style } from '../style.js';

const SHOWN_ANSWERS = 40;

/** What was measured as small tables; measures that could not be taken say so. */
export function toEvaluationText(report: EvaluationReport, style: Style): string {
  const { detection, failureType, rootCause, rootCauseByType, states, skipped, answers } = report;
  const types = Object.entries(rootCauseByType);
  const kinds = new Set(answers.map(({ type, entity }) => `${type} ${entity}`)).size;
  return [
    `${report.labels} labels, ${report.faults} faults, ${answers.length} scored, ${skipped.length} left out`,
    ...skipped.map(({ startNs, reason }) => `  left out: ${toIso(BigInt(startNs))}, ${reason}`),
    '',
    style.strong('Detection, failure type, states'),
    toColumns(
      [
        ['Detection', detection === null ? 'not measured: needs labelled faults and time without faults' : toDetectionText(detection)],
        [
          'Failure type',
          failureType === null
            ? 'not measured: no fault was scored'
            : `macro-F1 ${toScore(failureType.macroF1)} over ${failureType.faults} faults`,
        ],
        ['States', states === null ? 'not measured: no slice lies in a fault' : toStatesText(states, kinds)],
      ],
      '  ',
    ),
    '',
    style.strong('Root cause'),
    rootCause === null
      ? '  not measured: no scored fault names a service of the run'
      : toColumns(
          [
            ['', 'AC@1', 'AC@3', 'AC@5', 'Avg@5', 'faults'],
            toRootCauseRow('all', rootCause),
            ...(types.length > 1 ? types.map(([type, scores]) => toRootCauseRow(type, scores)) : []),
          ],
          '  ',
        ),
    ...(answers.length === 0
      ? []
      : ['', style.strong('Faults'), toColumns([ANSWER_HEADER, ...answers.slice(0, SHOWN_ANSWERS).map(toAnswerRow)], '  ')]),
    ...(answers.length > SHOWN_ANSWERS ? [`  and ${answers.length - SHOWN_ANSWERS} more (--json lists all)`] : []),
  ].join('\n');
}

function toDetectionText({ f1, auroc, precision, recall, slices }: NonNullable<EvaluationReport['detection']>): string {
  return `F1 ${toScore(f1)}, AUROC ${toScore(auroc)}, precision ${toScore(precision)}, recall ${toScore(recall)} over ${slices} slices`;
}

/** Mutual information with one kind of fault is 0 whatever the states are. */
function toStatesText({ nmiType, nmiTypeAndService, slices }: NonNullable<EvaluationReport['states']>, kinds: number): string {
  return kinds < 2
    ? 'not measured: needs faults of two kinds'
    : `NMI ${toScore(nmiTypeAndService)} with type and service, ${toScore(nmiType)} with type, over ${slices} slices`;
}

const ANSWER_HEADER = ['start', 'service', 'rank', 'ranked first', 'type', 'taken for'];

function toAnswerRow({ startNs, type, entity, rank, first, predictedType }: EvaluationReport['answers'][number]): string[] {
  return [toIso(BigInt(startNs)), entity === '' ? '–' : entity, rank === 0 ? '–' : String(rank), first, type, predictedType];
}

function toRootCauseRow(name: string, { ac1, ac3, ac5, avg5, faults }: RootCauseScores): string[] {
  return [name, toScore(ac1), toScore(ac3), toScore(ac5), toScore(avg5), String(faults)];
}

function toScore(score: number): string {
  return score.toFixed(3);
}
