/** What the status-bar item says. */
import type { EngineStatus } from '../engine/engineProcess.js';
import { l10n } from '../localize.js';

export interface StatusFacts {
  readonly engine: EngineStatus;
  /** Phase and percentage while files are embedded, else null. */
  readonly running: string | null;
  readonly failed: boolean;
  /** Abnormal ranges of the run that is shown, null when none is. */
  readonly incidents: number | null;
  /** Execution provider in use, null until one was chosen. */
  readonly provider: string | null;
}

export interface StatusText {
  readonly icon: string;
  readonly label: string;
  readonly tooltip: string;
  readonly severe: boolean;
}

export function toStatusText(facts: StatusFacts): StatusText {
  const click = l10n.t('Click for the engine status.');
  if (facts.engine.kind === 'failed') {
    return { icon: 'error', label: 'RuntimeSlicer', tooltip: l10n.t('RuntimeSlicer: {0} {1}', facts.engine.reason, click), severe: true };
  }
  if (facts.running !== null) {
    return { icon: 'sync~spin', label: facts.running, tooltip: l10n.t('RuntimeSlicer: {0}. {1}', facts.running, click), severe: false };
  }
  const provider = facts.provider === null ? '' : ` (${facts.provider})`;
  if (facts.failed) {
    return {
      icon: 'warning',
      label: `RuntimeSlicer${provider}`,
      tooltip: l10n.t('RuntimeSlicer: the last step failed. {0}', click),
      severe: false,
    };
  }
  const found =
    facts.incidents === null
      ? l10n.t('nothing embedded yet')
      : facts.incidents === 0
        ? l10n.t('nothing abnormal')
        : facts.incidents === 1
          ? l10n.t('1 abnormal range')
          : l10n.t('{0} abnormal ranges', facts.incidents);
  return {
    icon: 'pulse',
    label: `RuntimeSlicer${provider}`,
    tooltip: l10n.t('RuntimeSlicer{0}: {1}. {2}', provider, found, click),
    severe: false,
  };
}
