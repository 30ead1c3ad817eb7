import { describe, expect, it } from 'vitest';
import { FAMILY_COUNT } from '../../../../src/core/features/families.js';
import { logCausePrior, timesLabelled, toCausePrior } from '../../../../src/core/heads/causePrior.js';
import { TYPE_FEATURES } from '../../../../src/core/heads/headFeatures.js';
import { LEAST_LOG_PROBABILITY } from '../../../../src/core/heads/headWeights.js';
import { toStateOdds } from '../../../../src/core/heads/stateOdds.js';
import { weightsIn, type ConditionedWeights } from '../../../../src/core/heads/conditionedWeights.js';
import {
  CAUSE_FEATURES,
  detectionLogit,
  detectTuned,
  rescoreCauses,
  toCauseRows,
  toDetectionRow,
} from '../../../../src/core/heads/tunedHeads.js';
import {
  answersOf,
  noveltyOf,
  takenForEach,
  toTypeHints,
  toTypeRow,
  typeProbabilitiesTuned,
  type TunedTypes,
} from '../../../../src/core/heads/tunedTypes.js';
import { defaults } from '../tuning/tuningBuilders.js';

const NO_STATES = new Float32Array(0);
const NO_ODDS = toStateOdds([], 0);
const NO_PRIOR = toCausePrior([], 0);

/** Weights that no state changes. */
function createWeights(rows: number, base: readonly number[]): ConditionedWeights {
  return {
    rows,
    features: base.length / rows,
    rank: 1,
    base: Float32Array.from(base),
    mix: new Float32Array(0),
    basis: new Float32Array(base.length),
  };
}

describe('weights of a slice', () => {
  const weights: ConditionedWeights = {
    rows: 1,
    features: 2,
    rank: 2,
    base: Float32Array.of(1, 2),
    mix: Float32Array.of(1, 0, 0.5, 2),
    basis: Float32Array.of(10, 0, 0, 100),
  };

  it('are the base where it belongs to no state', () => {
    expect([...weightsIn(weights, Float32Array.of(0, 0))]).toEqual([1, 2]);
    expect([...weightsIn({ ...weights, mix: NO_STATES }, NO_STATES)]).toEqual([1, 2]);
  });

  it('gain by each state as much as it belongs to it', () => {
    expect([...weightsIn(weights, Float32Array.of(1, 0))]).toEqual([11, 2]);
    expect([...weightsIn(weights, Float32Array.of(0, 1))]).toEqual([6, 202]);
    expect([...weightsIn(weights, Float32Array.of(0.5, 0.5))]).toEqual([1 + 10 * 0.75, 2 + 100]);
  });

  it('leave the heads as they are', () => {
    const before = weights.base.slice();
    weightsIn(weights, Float32Array.of(1, 1));
    expect(weights.base).toEqual(before);
  });

  it('detect by what the default head says, the features and the bias', () => {
    const row = toDetectionRow(-3, Float64Array.of(0.5), Float32Array.of(0, 0));
    expect([...row]).toEqual([-3, 0.5, 1, 0, 0]);
    expect(detectTuned({ weights: createWeights(1, [0, 2, -1, 0, 0]), odds: NO_ODDS }, row, NO_STATES)).toBe(0.5);
    expect(detectionLogit({ weights: createWeights(1, [1, 2, -1, 0, 0]), odds: NO_ODDS }, row, NO_STATES)).toBe(-3);
    const ofStates = { weights, odds: toStateOdds([], 2) };
    expect(detectTuned(ofStates, row.subarray(1, 3), Float32Array.of(0, 1))).toBeCloseTo(1 / (1 + Math.exp(-205)), 12);
  });

  it('detect by the direction of what the type head reads, however long', () => {
    const head = { weights: createWeights(1, [0, 0, 0, 1, 0]), odds: NO_ODDS };
    const logitOf = (...typeRow: number[]): number =>
      detectionLogit(head, toDetectionRow(8, Float64Array.of(9), Float32Array.from(typeRow)), NO_STATES);
    expect(logitOf(1, 0)).toBeGreaterThan(1);
    expect(logitOf(0.1, 0)).toBeCloseTo(logitOf(1, 0), 6);
    expect(logitOf(0, 1)).toBe(0);
    expect(logitOf(0, 0)).toBe(0);
  });

  it('detect less where what looks so was labelled normal, and more where it was labelled as failing', () => {
    const labelled = [
      { membership: Float32Array.of(0.9, 0), isFailing: false },
      { membership: Float32Array.of(0.9, 0), isFailing: false },
      { membership: Float32Array.of(0, 0.8), isFailing: true },
    ];
    const head = { weights: createWeights(1, [0, 0]), odds: toStateOdds(labelled, 2) };
    const logitIn = (...membership: number[]): number => detectionLogit(head, Float32Array.of(1, 1), Float32Array.from(membership));
    expect(logitIn(1, 0)).toBeCloseTo(-Math.log(2.8), 6);
    expect(logitIn(0, 1)).toBeCloseTo(Math.log(1.8), 6);
    expect(logitIn(0.1, 0)).toBeGreaterThan(logitIn(1, 0));
    expect(logitIn(0, 0)).toBe(0);
  });
});

describe('types', () => {
  const features = Float64Array.from(TYPE_FEATURES, (_, i) => (i === 0 ? 3 : 0));
  const row = toTypeRow(features, Float32Array.of(0, 9));
  const head = (change: Partial<TunedTypes> = {}): TunedTypes => ({
    types: ['cpu', 'leak'],
    weights: createWeights(2, [...Array.from(row, (value) => value * 5), 1, ...Array.from(row, () => 0), 1]),
    prototypes: Float32Array.of(...row, ...row.map(() => 0)),
    novelBelow: 0.5,
    profiles: { takenFor: ['cpu', 'exception'], rows: Float32Array.of(1, 0, 0.5, 0.5) },
    unlabelled: { types: [], logits: new Float32Array(0), hintWeight: 1 },
    trust: 0,
    sharpness: 1,
    ...change,
  });

  const typesOf = (of: TunedTypes, byDefault: readonly number[], familiarity = 0): Float64Array =>
    typeProbabilitiesTuned(of, defaults, { row, byDefault: Float64Array.from(byDefault), familiarity, membership: NO_STATES });

  it('are read from features and, as much, from the embedding, whatever their lengths', () => {
    expect(Math.hypot(...row)).toBeCloseTo(1, 6);
    expect(row.at(-1)).toBeCloseTo(row[0] ?? 0, 6);
    expect(row[0]).toBeCloseTo(Math.SQRT1_2, 6);
    expect(
      toTypeRow(
        features.map((value) => value * 7),
        Float32Array.of(0, 1),
      ),
    ).toEqual(row);
    expect(toTypeRow(new Float64Array(TYPE_FEATURES.length), new Float32Array(2)).every((value) => value === 0)).toBe(true);
  });

  it('have hints of the default head where it knows them, bounded, and none where it does not', () => {
    const profiles = { takenFor: ['exception', 'cpu'], rows: Float32Array.of(0.5, 0.5, 1, 0, 0, 1, 0.75, 0.25) };
    const hint = (...probabilities: number[]): number[] => [
      ...toTypeHints(takenForEach(profiles, defaults, Float64Array.from(probabilities)), profiles),
    ];
    const near = (...hints: number[]): unknown[] => hints.map((each): unknown => expect.closeTo(each, 6));
    // The default head knows `cpu` and `exception`, in this order.
    expect(hint(0.25, 0.75)).toEqual(near(0, Math.log(1.5), Math.log(0.5), Math.log(2 * (0.75 * 0.75 + 0.25 * 0.25))));
    expect(hint(0, 1)).toEqual(near(0, Math.log(2), -3, Math.log(1.5)));
    expect(hint()).toEqual([-3, -3, -3, -3]);
    const foreign = { takenFor: ['of another version'], rows: Float32Array.of(1) };
    expect([...toTypeHints(takenForEach(foreign, defaults, Float64Array.of(0.5, 0.5)), foreign)]).toEqual([-3]);
  });

  it('have probabilities with that of none of them, sum 1', () => {
    const probabilities = typesOf(head(), [0.5, 0.5]);
    expect(probabilities).toHaveLength(3);
    expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
    expect(probabilities[0]).toBeGreaterThan(0.99);
    // The default head knows `cpu` and says 1/e of a guess of it: heard as far as pretraining knows the state.
    for (const familiarity of [0, 0.5, 1]) {
      const hinted = typesOf(head(), [0.5 / Math.E, 1 - 0.5 / Math.E], familiarity);
      expect(Math.log((hinted[0] ?? 0) / (hinted[1] ?? 1))).toBeCloseTo(5 - familiarity, 4);
    }
  });

  const withException = { takenFor: ['cpu', 'exception'], rows: Float32Array.of(1, 0, 0.5, 0.5, 0, 1) };
  it('that nobody labelled are possible by what the default head says, as far as pretraining knows the state', () => {
    const open = head({ profiles: withException, unlabelled: { types: ['exception'], logits: Float32Array.of(5), hintWeight: 1 } });
    expect(answersOf(open)).toEqual(['cpu', 'leak', 'exception']);
    const oddsOf = (byDefault: readonly number[], familiarity: number): number => {
      const probabilities = typesOf(open, byDefault, familiarity);
      expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
      return (probabilities[2] ?? 0) / (probabilities[0] ?? 1);
    };
    expect(oddsOf([0.5, 0.5], 1)).toBeCloseTo(1, 2);
    expect(oddsOf([0.5, 0.5], 0.25)).toBeCloseTo(0.25, 3);
    expect(oddsOf([0.1, 0.9], 1)).toBeCloseTo(9, 1);
    expect(oddsOf([0.1, 0.9], 0)).toBeLessThan(1e-4);
  });

  it('that nobody labelled are no less likely for being like none of the labelled ones', () => {
    const open = head({
      novelBelow: 1.5,
      profiles: withException,
      unlabelled: { types: ['exception'], logits: Float32Array.of(5), hintWeight: 1 },
    });
    const [cpu = 1, , exception = 0, unknown = 0] = typesOf(open, [0.5, 0.5], 1);
    expect(exception).toBeCloseTo(0.5, 2);
    expect(cpu).toBeLessThan(1e-4);
    expect(unknown).toBeCloseTo(0.5, 2);
  });

  it('follow the default head as far as it is trusted and pretraining knows the state', () => {
    const leakOf = (trust: number, familiarity: number, byDefault = [0, 1]): number =>
      typesOf(head({ trust }), byDefault, familiarity)[1] ?? 0;
    // It takes the failure for an exception, which half of the leaks are taken for and no other type is.
    expect(leakOf(0, 1)).toBeLessThan(0.2);
    expect(leakOf(1, 1)).toBeCloseTo(1, 3);
    expect(leakOf(0.5, 1) - leakOf(0, 1)).toBeCloseTo((1 - leakOf(0, 1)) / 2, 3);
    expect(leakOf(1, 0.5) - leakOf(0, 0.5)).toBeCloseTo((1 - leakOf(0, 0.5)) / 2, 3);
    expect(leakOf(1, 0)).toBeCloseTo(leakOf(0, 0), 12);
    // It says nothing.
    expect(leakOf(1, 1, [0, 0])).toBeCloseTo(leakOf(0, 1, [0, 0]), 12);
  });

  it('are as sure as their sharpness makes them, and as likely to be unknown', () => {
    const oddsAt = (sharpness: number): number => {
      const probabilities = typesOf(head({ sharpness, novelBelow: 1 }), [0.5, 0.5]);
      expect(probabilities[2]).toBeCloseTo(0.5, 4);
      return (probabilities[0] ?? 0) / (probabilities[1] ?? 1);
    };
    expect(oddsAt(2)).toBeCloseTo(oddsAt(1) ** 2, 0);
    expect(oddsAt(0.5)).toBeCloseTo(Math.sqrt(oddsAt(1)), 4);
    expect(
      typesOf(head({ sharpness: 1e6, weights: createWeights(2, new Array<number>(2 * (row.length + 1)).fill(0)) }), [0.5, 0.5])[0],
    ).toBeCloseTo(0.5, 4);
  });

  it('do not leave the range of numbers', () => {
    const sure = head({ weights: createWeights(2, [...Array.from(row, () => 1e4), 0, ...Array.from(row, () => -1e4), 0]) });
    const probabilities = typesOf(sure, [0.5, 0.5]);
    expect(probabilities[0]).toBeCloseTo(1, 4);
    expect(probabilities[1]).toBe(0);
  });

  it('are unknown as likely as not at the threshold, and surely so far from all prototypes', () => {
    expect(noveltyOf(head({ novelBelow: 1 }), row)).toBeCloseTo(0.5, 4);
    expect(noveltyOf(head(), row)).toBeLessThan(1e-4);
    expect(
      noveltyOf(
        head(),
        row.map(() => 0),
      ),
    ).toBeGreaterThan(0.9999);
  });
});

describe('causes', () => {
  const scores = Float64Array.of(3, 0.02, 0, 1e-5);
  const contributions = Float64Array.from({ length: 4 * FAMILY_COUNT }, (_, i) => (i === FAMILY_COUNT ? 8 : 0));
  const rows = toCauseRows(scores, Float64Array.of(-1, -30, 0, -2), contributions);
  const anchor = createWeights(
    1,
    CAUSE_FEATURES.map((name) => (name === 'log.score' ? 2.5 : 0)),
  );

  it('are read from the score, the embeddings and the contributions, on log scales', () => {
    expect(rows).toHaveLength(4 * CAUSE_FEATURES.length);
    expect(rows[0]).toBeCloseTo(Math.log(3), 6);
    expect(rows[CAUSE_FEATURES.length + 1]).toBeCloseTo(-30 / -LEAST_LOG_PROBABILITY, 6);
    expect(rows[CAUSE_FEATURES.length + 2]).toBeCloseTo(Math.log(9), 6);
    expect(rows.every(Number.isFinite)).toBe(true);
  });

  const range = { entities: ['a', 'b', 'c', 'd'], scores, rows, membership: NO_STATES };

  it('keep their scores with the weights that training starts from', () => {
    const rescored = rescoreCauses({ weights: anchor, prior: NO_PRIOR }, range, 2.5);
    scores.forEach((score, entity) => {
      expect(rescored[entity]).toBeCloseTo(score, 5);
    });
    expect(rescored[2]).toBe(0);
  });

  it('gain by what a head adds, but never from nothing', () => {
    const weights = { ...anchor, base: anchor.base.map((value, f) => (f === 2 ? 2.5 * 3 : value)) };
    const rescored = rescoreCauses({ weights, prior: NO_PRIOR }, range, 2.5);
    expect(rescored[1]).toBeCloseTo(0.02 * 9 ** 3, 3);
    expect([rescored[0], rescored[2]]).toEqual([expect.closeTo(3, 5), 0]);
  });

  it('that were labelled before gain, those that never were lose, and nothing becomes one that shows nothing', () => {
    const prior = toCausePrior(['b', 'b', 'c', 'gone'], 1);
    expect(prior).toEqual({ services: ['b', 'c', 'gone'], counts: Float32Array.of(2, 1, 1), weight: 1 });
    // Four labels and three guesses among four entities.
    const [a = 0, b = 0] = logCausePrior(prior, range.entities);
    expect([Math.exp(a), Math.exp(b)]).toEqual([expect.closeTo(3 / 7, 9), expect.closeTo(11 / 7, 9)]);
    const rescored = rescoreCauses({ weights: anchor, prior }, range, 2.5);
    expect(rescored[0]).toBeCloseTo(3 * Math.exp(a / 2.5), 5);
    expect(rescored[1]).toBeCloseTo(0.02 * Math.exp(b / 2.5), 5);
    expect(rescored[2]).toBe(0);
    expect(rescoreCauses({ weights: anchor, prior: { ...prior, weight: 0 } }, range, 2.5)[1]).toBeCloseTo(0.02, 6);
    expect([...logCausePrior(toCausePrior([], 1), ['a', 'b'])]).toEqual([0, 0]);
    expect(['b', 'a'].map((service) => timesLabelled(prior, service))).toEqual([2, 0]);
    expect(timesLabelled({ ...prior, weight: 0 }, 'b')).toBe(0);
  });
});
