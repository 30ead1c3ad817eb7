import { expect, test } from 'vitest';
import { chooseBinMs, toWindowBins } from '../../../../src/engine/pipeline/baseBins.js';

test.each([
  [{ window: 'auto' as const }, 5000],
  [{ window: 30_000 }, 5000],
  [{ window: 45_000 }, 2500],
  [{ window: 60_000, stepMs: 1000 }, 1000],
])('%j is counted in bins of %d ms, which divide window and step', (params, binMs) => {
  expect(chooseBinMs(params)).toBe(binMs);
});

test.each([[{ window: 1000, stepMs: 100 }], [{ window: 700 }], [{ window: 1 }], [{ window: 33_333 }]])(
  '%j: bin numbers stay below 2^32 until 2037',
  (params) => {
    expect(Date.UTC(2037, 0) / chooseBinMs(params)).toBeLessThan(2 ** 32);
  },
);

test('windows hold at least one bin and steps are no longer than windows', () => {
  expect(toWindowBins({ window: 30_000 }, 5000, 99)).toEqual({ lengthBins: 6, stepBins: 3 });
  expect(toWindowBins({ window: 'auto' }, 5000, 7)).toEqual({ lengthBins: 7, stepBins: 4 });
  expect(toWindowBins({ window: 1 }, 500, 99)).toEqual({ lengthBins: 1, stepBins: 1 });
  expect(toWindowBins({ window: 5000, stepMs: 60_000 }, 5000, 99)).toEqual({ lengthBins: 1, stepBins: 1 });
});
