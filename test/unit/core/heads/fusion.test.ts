import { expect, test } from 'vitest';
import { FAMILY_COUNT, FEATURE_FAMILIES, familyIndex, type FamilyId } from '../../../../src/core/features/families.js';
import { FAMILY_WEIGHTS, fuse, modalityShares, rankEntities } from '../../../../src/core/heads/fusion.js';
import { toPhrase } from '../../../../src/core/heads/phrases.js';

function scores(...rows: readonly Partial<Record<FamilyId, number>>[]): Float32Array {
  const out = new Float32Array(rows.length * FAMILY_COUNT);
  rows.forEach((row, entity) => {
    for (const [family, score] of Object.entries(row)) out[entity * FAMILY_COUNT + familyIndex(family as FamilyId)] = score;
  });
  return out;
}

test('an isolated score counts by how far it is above the usual total, at most ten', () => {
  expect(fuse(scores({ 'trace-errors': 3 }, {})).entity[0]).toBeCloseTo(9 / 4, 6);
  expect(fuse(scores({ 'trace-errors': 99 }, {})).entity[0]).toBeCloseTo((10 * 99) / 100, 6);
});

test('a family that is unusual everywhere speaks for nobody', () => {
  const everywhere = fuse(scores({ 'trace-errors': 4, 'log-severity': 3 }, { 'trace-errors': 4 }, { 'trace-errors': 4 }));
  expect(everywhere.entity[0]).toBeCloseTo(9 / 4, 6);
  expect(everywhere.entity[1]).toBeCloseTo(16 / 13, 6);
});

test('supporting metrics count half', () => {
  expect(fuse(scores({ 'metric-memory': 3 })).entity[0]).toBeCloseTo(9 / 8, 6);
  expect(FAMILY_WEIGHTS[familyIndex('metric-cpu')]).toBe(1);
});

test('entities are treated alike: swapped rows give swapped scores', () => {
  const a = { 'trace-errors': 4, 'log-next': 1 } as const;
  const b = { 'trace-errors': 2, 'metric-cpu': 5 } as const;
  const [first, second] = fuse(scores(a, b)).entity;
  expect(Array.from(fuse(scores(b, a)).entity)).toEqual([second, first]);
});

test('a stronger score never lowers its entity and never raises another', () => {
  for (let score = 1; score < 20; score++) {
    const before = fuse(scores({ 'trace-self': score }, { 'trace-self': 5 })).entity;
    const after = fuse(scores({ 'trace-self': score + 1 }, { 'trace-self': 5 })).entity;
    expect(after[0]).toBeGreaterThan(before[0] ?? 0);
    expect(after[1]).toBeLessThan(before[1] ?? 0);
  }
});

test('ties keep their order', () => {
  expect(rankEntities(fuse(scores({}, { 'log-next': 2 }, {}, { 'log-next': 2 })))).toEqual([1, 3, 0, 2]);
});

test('shares of modalities sum to 1, or are 0 when nothing contributes', () => {
  const fused = fuse(scores({ 'trace-errors': 3, 'log-next': 3 }, {}));
  expect(modalityShares(fused, 0)).toEqual({ log: 0.5, trace: 0.5, metric: 0 });
  expect(modalityShares(fused, 1)).toEqual({ log: 0, trace: 0, metric: 0 });
});

test('every family has words for both directions', () => {
  for (const { id } of FEATURE_FAMILIES) expect(toPhrase(id, 1).length * toPhrase(id, -1).length).toBeGreaterThan(0);
  expect([toPhrase('metric-cpu', 2), toPhrase('metric-cpu', -2)]).toEqual(['high CPU', 'low CPU']);
});
