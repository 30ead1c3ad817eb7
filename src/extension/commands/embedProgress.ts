/** Progress of an embed as one line and one fraction. */
import type { EmbedProgress, EnginePhase } from '../../protocol/engineRpc.js';
import { l10n } from '../localize.js';
import { toCountText, toPercentText } from '../timeText.js';

/** Share of the whole time that a phase takes on the 201 MB TrainTicket day, roughly; only moves the bar. */
const PHASE_SHARES: readonly (readonly [EnginePhase, number])[] = [
  ['identify', 0.02],
  ['parse', 0.5],
  ['aggregate', 0.08],
  ['features', 0.12],
  ['text', 0.08],
  ['encode', 0.15],
  ['states', 0.03],
  ['store', 0.02],
];

/** @returns 0..1 over the whole embed, monotonic when phases come in order. */
export function toOverallFraction(progress: EmbedProgress): number {
  let before = 0;
  for (const [phase, share] of PHASE_SHARES) {
    if (phase === progress.phase) {
      return before + share * Math.min(1, Math.max(0, progress.fraction));
    }
    before += share;
  }
  return before;
}

export function toPhaseText(phase: EnginePhase): string {
  switch (phase) {
    case 'identify':
      return l10n.t('Recognising files');
    case 'parse':
      return l10n.t('Reading');
    case 'aggregate':
      return l10n.t('Counting');
    case 'features':
      return l10n.t('Comparing with usual');
    case 'text':
      return l10n.t('Understanding texts');
    case 'encode':
      return l10n.t('Encoding slices');
    case 'states':
      return l10n.t('Finding states');
    case 'store':
      return l10n.t('Saving');
    case 'tune':
      return l10n.t('Tuning heads');
  }
}

/** `Reading services.csv, 1 234 567 records`. */
export function toProgressText(progress: EmbedProgress): string {
  const head = `${toPhaseText(progress.phase)} ${progress.detail}`.trim();
  return progress.records === 0 ? head : l10n.t('{0}, {1} records', head, toCountText(progress.records));
}

/** Short form for the status bar: `Reading 43 %`. */
export function toProgressSummary(progress: EmbedProgress | null): string {
  return progress === null ? l10n.t('starting') : `${toPhaseText(progress.phase)} ${toPercentText(toOverallFraction(progress))}`;
}
