/** Checks parameters where they enter the engine: callers are other processes and people. */
import { findInstant, toIso } from '../core/time.js';
import { EngineError } from '../protocol/engineError.js';
import type { EmbedParams, NsString } from '../protocol/views.js';

/** Below this a slice holds next to nothing, above it an incident vanishes in it. */
const WINDOW_MS = { least: 1000, most: 24 * 60 * 60 * 1000 };

export function checkEmbedParams(params: EmbedParams): void {
  const { paths, window, stepMs, fromNs, toNs, reference, utcOffsetMinutes } = params;
  if (paths.length === 0) {
    throw new EngineError('no-input', 'no file or folder was given; name at least one log, trace or metric file');
  }
  if (window !== 'auto' && !(window >= WINDOW_MS.least && window <= WINDOW_MS.most)) {
    throw new EngineError('bad-argument', `window is ${window} ms; it must lie between 1 s and 24 h, or be auto`);
  }
  if (stepMs !== undefined && !(stepMs >= WINDOW_MS.least && stepMs <= WINDOW_MS.most)) {
    throw new EngineError('bad-argument', `step is ${stepMs} ms; it must lie between 1 s and 24 h`);
  }
  if (utcOffsetMinutes !== undefined && !(Math.abs(utcOffsetMinutes) <= 14 * 60)) {
    throw new EngineError('bad-argument', `UTC offset is ${utcOffsetMinutes} minutes; it must lie within 14 hours`);
  }
  checkRange('range', fromNs, toNs);
  for (const { startNs, endNs } of reference ?? []) {
    checkRange('reference', startNs, endNs);
  }
}

function checkRange(name: string, from: NsString | undefined, to: NsString | undefined): void {
  const start = from === undefined ? undefined : toNs(name, from);
  const end = to === undefined ? undefined : toNs(name, to);
  if (start !== undefined && end !== undefined && start >= end) {
    throw new EngineError('bad-argument', `${name} ends before it starts: from ${toIso(start)} to ${toIso(end)}`);
  }
}

/** Nanoseconds of a decimal string. */
export function toNs(name: string, text: NsString): bigint {
  if (!/^-?\d{1,19}$/.test(text)) {
    throw new EngineError(
      'bad-argument',
      `${name} is not a time in ns since the epoch: ${findInstant(text) === undefined ? 'not a number' : 'convert it first'}`,
    );
  }
  return BigInt(text);
}
