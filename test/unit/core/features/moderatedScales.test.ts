import { describe, expect, test } from 'vitest';
import { moderateScales } from '../../../../src/core/features/moderatedScales.js';
import { learnBankInSteps } from '../../../../src/core/features/referenceBank.js';
import { finishSteps } from '../../../../src/core/math/steps.js';
import { createWindowSet } from '../../../../src/core/slices/windowSet.js';
import { createBins, createRandom } from '../builders.js';

describe('scales with what is known of others like them', () => {
  test('the typical scale of the group counts as twenty windows', () => {
    const [low = NaN, typical = NaN, high = NaN, other = NaN] = moderateScales(
      Float64Array.of(1, 3, 9, 2),
      Float64Array.of(20, 10, 60, 5),
      ['a', 'a', 'a', 'b'],
    );
    expect(low).toBeCloseTo(Math.sqrt((20 * 9 + 20 * 1) / 40), 12);
    expect(typical).toBeCloseTo(3, 12);
    expect(high).toBeCloseTo(Math.sqrt((20 * 9 + 60 * 81) / 80), 12);
    expect(other).toBeCloseTo(2, 12);
  });

  test('what is not known stays so and has no say', () => {
    expect([...moderateScales(Float64Array.of(0, 2, 2), Float64Array.of(3, 8, 8), ['a', 'a', 'a'])]).toEqual([0, 2, 2]);
    expect([...moderateScales(new Float64Array(0), new Float64Array(0), [])]).toEqual([]);
  });
});

describe('of a recording', () => {
  /** Five services whose CPU varies by a tenth, and one whose varies by less, for so many minutes. */
  function learnScales(minutes: number): { steady: number; others: number } {
    const random = createRandom(3);
    const levelOf = (service: number): number => 50 * Math.exp((service === 5 ? 0.005 : 0.1) * (2 * random() - 1));
    const points = Array.from({ length: minutes }, (_, minute) =>
      Array.from({ length: 6 }, (__, service) => ({
        service: `service-${service}`,
        metric: 'cpu',
        atMs: minute * 60_000,
        value: levelOf(service),
      })),
    ).flat();
    const bins = createBins([{ points }]);
    const windows = createWindowSet(bins.density, 12, 12);
    const { levelScale } = finishSteps(learnBankInSteps(bins, windows, new Uint8Array(windows.starts.length).fill(1)));
    return { steady: levelScale[5] ?? NaN, others: levelScale[0] ?? NaN };
  }

  test('a series that seems steady for minutes is judged by others of its name, one that is for hours by itself', () => {
    const [short, long] = [learnScales(8), learnScales(1200)];
    expect(short.steady).toBeGreaterThan(0.5 * short.others);
    expect(long.steady).toBeLessThan(0.4 * long.others);
  });
});
