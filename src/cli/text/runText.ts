import { toIso } from '../../core/time.js';
import type { EmbedResult, FileReport, IncidentView, StateView, TransitionView } from '../../protocol/views.js';
import { toColumns, toCount, toMebibytes, toPercent, toSeconds, type Style } from '../style.js';

const SHOWN_FILES = 20;

/** The headline, the incidents where it does not say all of them, then states and what was read. */
export function toEmbedText(result: EmbedResult, style: Style): string {
  const { headline, incidents, states } = result;
  const isSaid = incidents.every(({ sentence }) => sentence === headline);
  return [
    style.strong(headline),
    ...(isSaid ? [] : [toIncidentsText(incidents, style)]),
    toStatesText(states, style),
    toReadText(result, style),
  ].join('\n\n');
}

/** What was read, how long it took, and what needs attention. */
export function toReadText(
  { run, files, slices, entities, warnings, ms, reused, provider, peakRssBytes }: EmbedResult,
  style: Style,
): string {
  const records = files.reduce((sum, file) => sum + file.records, 0);
  const rejected = files.reduce((sum, file) => sum + file.rejected, 0);
  const source = reused ? 'unchanged, shown from the store' : `${provider}, peak ${toMebibytes(peakRssBytes)}`;
  return [
    style.strong('Read'),
    `  ${toCount(files.length)} files, ${toCount(records)} records, ${toCount(rejected)} rejected, ${toCount(slices)} slices, ${toCount(entities.length)} services`,
    ...toFileLines(files),
    ...warnings.map((warning) => `  warning: ${warning}`),
    style.faint(`  run ${run}: ${toSeconds(ms.total ?? 0)} (${source})`),
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
    `  ${abnormal ? style.bad(name) : name}  ${style.faint(`${id}, ${toCount(slices)} ${slices === 1 ? 'slice' : 'slices'}`)}`,
    ...evidence.slice(0, 3).map((text) => style.faint(`      ${text}`)),
  ]);
  return [style.strong('States'), ...(lines.length === 0 ? ['  none'] : lines)].join('\n');
}

/** Their sentences carry the times. */
export function toIncidentsText(incidents: readonly IncidentView[], style: Style): string {
  const lines = incidents.map(({ anomaly, sentence }) => `  ${toPercent(anomaly).padStart(6)}  ${sentence}`);
  return [style.strong('Incidents'), ...(lines.length === 0 ? ['  none'] : lines)].join('\n');
}

export function toTransitionsText(transitions: readonly TransitionView[]): string {
  if (transitions.length === 0) {
    return 'The state never changes.';
  }
  return toColumns(transitions.map(({ atNs, fromName, toName }) => [toIso(BigInt(atNs)), `${fromName} → ${toName}`]));
}
