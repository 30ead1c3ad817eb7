import { describe, expect, it } from 'vitest';
import type { FaultRequest } from '../../../src/simulation/faultTypes.js';
import { plainOptions } from './plainProfile.js';
import { readIncident } from './readIncident.js';

const MINUTE_MS = 60_000;
/** Written times are ns, the layout is in minutes. */
const ROUNDING_MS = 1;
const FAULTS: FaultRequest[] = [
  { type: 'cpu-contention', startMinute: 3, minutes: 2 },
  { type: 'cpu-contention', startMinute: 4, minutes: 2 },
  { type: 'cpu-contention', startMinute: 11, minutes: 3 },
];
const OPTIONS = { minutes: 16, faults: FAULTS, withDistractors: true, distractorRate: 6 };
const KEPT = [
  [2, 6],
  [10, 13],
] as const;

function isKept(ms: number): boolean {
  return KEPT.some(([from, to]) => ms >= from * MINUTE_MS - ROUNDING_MS && ms < to * MINUTE_MS + ROUNDING_MS);
}

describe('recording in bursts', { timeout: 60_000 }, () => {
  const bursts = readIncident(plainOptions({ recording: { layout: 'bursts', beforeMinutes: 1, afterMinutes: 2 } }, OPTIONS));
  const continuous = readIncident(plainOptions({}, OPTIONS));

  it('keeps spans and lines around faults only, all of them there', () => {
    expect(bursts.spans.length).toBeGreaterThan(100);
    expect(bursts.spans.filter(({ startMs }) => !isKept(startMs))).toEqual([]);
    expect(bursts.lines.filter(({ timeMs }) => !isKept(timeMs))).toEqual([]);
    const expected = continuous.spans.filter(({ startMs }) =>
      KEPT.some(([from, to]) => startMs >= from * MINUTE_MS && startMs < to * MINUTE_MS),
    );
    expect(bursts.spans.length).toBe(expected.length);
  });

  it('keeps metrics and labels of the whole run', () => {
    expect(bursts.series).toEqual(continuous.series);
    expect(bursts.labelsCsv).toBe(continuous.labelsCsv);
  });
});
