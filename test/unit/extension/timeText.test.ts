import { describe, expect, it } from 'vitest';
import {
  toBytesText,
  toCountText,
  toDateTimeText,
  toPercentText,
  toRangeText,
  toZonedText,
  toZoneText,
} from '../../../src/extension/timeText.js';
import { ns } from './views.js';

describe('times', () => {
  it('are shown in the zone, fractions cut off', () => {
    const nearlyASecond = (BigInt(ns(59)) + 999_999_999n).toString();
    expect(toDateTimeText(nearlyASecond, 'UTC')).toBe('2024-03-01 08:00:59');
    expect(toDateTimeText(ns(0), 'America/New_York')).toBe('2024-03-01 03:00:00');
  });

  it('carry dates where a range crosses midnight in that zone', () => {
    expect(toRangeText(ns(0), ns(60), 'UTC')).toBe('08:00:00 – 08:01:00');
    expect(toRangeText(ns(0), ns(16 * 3600), 'UTC')).toBe('2024-03-01 08:00:00 – 2024-03-02 00:00:00');
  });

  it('take the place of the instants in a sentence, the zone named once', () => {
    const sentence = `From {${ns(0)}} to {${ns(60)}}.`;
    expect(toZonedText(sentence, 'UTC')).toBe('From 08:00:00 to 08:01:00 UTC.');
    expect(toZonedText(`From {${ns(0)}} to {${ns(86400)}}.`, 'UTC')).toBe('From 2024-03-01 08:00:00 to 2024-03-02 08:00:00 UTC.');
    expect(toZonedText('Nothing abnormal {yet}.', 'UTC')).toBe('Nothing abnormal {yet}.');
  });

  it('name the zone with its offset', () => {
    expect(toZoneText('UTC', ns(0))).toBe('UTC');
    expect(toZoneText('Asia/Shanghai', ns(0))).toBe('Asia/Shanghai (GMT+8)');
  });
});

describe('numbers', () => {
  it.each([
    [0, '0 %'],
    [0.004, '< 1 %'],
    [0.5, '50 %'],
    [0.996, '> 99 %'],
    [1, '100 %'],
  ])('%f is %s: nothing uncertain is called certain', (p, text) => {
    expect(toPercentText(p)).toBe(text);
  });

  it('have units and thousands apart', () => {
    expect([toBytesText(0), toBytesText(1500), toBytesText(201_000_000), toBytesText(3e15)]).toEqual([
      '0 B',
      '1.5 KB',
      '201 MB',
      '3000 TB',
    ]);
    expect([toCountText(999), toCountText(1_234_567)]).toEqual(['999', '1\u202f234\u202f567']);
  });
});
