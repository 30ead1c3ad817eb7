/** Why the second most likely cause comes second, in words. */
import { FAMILY_COUNT, FEATURE_FAMILIES } from '../features/families.js';
import { formatNumber } from '../format.js';
import type { FusedScores } from '../heads/fusion.js';
import { toPhrase } from '../heads/phrases.js';

export interface RunnerUp {
  readonly entity: number;
  readonly text: string;
}

/** Scores closer than this are called alike. */
const ALIKE = 1.15;
/** Beyond this a ratio says how sharp the head is, not how much speaks for a cause. */
const MOST_TIMES = 100;
/** About as much as labels make of a service that was never named and one that always was: beyond it they decide nothing. */
const MOST_BY_LABELS = 15;

/**
 * @param order entities by falling score
 * @param scores [E] as ranked
 * @param signed [E, FAMILY_COUNT] below 0 where below usual
 * @param timesLabelled how often labels that the ranking counts name a service as the cause
 * @returns undefined where nothing but the first cause scores
 */
export function explainRunnerUp(
  entities: readonly string[],
  fused: FusedScores,
  order: readonly number[],
  scores: Float64Array,
  signed: Float32Array,
  timesLabelled: (service: string) => number = () => 0,
): RunnerUp | undefined {
  const found = explainBySigns(entities, fused, order, scores, signed);
  const [first = '', second = ''] = order.map((entity) => entities[entity] ?? '');
  const [ofFirst, ofSecond] = [timesLabelled(first), timesLabelled(second)];
  const ratio = (scores[order[0] ?? -1] ?? 0) / (scores[order[1] ?? -1] ?? 0);
  if (found === undefined || ofFirst <= ofSecond || ratio > MOST_BY_LABELS) {
    return found;
  }
  return {
    ...found,
    text: `${found.text} Your labels name ${first} as a cause ${toTimes(ofFirst)} and ${second} ${toTimes(ofSecond)}: that counts too.`,
  };
}

function toTimes(count: number): string {
  return count === 0 ? 'never' : count === 1 ? 'once' : `${count} times`;
}

function explainBySigns(
  entities: readonly string[],
  fused: FusedScores,
  order: readonly number[],
  scores: Float64Array,
  signed: Float32Array,
): RunnerUp | undefined {
  const [first = -1, second = -1] = order;
  const [best, next] = [scores[first] ?? 0, scores[second] ?? 0];
  if (second < 0 || next <= 0) {
    return undefined;
  }
  const [firstName, name] = [entities[first] ?? 'the first', entities[second] ?? ''];
  const { callee, before } = fused.explained;
  const explainedBy = callee[second] ?? -1;
  if (
    explainedBy >= 0 &&
    (before[second] ?? 0) * ALIKE >= (before[first] ?? 0) &&
    (fused.entity[second] ?? 0) < (before[second] ?? 0) / 2
  ) {
    const known = explainedBy === first ? firstName : (entities[explainedBy] ?? 'a service');
    return { entity: second, text: `${name} is as unusual, but shows little that ${known}, which it calls, does not explain.` };
  }
  if ((fused.entity[second] ?? 0) >= (fused.entity[first] ?? 0)) {
    return {
      entity: second,
      text: `${name} deviates as much in this range; before and after it, and in the pattern of its telemetry, ${firstName} is more like a cause.`,
    };
  }
  const sign = strongestSign(fused.contributions, second, signed);
  const ratio = best / next;
  // Two digits: a ratio of two estimates.
  const times = ratio > MOST_TIMES ? `more than ${MOST_TIMES}` : formatNumber(Number(ratio.toPrecision(2)));
  const much = ratio < ALIKE ? 'only just less' : `${times} times less`;
  return { entity: second, text: `${name}: its strongest sign, ${sign}, weighs ${much} than what speaks for ${firstName}.` };
}

function strongestSign(contributions: Float64Array, entity: number, signed: Float32Array): string {
  const row = entity * FAMILY_COUNT;
  let strongest = 0;
  FEATURE_FAMILIES.forEach((_, family) => {
    if ((contributions[row + family] ?? 0) > (contributions[row + strongest] ?? 0)) {
      strongest = family;
    }
  });
  return toPhrase(FEATURE_FAMILIES[strongest]?.id ?? 'metric-other', signed[row + strongest] ?? 0);
}
