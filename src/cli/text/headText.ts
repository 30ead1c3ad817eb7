import { toIso } from '../../core/time.js';
import type { HeadVersionView, ScoreView, TuneReport } from '../../protocol/views.js';
import { toColumns, type Style } from '../style.js';
import { toLabelText } from './labelText.js';

export function toTuneText(report: TuneReport, style: Style): string {
  const { heads, skipped, labels, types, labelsWithoutRun, version } = report;
  return [
    labels === 0
      ? 'No label: the encoder alone.'
      : `${labels} labelled ranges: ${types.map(({ type, labels: count }) => `${count} ${type}`).join(', ')}`,
    ...labelsWithoutRun.map((label) => style.bad(`No embedded run covers ${toLabelText(label)}; embed its files, then tune again.`)),
    '',
    ...(heads.length === 0
      ? []
      : [
          toColumns([
            ['head', 'measure', 'left out', 'tuned', 'as shipped', 'trivial', ''],
            ...heads.map(({ head, measure, incidents, tuned, current, baseline }) => [
              head,
              measure,
              String(incidents),
              toScoreText(tuned),
              toScoreText(current),
              toScoreText(baseline),
              baseline.name,
            ]),
          ]),
          '',
          ...heads.map(({ head, reason }) => `${head}: ${reason}`),
        ]),
    ...skipped.map(({ head, reason }) => `${head}: not tuned. ${reason}`),
    '',
    version === null ? 'What is in use stays.' : `Findings are made with heads ${version.version} now; back with: heads --use default`,
  ].join('\n');
}

export function toHeadsText(versions: readonly HeadVersionView[]): string {
  return toColumns([
    ['', 'version', 'made', 'labels', 'left-out scores (without labels)'],
    ...versions.map(({ version, createdNs, isUsed, labels, scores }) => [
      isUsed ? '*' : '',
      version,
      createdNs === null ? 'shipped' : toIso(BigInt(createdNs)),
      String(labels),
      scores
        .filter((score) => score.isUsed)
        .map(({ head, measure, tuned, current }) => `${head} ${measure} ${tuned.score.toFixed(2)} (${current.score.toFixed(2)})`)
        .join(', '),
    ]),
  ]);
}

/** `0.93 [0.81, 1.00]` */
function toScoreText({ score, low, high }: ScoreView): string {
  return `${score.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;
}
