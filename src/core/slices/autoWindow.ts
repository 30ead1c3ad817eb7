/**
 * Automatic slice length, because rates need cases. With traces the shortest that usually holds about 100 of them: measured on real faults, 55
 * traces a minute did best at 120 s and 480 a minute at 30–60 s. With logs and no traces the rates are of the lines of a service, and their number
 * says less of how many requests they tell of. AC@1 of the ranking without / with embeddings, traces left out, at 30, 60, 90, 120 and 180 s:
 * TrainTicket .32 / .32, .61 / .57, .64 / .64, .71 / .71, .68 / .68; 222 faults of the simulated development systems that have logs .30 / .61, .32 / .67,
 * .40 / .66, .37 / .64, .37 / .61; as chosen here (120 s on TrainTicket) .35 / .65.
 */
import type { SparseCounts } from '../aggregate/sparseRows.js';
import type { TelemetryBins } from '../aggregate/telemetryBins.js';
import { median } from '../math/robust.js';
import { MODALITIES } from '../records.js';

export const AUTO_WINDOWS_SECONDS = [30, 60, 90, 120, 180, 240, 300] as const;
const ENOUGH_TRACES = 100;
/** In half of the services that log. */
const ENOUGH_LINES = 50;
const LOG_WINDOWS_SECONDS: readonly number[] = AUTO_WINDOWS_SECONDS.filter((seconds) => seconds >= 60 && seconds <= 120);

/** @returns slice length in base bins, at least 1 */
export function chooseWindowBins(bins: TelemetryBins): number {
  const binSeconds = Number(bins.binNs) / 1e9;
  const seconds = chooseSeconds(bins, binSeconds);
  return Math.max(1, Math.round(seconds / binSeconds));
}

function chooseSeconds(bins: TelemetryBins, binSeconds: number): number {
  const longest = AUTO_WINDOWS_SECONDS[AUTO_WINDOWS_SECONDS.length - 1] ?? 300;
  if (bins.traces.counts.length > 0) {
    const perSecond = perHeldBin(bins.traces, 0, bins.traces.counts.length) / binSeconds;
    return AUTO_WINDOWS_SECONDS.find((seconds) => seconds * perSecond >= ENOUGH_TRACES) ?? longest;
  }
  const linesPerSecond = linesPerHeldBin(bins) / binSeconds;
  if (linesPerSecond > 0) {
    return LOG_WINDOWS_SECONDS.find((seconds) => seconds * linesPerSecond >= ENOUGH_LINES) ?? LOG_WINDOWS_SECONDS.at(-1) ?? longest;
  }
  const intervalSeconds = median(bins.seriesKeys.map((key) => key.intervalNs / 1e9));
  return AUTO_WINDOWS_SECONDS.find((seconds) => seconds >= 2 * intervalSeconds) ?? longest;
}

/** Of the service in the middle; 0 without any. */
function linesPerHeldBin({ rateKeys, denominators, density }: TelemetryBins): number {
  const log = MODALITIES.indexOf('log');
  const held = (density.offsets[log + 1] ?? 0) - (density.offsets[log] ?? 0);
  const rows = new Set(rateKeys.filter(({ family }) => family === 'log-severity').map(({ denominator }) => denominator));
  return rows.size === 0 ? 0 : median([...rows].map((row) => perHeldBin(denominators, row, held)));
}

/** Mean over the bins that hold any record of the kind: files often cover only the minutes around incidents. */
function perHeldBin({ offsets, counts }: SparseCounts, row: number, heldBins: number): number {
  const own = counts.subarray(offsets[row], offsets[row + 1]);
  return own.reduce((sum, count) => sum + count, 0) / Math.max(1, heldBins);
}
