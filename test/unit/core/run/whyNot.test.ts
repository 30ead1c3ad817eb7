import { expect, test } from 'vitest';
import { FAMILY_COUNT, familyIndex, type FamilyId } from '../../../../src/core/features/families.js';
import { fuse, rankEntities } from '../../../../src/core/heads/fusion.js';
import { explainRunnerUp } from '../../../../src/core/run/whyNot.js';

const ENTITIES = ['payment', 'checkout', 'cart'];

function explain(
  rows: readonly Partial<Record<FamilyId, number>>[],
  calls: readonly (readonly [number, number])[],
  rescale: readonly number[] = [],
  labels: Readonly<Record<string, number>> = {},
) {
  const signed = new Float32Array(ENTITIES.length * FAMILY_COUNT);
  rows.forEach((row, entity) => {
    for (const [family, score] of Object.entries(row)) signed[entity * FAMILY_COUNT + familyIndex(family as FamilyId)] = score;
  });
  const fused = fuse(
    signed.map(Math.abs),
    calls.map(([caller, callee]) => ({ caller, callee })),
  );
  const scores = fused.entity.map((score, entity) => score * (rescale[entity] ?? 1));
  return explainRunnerUp(ENTITIES, fused, rankEntities(scores), scores, signed, (service) => labels[service] ?? 0);
}

test('a caller whose symptoms its callee explains', () => {
  const runnerUp = explain([{ 'trace-duration': 9 }, { 'trace-duration': 9 }, {}], [[1, 0]]);
  expect(runnerUp?.entity).toBe(1);
  expect(runnerUp?.text).toBe('checkout is as unusual, but shows little that payment, which it calls, does not explain.');
});

test('a weaker sign, with the ratio and the direction of the deviation', () => {
  const runnerUp = explain([{ 'log-template': 9 }, { 'trace-duration': -3 }, {}], []);
  expect(runnerUp?.text).toMatch(
    /^checkout: its strongest sign, operations that end early, weighs (?:\d\.\d|\d{1,2}) times less than what speaks for payment\.$/,
  );
});

test('a sign that hardly counts, without a figure that only says how sharp the head is', () => {
  const runnerUp = explain([{ 'log-template': 9 }, { 'trace-duration': 3 }, {}], [], [1, 1e-4, 1]);
  expect(runnerUp?.text).toContain(' weighs more than 100 times less than what speaks for payment.');
});

test('the range alone would say otherwise', () => {
  const runnerUp = explain([{ 'log-template': 5 }, { 'trace-duration': 6 }, {}], [], [2, 1, 1]);
  expect(runnerUp?.text).toContain('checkout deviates as much in this range');
  expect(runnerUp?.text).toContain('payment is more like a cause');
});

test('labels that name the first more often than the second count too, and only then are told', () => {
  const withLabels = (labels: Record<string, number>) =>
    explain([{ 'log-template': 5 }, { 'trace-duration': 6 }, {}], [], [2, 1, 1], labels)?.text;
  const without = withLabels({}) ?? expect.fail('no runner-up');
  expect(withLabels({ payment: 3 })).toBe(`${without} Your labels name payment as a cause 3 times and checkout never: that counts too.`);
  expect(withLabels({ payment: 2, checkout: 1 })).toMatch(/payment as a cause 2 times and checkout once: that counts too\.$/);
  expect([withLabels({ checkout: 4 }), withLabels({ payment: 1, checkout: 1 })]).toEqual([without, without]);
  expect(explain([{ 'log-template': 5 }, {}, {}], [], [], { payment: 3 })).toBeUndefined();
  const faraway = explain([{ 'log-template': 9 }, { 'trace-duration': 3 }, {}], [], [1, 1e-2, 1], { payment: 3 });
  expect(faraway?.text).not.toContain('Your labels');
});

test('nothing to say where only one service scores, or none', () => {
  expect(explain([{ 'log-template': 5 }, {}, {}], [])).toBeUndefined();
  expect(explain([{}, {}, {}], [])).toBeUndefined();
  expect(explainRunnerUp([], fuse(new Float32Array(0), []), [], new Float64Array(0), new Float32Array(0))).toBeUndefined();
});
