/**
 * Automatic slice length: the shortest that usually holds about 100 traces (or as many log lines), because rates need cases:
 * measured on real faults, 55 traces a minute did best at 120 s and 480 a minute at 30–60 s.
 */
import type { TelemetryBins } from '../aggregate/telemetryBins.js';
import { median } from '../math/robust.js';
import { MODALITIES } from '../records.js';

export const AUTO_WINDOWS_SECONDS = [30, 60, 90, 120, 180, 240, 300] as const;
const ENOUGH_CASES = 100;

/** @returns slice length in base bins, at least 1 */
export function chooseWindowBins(bins: TelemetryBins): number {
  const binSeconds = Number(bins.binNs) / 1e9;
  const seconds = chooseSeconds(bins, binSeconds);
  return Math.max(1, Math.round(seconds / binSeconds));
}

function chooseSeconds(bins: TelemetryBins, binSeconds: number): number {
  const longest = AUTO_WINDOWS_SECONDS[AUTO_WINDOWS_SECONDS.length - 1] ?? 300;
  const log = MODALITIES.indexOf('log');
  const perBin =
    bins.records.trace > 0 ? bins.traces.counts : bins.density.counts.subarray(bins.density.offsets[log], bins.density.offsets[log + 1]);
  if (perBin.length > 0) {
    // Mean over bins that hold any: files often cover only the minutes around incidents.
    const perSecond = perBin.reduce((sum, count) => sum + count, 0) / perBin.length / binSeconds;
    return AUTO_WINDOWS_SECONDS.find((seconds) => seconds * perSecond >= ENOUGH_CASES) ?? longest;
  }
  const intervalSeconds = median(bins.seriesKeys.map((key) => key.intervalNs / 1e9));
  return AUTO_WINDOWS_SECONDS.find((seconds) => seconds >= 2 * intervalSeconds) ?? longest;
}
