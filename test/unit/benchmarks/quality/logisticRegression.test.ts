import { expect, test } from 'vitest';
import { trainHead } from '../../../benchmarks/quality/head/logisticRegression.js';

const round = (values: Float64Array) => Array.from(values, (value) => Math.round(value * 1e3) / 1e3);

test('inputs that say nothing give the shares of the classes, and equal shares when balanced', () => {
  const rows = [[5], [5], [5], [5]];
  const labels = ['a', 'b', 'b', 'b'];
  expect(round(trainHead(rows, labels).probabilities([5]))).toEqual([0.25, 0.75]);
  expect(round(trainHead(rows, labels, { isBalanced: true }).probabilities([9]))).toEqual([0.5, 0.5]);
});

test('two mirrored points: the optimum of the regularised loss', () => {
  // Standardised to ±1; with weights ∓w the loss is log(1 + exp(−2w)) + w² / 2 (λ = 1/2 on two weights), least where 2 / (1 + exp(2w)) = w.
  let [low, high] = [0, 2];
  for (let i = 0; i < 60; i++) {
    const w = (low + high) / 2;
    [low, high] = 2 / (1 + Math.exp(2 * w)) > w ? [w, high] : [low, w];
  }
  const expected = 1 / (1 + Math.exp(-2 * low));
  const [, p] = trainHead([[10], [20]], ['left', 'right']).probabilities([20]);
  expect(p).toBeCloseTo(expected, 2);
});

test('three classes on a line are told apart', () => {
  const rows = [
    [0, 1],
    [1, 1],
    [10, 1],
    [11, 1],
    [0, 9],
    [1, 9],
  ];
  const labels = ['a', 'a', 'b', 'b', 'c', 'c'];
  const head = trainHead(rows, labels);
  const best = rows.map((row) => {
    const p = head.probabilities(row);
    return head.classes[p.indexOf(Math.max(...p))];
  });
  expect(best).toEqual(labels);
  expect(() => trainHead([], [])).toThrow('0 rows');
});
