import { describe, expect, it } from 'vitest';
import { formatDuration, formatTime, formatTimeRange, knownZone, zoneName, zoneOffsetMs } from '../../webview/shared/timeFormat.js';
import { timeTicks } from '../../webview/shared/timeTicks.js';
import { axisLabel } from '../../webview/shared/axisLabel.js';

const HOUR = 3_600_000;
const at = (iso: string): number => Date.parse(iso);

describe('times', () => {
  it('are shown in the zone asked for', () => {
    const instant = at('2023-01-29T08:43:10Z');
    expect(formatTime(instant, 'UTC')).toBe('08:43:10');
    expect(formatTime(instant, 'Asia/Shanghai', 'minute')).toBe('16:43');
    expect(formatTime(instant + 250, 'Asia/Kolkata', 'millisecond')).toBe('14:13:10.250');
    expect(zoneName(instant, 'UTC')).toBe('UTC');
  });

  it('fall back to UTC for a zone nobody knows', () => {
    expect(knownZone('Mars/Olympus')).toBe('UTC');
    expect(formatTime(at('2023-01-29T08:43:10Z'), 'Mars/Olympus')).toBe('08:43:10');
  });

  it('know the offset before and after the clocks change', () => {
    expect(zoneOffsetMs(at('2023-03-26T00:59:59Z'), 'Europe/Berlin')).toBe(HOUR);
    expect(zoneOffsetMs(at('2023-03-26T01:00:00Z'), 'Europe/Berlin')).toBe(2 * HOUR);
    expect(zoneOffsetMs(at('1969-12-31T23:00:00.500Z'), 'UTC')).toBe(0);
  });

  it('name days only when a range crosses midnight', () => {
    expect(formatTimeRange(at('2023-01-29T08:43:10Z'), at('2023-01-29T08:46:00Z'), 'UTC')).toBe('08:43:10–08:46:00');
    expect(formatTimeRange(at('2023-01-29T23:59:00Z'), at('2023-01-30T00:01:00Z'), 'UTC')).toBe(
      'Sun 29 Jan 23:59:00 – Mon 30 Jan 00:01:00',
    );
  });

  it.each([
    [450, '450 ms'],
    [59_000, '59 s'],
    [170_000, '2 min 50 s'],
    [3_600_000, '1 h'],
    [3_605_000, '1 h'],
    [93_600_000, '1 d 2 h'],
    [NaN, '–'],
  ])('say %d ms as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe('ticks', () => {
  const labels = (from: string, to: string, zone: string, count: number): readonly string[] =>
    timeTicks(at(from), at(to), zone, count).map((tick) => tick.label);

  it('stand at round local times', () => {
    expect(labels('2023-01-29T08:00:00Z', '2023-01-29T09:00:00Z', 'UTC', 4)).toEqual(['08:00', '08:15', '08:30', '08:45']);
    expect(labels('2023-01-29T08:00:00Z', '2023-01-29T11:00:00Z', 'Asia/Kolkata', 3)).toEqual(['14:00', '15:00', '16:00']);
  });

  it('skip the hour that does not exist and name the zone after it', () => {
    expect(labels('2023-03-25T23:00:00Z', '2023-03-26T04:00:00Z', 'Europe/Berlin', 6)).toEqual([
      '00:00',
      '01:00',
      '03:00 CEST',
      '04:00',
      '05:00',
    ]);
  });

  it('show the repeated hour twice', () => {
    const ticks = timeTicks(at('2023-10-28T23:00:00Z'), at('2023-10-29T03:00:00Z'), 'Europe/Berlin', 5);
    expect(ticks.map((tick) => tick.label)).toEqual(['01:00', '02:00', '02:00 CET', '03:00']);
    expect(ticks.map((tick, index) => tick.atMs - (ticks[index - 1]?.atMs ?? tick.atMs - HOUR))).toEqual([HOUR, HOUR, HOUR, HOUR]);
  });

  it('name a new day', () => {
    const ticks = timeTicks(at('2023-01-29T21:00:00Z'), at('2023-01-30T03:00:00Z'), 'UTC', 3);
    expect(ticks.map(({ label, major }) => [label, major])).toEqual([
      ['22:00', false],
      ['Mon 30 Jan', true],
      ['02:00', false],
    ]);
  });

  it.each([
    [0, 0],
    [10, 5],
    [NaN, 5],
    [0, Infinity],
  ])('are none for the range %d to %d', (from, to) => {
    expect(timeTicks(from, to, 'UTC', 5)).toEqual([]);
  });

  it('stay few and in order over any span', () => {
    for (const span of [5, 1000, 60_000, HOUR, 26 * HOUR, 40 * 24 * HOUR, 800 * 24 * HOUR]) {
      const ticks = timeTicks(at('2023-03-01T00:00:00Z'), at('2023-03-01T00:00:00Z') + span, 'America/New_York', 10);
      expect(ticks.length).toBeLessThanOrEqual(13);
      expect(ticks.map((tick) => tick.atMs)).toEqual(ticks.map((tick) => tick.atMs).sort((a, b) => a - b));
    }
  });

  it('have the day and zone beside them', () => {
    expect(axisLabel(at('2023-01-29T08:00:00Z'), at('2023-01-29T09:00:00Z'), 'UTC')).toBe('Sun 29 Jan · UTC');
    expect(axisLabel(at('2023-03-26T00:00:00Z'), at('2023-03-26T03:00:00Z'), 'Europe/Berlin')).toBe('Sun 26 Mar · CET → CEST');
  });
});
