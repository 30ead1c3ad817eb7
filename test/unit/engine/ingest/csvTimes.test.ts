import { describe, expect, it } from 'vitest';
import { readText } from './readRecords.js';

const HEADER = 'Time,TimeStamp,PodName,CpuUsage(m)';

describe('two time columns of one row', () => {
  it('takes the number when both agree', async () => {
    const { points, reports } = await readText(
      'cart-5b67c48447-mv5hb_metric.csv',
      `${HEADER}\n2022-08-22 03:51:19.6 +0000 UTC m=+0.1,1661140279,cart-5b67c48447-mv5hb,7\n`,
    );
    expect(points.map((point) => point.timeNs)).toEqual([1_661_140_279_000_000_000n]);
    expect(reports[0]?.reasons).toEqual([]);
  });

  it('takes the written time with its zone when the number is off, and says so', async () => {
    const rows = [
      '2022-08-22 03:51:19 +0000 UTC m=+0.1,1861140279,cart-5b67c48447-mv5hb,7',
      '2022-08-22 03:52:19 +0000 UTC m=+60.1,1861140339,cart-5b67c48447-mv5hb,8',
    ];
    const { points, reports } = await readText('cart-5b67c48447-mv5hb_metric.csv', `${HEADER}\n${rows.join('\n')}\n`);
    expect(points.map((point) => point.timeNs)).toEqual([1_661_140_279_000_000_000n, 1_661_140_339_000_000_000n]);
    expect(reports[0]?.rejected).toBe(0);
    expect(reports[0]?.reasons[0]?.reason).toMatch(/TimeStamp and Time name different times; Time/u);
  });
});
