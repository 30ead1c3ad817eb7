/**
 * How much of a score rests on which evidence: what is left of it when the evidence is taken away. Removing goes through the same features
 * and the same head as scoring, so that the first evidence is what moved the head most. Letters: E entities.
 */
import type { TelemetryBins } from '../aggregate/telemetryBins.js';
import { FAMILY_COUNT } from '../features/families.js';
import { PartScoreCollector, toSignedFamilyScores, type Calibration } from '../features/familyScores.js';
import type { Observation } from '../features/windowScan.js';
import { getOrAdd } from '../math/getOrAdd.js';

/** The observations of one range, of which some can be left out. */
export class ObservedRange {
  private readonly bins: TelemetryBins;
  private readonly calibration: Calibration;
  readonly observations: readonly Observation[];
  private readonly byEntity = new Map<number, number[]>();
  /** [E, FAMILY_COUNT] with nothing left out: below 0 where below usual, and their absolute values. */
  readonly signedScores: Float32Array;
  readonly familyScores: Float32Array;

  /** @param observations of one range, all of window 0 */
  constructor(bins: TelemetryBins, calibration: Calibration, observations: readonly Observation[]) {
    this.bins = bins;
    this.calibration = calibration;
    this.observations = observations;
    observations.forEach((observation, index) => {
      for (const entity of this.touched(observation)) {
        getOrAdd(this.byEntity, entity, () => [] as number[]).push(index);
      }
    });
    this.signedScores = this.score(observations);
    this.familyScores = this.signedScores.map(Math.abs);
  }

  /** How many observations there are. */
  get size(): number {
    return this.observations.length;
  }

  /** [E, FAMILY_COUNT] as if these had not been observed. */
  without(removed: ReadonlySet<number>): Float32Array {
    const scores = this.familyScores.slice();
    const affected = new Set([...removed].flatMap((index) => this.touched(this.observations[index])));
    for (const entity of affected) {
      const left = (this.byEntity.get(entity) ?? [])
        .filter((index) => !removed.has(index))
        .flatMap((index) => this.observations[index] ?? []);
      const row = entity * FAMILY_COUNT;
      scores.set(
        this.score(left)
          .subarray(row, row + FAMILY_COUNT)
          .map(Math.abs),
        row,
      );
    }
    return scores;
  }

  private score(observations: readonly Observation[]): Float32Array {
    const parts = new PartScoreCollector(this.bins, 1);
    for (const observation of observations) {
      parts.add(observation);
    }
    return toSignedFamilyScores(parts.finish(), 0, this.calibration);
  }

  /** Entities whose scores an observation may raise. */
  private touched(observation: Observation | undefined): number[] {
    if (observation === undefined) {
      return [];
    }
    const { rateKeys, momentKeys, seriesKeys } = this.bins;
    const { key } = observation;
    const [own, other] = {
      rate: [rateKeys[key]?.entity, rateKeys[key]?.alsoBlames],
      moment: [momentKeys[key]?.entity, momentKeys[key]?.part === 'gap' ? momentKeys[key].peer : -1],
      series: [seriesKeys[key]?.entity, seriesKeys[key]?.alsoBlames],
    }[observation.kind];
    return [own ?? -1, other ?? -1].filter((entity) => entity >= 0);
  }
}

export interface Attribution {
  /** Index of the observation. */
  readonly observation: number;
  /** Share of what all candidates carry that is this one's: its Shapley value among the kept ones; >= 0, sum at most 1. */
  readonly share: number;
}

/** Evidence that is told apart: 2 ** 6 subsets. What is further down is too weak for its order to matter. */
const MAX_KEPT = 6;

/**
 * What a score rests on, largest share first. Kept are those whose removal, one after the other, lowers the score most; how much of the
 * fall is whose is their Shapley value, because scores take maxima: of two equal pieces of evidence neither is missed alone.
 * @param candidates indices of observations
 * @param toScore of family scores [E, FAMILY_COUNT]
 */
export function attribute(
  range: ObservedRange,
  candidates: readonly number[],
  toScore: (familyScores: Float32Array) => number,
): Attribution[] {
  const scoreWithout = (removed: readonly number[]): number => toScore(range.without(new Set(removed)));
  const whole = toScore(range.familyScores);
  const carried = whole - scoreWithout(candidates);
  const kept: number[] = [];
  let score = whole;
  while (kept.length < MAX_KEPT && score - (whole - carried) > carried * 1e-3) {
    const next = candidates
      .filter((candidate) => !kept.includes(candidate))
      .map((candidate) => ({ candidate, left: scoreWithout([...kept, candidate]) }))
      .reduce<{ candidate: number; left: number } | undefined>(
        (least, one) => (least === undefined || one.left < least.left ? one : least),
        undefined,
      );
    if (next === undefined) {
      break;
    }
    kept.push(next.candidate);
    score = Math.min(score, next.left);
  }
  const shares = toShapley(kept.length, (members) => whole - scoreWithout(members.map((member) => kept[member] ?? -1)));
  return kept.map((observation, i) => ({ observation, share: Math.max(0, (shares[i] ?? 0) / carried) })).sort((a, b) => b.share - a.share);
}

/**
 * [n] Shapley values, exactly: the mean of what each player adds over all orders.
 * @param worth of a coalition, 0 for the empty one
 */
function toShapley(n: number, worth: (members: readonly number[]) => number): Float64Array {
  const worths = Float64Array.from({ length: 2 ** n }, (_, set) =>
    worth(Array.from({ length: n }, (__, i) => i).filter((i) => (set >> i) & 1)),
  );
  const factorial = (k: number): number => (k <= 1 ? 1 : k * factorial(k - 1));
  return Float64Array.from({ length: n }, (_, player) =>
    worths.reduce((sum, value, set) => {
      if (((set >> player) & 1) === 1) {
        return sum;
      }
      const size = set.toString(2).replaceAll('0', '').length;
      const weight = (factorial(size) * factorial(n - size - 1)) / factorial(n);
      return sum + weight * ((worths[set | (1 << player)] ?? 0) - value);
    }, 0),
  );
}
