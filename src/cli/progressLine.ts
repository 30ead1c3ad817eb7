/** Progress on stderr: one line that is rewritten on a terminal, one line per phase elsewhere. */
import type { EmbedProgress } from '../protocol/engineRpc.js';

export interface ProgressLine {
  readonly show: (progress: EmbedProgress) => void;
  /** Removes the line, so that other output can follow. */
  readonly clear: () => void;
}

const LABELS: Readonly<Record<EmbedProgress['phase'], string>> = {
  identify: 'Looking at files',
  parse: 'Reading',
  aggregate: 'Aggregating',
  features: 'Comparing with usual',
  text: 'Encoding texts',
  encode: 'Encoding slices',
  states: 'Finding states',
  store: 'Keeping results',
  tune: 'Tuning heads',
};
const MIN_INTERVAL_MS = 100;
const ERASE_LINE = '\r\u001b[2K';

export function createProgressLine(write: (text: string) => void, isTerminal: boolean, columns: number): ProgressLine {
  let lastPhase: string | undefined;
  let lastMs = 0;
  let shown = false;
  return {
    show(progress) {
      const label = LABELS[progress.phase];
      const nowMs = performance.now();
      if (!isTerminal) {
        if (progress.phase !== lastPhase) {
          write(`${label} …\n`);
        }
      } else if (progress.phase !== lastPhase || nowMs - lastMs >= MIN_INTERVAL_MS) {
        const line = `${label}  ${(progress.fraction * 100).toFixed(0)} %  ${progress.detail}`;
        write(ERASE_LINE + line.slice(0, Math.max(20, columns - 1)));
        shown = true;
        lastMs = nowMs;
      }
      lastPhase = progress.phase;
    },
    clear() {
      if (shown) {
        write(ERASE_LINE);
        shown = false;
      }
    },
  };
}
