/** "Show Engine Status" as a document a person reads, and can paste into a report. */
import type { DoctorReport, EmbedResult, FileReport, HeadVersionView } from '../../protocol/views.js';
import { l10n } from '../localize.js';
import { toBytesText, toCountText, toZonedText } from '../timeText.js';
import { toVersionText } from '../tuning/tuningText.js';

/** @param status the supervisor's word on the process. @param doctor the report, or why there is none. @param versions of the heads, may be empty. */
export function toStatusDocument(
  status: string,
  doctor: DoctorReport | string,
  result: EmbedResult | null,
  zone: string,
  versions: readonly HeadVersionView[],
): string {
  const lines = ['# RuntimeSlicer', '', `${l10n.t('Engine')}: ${status}`, ''];
  lines.push(
    ...(typeof doctor === 'string'
      ? [l10n.t('No report from the engine: {0}', doctor)]
      : toDoctorLines(doctor, toHeadLines(versions, zone))),
  );
  if (result !== null) {
    lines.push('', ...toResultLines(result, zone));
  }
  return `${lines.join('\n')}\n`;
}

/** Which heads findings are made with; nothing where that is not known. */
function toHeadLines(versions: readonly HeadVersionView[], zone: string): readonly string[] {
  const used = versions.find((version) => version.isUsed);
  return used === undefined ? [] : ['', `## ${l10n.t('Heads')}`, `- ${toVersionText(used, zone)}`];
}

function toDoctorLines(doctor: DoctorReport, headLines: readonly string[]): string[] {
  const { encoder, store } = doctor;
  const chosen = doctor.providers.find((attempt) => attempt.chosen);
  return [
    `## ${l10n.t('Problems')}`,
    ...(doctor.problems.length === 0 ? [l10n.t('None.')] : doctor.problems.map((problem) => `- ${problem}`)),
    '',
    `## ${l10n.t('Execution provider')}: ${chosen?.provider ?? l10n.t('none')}`,
    ...doctor.providers.map((attempt) => {
      const warmUp = attempt.warmUpMs === null ? '' : l10n.t(', warm-up {0} ms', Math.round(attempt.warmUpMs));
      return `- ${attempt.provider}${attempt.chosen ? l10n.t(' (in use)') : ''}: ${attempt.reason}${warmUp}`;
    }),
    '',
    `## ${l10n.t('Encoder')}`,
    `- ${encoder.name}`,
    `- ${encoder.sha256Ok ? l10n.t('files match their checksums') : l10n.t('files do NOT match their checksums: install the extension again')}`,
    `- ${l10n.t('differs from its reference output by {0}', encoder.parity?.toExponential(1) ?? l10n.t('an unknown amount'))}`,
    ...headLines,
    '',
    `## ${l10n.t('Store')}`,
    `- ${store.path}`,
    `- ${l10n.t('{0}, integrity {1}, schema {2}', toBytesText(store.sizeBytes), store.integrity, store.schemaVersion)}`,
    '',
    `## ${l10n.t('Versions')}`,
    `- RuntimeSlicer ${doctor.version}, Node ${doctor.node}, ${doctor.platform}`,
    `- ONNX Runtime ${doctor.onnxruntime}, SQLite ${doctor.sqlite}`,
  ];
}

function toResultLines(result: EmbedResult, zone: string): string[] {
  const ms = (phase: string): number => Math.round(result.ms[phase] ?? 0);
  return [
    `## ${l10n.t('Last embed')}`,
    toZonedText(result.headline, zone),
    '',
    ...result.warnings.map((warning) => `- ${toZonedText(warning, zone)}`),
    `- ${l10n.t('{0} slices, {1} states, {2} services', toCountText(result.slices), result.states.length, result.entities.length)}`,
    `- ${l10n.t('provider {0}, {1} ms in all, peak memory {2}', result.provider, ms('total'), toBytesText(result.peakRssBytes))}`,
    `- ${Object.keys(result.ms)
      .filter((phase) => phase !== 'total')
      .map((phase) => `${phase} ${ms(phase)} ms`)
      .join(', ')}`,
    '',
    `### ${l10n.t('Files')}`,
    ...result.files.flatMap(toFileLines),
  ];
}

function toFileLines(file: FileReport): string[] {
  const head = `- ${file.path}`;
  if (file.refusal !== null) {
    return [head, `  - ${l10n.t('not read: {0}', file.refusal)}`];
  }
  const cached = file.cached ? l10n.t(', unchanged since it was read before') : '';
  return [
    head,
    `  - ${file.format}, ${toBytesText(file.sizeBytes)}, ${l10n.t('{0} records, {1} rejected', toCountText(file.records), toCountText(file.rejected))}${cached}`,
    ...file.reasons.map(
      (reject) => `  - ${toCountText(reject.count)} × ${reject.reason} (${l10n.t('lines {0}', reject.lines.join(', '))})`,
    ),
  ];
}

/** What a person should know of the files after an embed, undefined when all were read whole. */
export function findFileProblems(files: readonly FileReport[]): string | undefined {
  const refused = files.filter((file) => file.refusal !== null);
  const partly = files.filter((file) => file.refusal === null && file.rejected > 0);
  const parts: string[] = [];
  if (refused.length > 0) {
    parts.push(refused.length === 1 ? l10n.t('1 file could not be read') : l10n.t('{0} files could not be read', refused.length));
  }
  if (partly.length > 0) {
    const rejected = partly.reduce((sum, file) => sum + file.rejected, 0);
    parts.push(l10n.t('{0} records were rejected', toCountText(rejected)));
  }
  return parts.length === 0 ? undefined : `${parts.join('; ')}.`;
}
