import { toIso } from '../../core/time.js';
import type { EmbedResult, FileReport, IncidentView, StateView, TransitionView } from '../../protocol/views.js';
import { toColumns, toCount, toMebibytes, toPercent, toSeconds, type Style } from '../style.js';

const SHOWN_FILES = 20;

export function toEmbedText(result: EmbedResult, style: Style): string {
  const { run, files, slices, entities, headline, warnings, ms, reused, provider, peakRssBytes } = result;
  const records = files.reduce((sum, file) => sum + file.records, 0);
  const rejected = files.reduce((sum, file) => sum + file.rejected, 0);
  const source = reused ? 'unchanged, shown from the store' : `${provider}, peak ${toMebibytes(peakRssBytes)}`;
  return [
    style.strong(headline),
    style.faint(`run ${run}: ${toSeconds(ms.total ?? 0)} (${source})`),
    '',
    `${toCount(files.length)} files, ${toCount(records)} records, ${toCount(rejected)} rejected, ${toCount(slices)} slices, ${toCount(entities.length)} services`,
    ...toFileLines(files),
    ...warnings.map((warning) => `warning: ${warning}`),
    '',
    toStatesText(result.states, style),
    '',
    toIncidentsText(result.incidents, style),
  ].join('\n');
}

/** Only what needs attention: refused files and rejected records, with their reasons. */
function toFileLines(files: readonly FileReport[]): string[] {
  const lines = files
    .filter(({ refusal, rejected }) => refusal !== null || rejected > 0)
    .map(
      ({ path, refusal, rejected, reasons }) =>
        `  ${path}: ${refusal ?? `${toCount(rejected)} rejected, ${reasons.map(({ reason, count }) => `${reason} (${toCount(count)})`).join(', ')}`}`,
    );
  return lines.length <= SHOWN_FILES
    ? lines
    : [...lines.slice(0, SHOWN_FILES), `  and ${lines.length - SHOWN_FILES} more (--json lists all)`];
}

export function toStatesText(states: readonly StateView[], style: Style): string {
  const lines = states.flatMap(({ id, name, slices, abnormal, evidence }) => [
    `  ${abnormal ? style.bad(name) : name}  ${style.faint(`${id}, ${toCount(slices)} slices`)}`,
    ...evidence.slice(0, 3).map((text) => style.faint(`      ${text}`)),
  ]);
  return [style.strong('States'), ...(lines.length === 0 ? ['  none'] : lines)].join('\n');
}

export function toIncidentsText(incidents: readonly IncidentView[], style: Style): string {
  const lines = incidents.map(
    ({ startNs, endNs, anomaly, sentence }) => `  ${toIso(BigInt(startNs))} to ${toIso(BigInt(endNs))}  ${toPercent(anomaly)}  ${sentence}`,
  );
  return [style.strong('Incidents'), ...(lines.length === 0 ? ['  none'] : lines)].join('\n');
}

export function toTransitionsText(transitions: readonly TransitionView[]): string {
  if (transitions.length === 0) {
    return 'The state never changes.';
  }
  return toColumns(transitions.map(({ atNs, fromName, toName }) => [toIso(BigInt(atNs)), `${fromName} → ${toName}`]));
}
