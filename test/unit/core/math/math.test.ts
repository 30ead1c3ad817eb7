import { describe, expect, test } from 'vitest';
import { growF64, GrowableArray } from '../../../../src/core/math/growableArray.js';
import { PairIndex } from '../../../../src/core/math/pairIndex.js';
import { bernoulliDivergence, locationScale, median, quantile, quantileSorted } from '../../../../src/core/math/robust.js';
import { StringTable } from '../../../../src/core/math/stringTable.js';

describe('PairIndex', () => {
  test('keeps every index when it grows past its capacity many times', () => {
    const index = new PairIndex(16);
    for (let i = 0; i < 5000; i++) expect(index.indexOf(i % 7, i)).toBe(i);
    expect(index.size).toBe(5000);
    for (let i = 0; i < 5000; i++) expect(index.indexOf(i % 7, i)).toBe(i);
    expect([index.first(4999), index.second(4999)]).toEqual([4999 % 7, 4999]);
  });

  test('tells a pair from its reverse and holds the largest 32-bit numbers', () => {
    const index = new PairIndex();
    expect([index.indexOf(1, 2), index.indexOf(2, 1), index.indexOf(0, 4294967295), index.indexOf(0, 4294967295)]).toEqual([0, 1, 2, 2]);
  });
});

describe('GrowableArray', () => {
  test('grows from any capacity and views exactly what was pushed', () => {
    const array = new GrowableArray((n) => new Float64Array(n), 0);
    for (let i = 0; i < 100; i++) array.push(i / 2);
    expect(Array.from(array.view())).toEqual(Array.from({ length: 100 }, (_, i) => i / 2));
  });

  test('is reusable after clear', () => {
    const array = growF64();
    array.push(1);
    array.addAt(0, 2);
    expect(array.at(0)).toBe(3);
    array.clear();
    array.push(9);
    expect(Array.from(array.view())).toEqual([9]);
  });
});

describe('StringTable', () => {
  const folding = (): StringTable => new StringTable((text) => text.toLowerCase());

  test.each([[['Frontend', 'frontend']], [['frontend', 'Frontend']], [['FrontEnd', 'Frontend', 'frontend', 'FRONTEND']]])(
    '%j is one name, in lower case',
    (names) => {
      const table = folding();
      expect(new Set(names.map((name) => table.idOf(name)))).toEqual(new Set([0]));
      expect(table.values).toEqual(['frontend']);
    },
  );

  test('keeps the first spelling when none is in lower case', () => {
    const table = folding();
    expect([table.idOf('CartService'), table.idOf('cart'), table.idOf('CARTSERVICE')]).toEqual([0, 1, 0]);
    expect(table.values).toEqual(['CartService', 'cart']);
  });

  test('names the id it does not have', () => {
    expect(() => folding().get(3)).toThrow('string id 3 of 0');
  });
});

describe('robust statistics', () => {
  test('of nothing and of one value', () => {
    expect(median([])).toBe(0);
    expect(median([7])).toBe(7);
    expect(locationScale([], 0.5, 0.02)).toEqual({ median: 0, scale: 0.02 });
    expect(locationScale([7], 0.5, 0.02)).toEqual({ median: 7, scale: 0.02 });
  });

  test('quantiles interpolate and leave the input as it is', () => {
    const values = [4, 1, 3, 2];
    expect(quantile(values, 0.25)).toBe(1.75);
    expect(values).toEqual([4, 1, 3, 2]);
    expect([quantileSorted([1, 2], 0), quantileSorted([1, 2], 1)]).toEqual([1, 2]);
  });

  test('scale is 1.4826 MAD plus the share of the standard deviation', () => {
    // 1 2 3 4 100: median 3, deviations 2 1 0 1 97 → MAD 1; mean 22, variance (441+400+361+324+6084)/5 = 1522.
    const { median: center, scale } = locationScale([100, 1, 2, 3, 4], 0.5, 0.1);
    expect(center).toBe(3);
    expect(scale).toBeCloseTo(1.4826 + 0.5 * Math.sqrt(1522) + 0.1, 10);
  });

  test('Bernoulli divergence is exact at the edges', () => {
    expect(bernoulliDivergence(0.3, 0.3)).toBe(0);
    expect(bernoulliDivergence(0, 0.25)).toBeCloseTo(Math.log(4 / 3), 12);
    expect(bernoulliDivergence(1, 0.25)).toBeCloseTo(Math.log(4), 12);
    expect(bernoulliDivergence(0.5, 0.25)).toBeCloseTo(0.5 * Math.log(2) + 0.5 * Math.log(2 / 3), 12);
  });
});
