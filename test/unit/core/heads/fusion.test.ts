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
  expect(fuse(scores({ 'trace-errors': 3 }, {}), []).entity[0]).toBeCloseTo(9 / 4, 6);
  expect(fuse(scores({ 'trace-errors': 99 }, {}), []).entity[0]).toBeCloseTo((10 * 99) / 100, 6);
});

test('a family that is unusual everywhere speaks for nobody', () => {
  const everywhere = fuse(scores({ 'trace-errors': 4, 'log-severity': 3 }, { 'trace-errors': 4 }, { 'trace-errors': 4 }), []);
  expect(everywhere.entity[0]).toBeCloseTo(9 / 4, 6);
  expect(everywhere.entity[1]).toBeCloseTo(16 / 13, 6);
});

test('supporting metrics count half', () => {
  expect(fuse(scores({ 'metric-memory': 3 }), []).entity[0]).toBeCloseTo(9 / 8, 6);
  expect(FAMILY_WEIGHTS[familyIndex('metric-cpu')]).toBe(1);
});

test('entities are treated alike: swapped rows give swapped scores', () => {
  const a = { 'trace-errors': 4, 'log-next': 1 } as const;
  const b = { 'trace-errors': 2, 'metric-cpu': 5 } as const;
  const [first, second] = fuse(scores(a, b), []).entity;
  expect(Array.from(fuse(scores(b, a), []).entity)).toEqual([second, first]);
});

test('a stronger score never lowers its entity and never raises another', () => {
  for (let score = 1; score < 20; score++) {
    const before = fuse(scores({ 'trace-self': score }, { 'trace-self': 5 }), []).entity;
    const after = fuse(scores({ 'trace-self': score + 1 }, { 'trace-self': 5 }), []).entity;
    expect(after[0]).toBeGreaterThan(before[0] ?? 0);
    expect(after[1]).toBeLessThan(before[1] ?? 0);
  }
});

const GATEWAY_CALLS_CART = [{ caller: 0, callee: 1 }];

test('a symptom of the caller counts as far as it exceeds its worst callee', () => {
  const rows = scores({ 'trace-errors': 6 }, { 'log-next': 3 });
  const callee = 9 / 4;
  expect(fuse(rows, GATEWAY_CALLS_CART).entity[0]).toBeCloseTo(36 / 7 - callee, 6);
  expect(fuse(rows, GATEWAY_CALLS_CART).entity[1]).toBeCloseTo(callee, 6);
  const weaker = fuse(scores({ 'trace-errors': 3 }, { 'log-next': 6 }), GATEWAY_CALLS_CART);
  expect(rankEntities(weaker.entity)).toEqual([1, 0]);
  expect(weaker.entity[0]).toBeCloseTo((1e-3 * 9) / 4, 9);
});

test('resources of the caller are no symptom, and neither is the way to its callee', () => {
  for (const family of ['metric-cpu', 'trace-gap'] as const) {
    const rows = scores({ [family]: 3 }, { 'log-next': 6 });
    expect(fuse(rows, GATEWAY_CALLS_CART).entity[0]).toBeCloseTo(9 / 4, 6);
  }
});

test('a callee is not explained by its caller, nor an entity by itself', () => {
  const rows = scores({ 'trace-errors': 6 }, { 'log-next': 3 });
  expect(fuse(rows, [{ caller: 1, callee: 0 }]).entity[0]).toBeCloseTo(36 / 7, 6);
  expect(fuse(rows, [{ caller: 0, callee: 0 }]).entity[0]).toBeCloseTo(36 / 7, 6);
});

test('ties keep their order', () => {
  expect(rankEntities(fuse(scores({}, { 'log-next': 2 }, {}, { 'log-next': 2 }), []).entity)).toEqual([1, 3, 0, 2]);
});

test('shares of modalities sum to 1, or are 0 when nothing contributes', () => {
  const fused = fuse(scores({ 'trace-errors': 3, 'log-next': 3 }, {}), []);
  expect(modalityShares(fused, 0)).toEqual({ log: 0.5, trace: 0.5, metric: 0 });
  expect(modalityShares(fused, 1)).toEqual({ log: 0, trace: 0, metric: 0 });
});

test('every family has words for both directions', () => {
  for (const { id } of FEATURE_FAMILIES) expect(toPhrase(id, 1).length * toPhrase(id, -1).length).toBeGreaterThan(0);
  expect([toPhrase('metric-cpu', 2), toPhrase('metric-cpu', -2)]).toEqual(['CPU up', 'CPU down']);
});
