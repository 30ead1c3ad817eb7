/** Length of the base bins: everything a window can begin or end at. */
import type { EmbedParams } from '../../protocol/views.js';

/** Half of the shortest automatic step: fine enough for brushing, coarse enough that a day of telemetry stays some ten MB. */
const DEFAULT_BIN_MS = 5000;
/** Bins are numbered from 1970 in 32 bits: with half a second that lasts until 2038. */
const MIN_BIN_MS = 500;

export interface WindowBins {
  readonly lengthBins: number;
  readonly stepBins: number;
}

/** Longest length, at most 5 s, that divides window and step. */
export function chooseBinMs(params: Pick<EmbedParams, 'window' | 'stepMs'>): number {
  if (params.window === 'auto') {
    return DEFAULT_BIN_MS;
  }
  const step = params.stepMs ?? params.window / 2;
  return Math.max(MIN_BIN_MS, greatestCommonDivisor(greatestCommonDivisor(DEFAULT_BIN_MS, Math.round(params.window)), Math.round(step)));
}

/** @param autoBins automatic slice length in bins */
export function toWindowBins(params: Pick<EmbedParams, 'window' | 'stepMs'>, binMs: number, autoBins: number): WindowBins {
  const lengthBins = params.window === 'auto' ? autoBins : Math.max(1, Math.round(params.window / binMs));
  const stepBins = params.stepMs === undefined ? Math.max(1, Math.round(lengthBins / 2)) : Math.max(1, Math.round(params.stepMs / binMs));
  return { lengthBins, stepBins: Math.min(stepBins, lengthBins) };
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
