/** The root cause, tuned on failures whose service is named. */
import { toInterval, type Interval } from '../evaluation/interval.js';
import { strictRank } from '../evaluation/ranking.js';
import { rootCauseProbabilities } from '../heads/headWeights.js';
import { toCausePrior, type CausePrior } from '../heads/causePrior.js';
import { toMembership } from '../heads/stateSpace.js';
import type { ConditionedWeights } from '../heads/conditionedWeights.js';
import { rescoreCauses, type TunedCauses } from '../heads/tunedHeads.js';
import { NORMAL, type LabelledIncident } from './examples.js';
import {
  APART,
  chooseScale,
  countOccasions,
  isLikelier,
  leaveOut,
  logLoss,
  SCALES,
  trainFinal,
  type JudgingOptions,
  type Judgement,
} from './leaveOut.js';
import { sharpen, toCauseSet } from './trainableHeads.js';

/** Fewer incidents than this say nothing when one is left out. */
const MIN_INCIDENTS = 4;
/** What how often a service was labelled may count, tried on left-out incidents. */
const PRIOR_WEIGHTS = [0, 0.5];

interface Choice {
  readonly scale: number;
  /** One of PRIOR_WEIGHTS. */
  readonly ofPrior: number;
}

export async function judgeCauses(all: readonly LabelledIncident[], options: JudgingOptions): Promise<Judgement> {
  const named = all.filter(({ cause, type }) => cause !== null && type !== NORMAL);
  const occasions = countOccasions(named);
  if (occasions < MIN_INCIDENTS) {
    return {
      reason: `Root causes need at least ${MIN_INCIDENTS} ranges labelled with a service that is in the run${APART}; there are ${occasions}.`,
    };
  }
  const { space, defaults } = options;
  const toCauses = (training: readonly LabelledIncident[], weights: ConditionedWeights, { scale, ofPrior }: Choice): TunedCauses => ({
    weights: sharpen(weights, scale),
    prior: toPrior(training, scale * ofPrior),
  });
  const answers = await leaveOut(
    'root-cause',
    named,
    options,
    (training) => toCauseSet(training, space, defaults),
    (weights, training) => {
      const heads = PRIOR_WEIGHTS.map((ofPrior) => SCALES.map((scale) => toCauses(training, weights, { scale, ofPrior })));
      return (incident) => heads.map((byScale) => byScale.map((head) => rankIncident(head, incident, options)));
    },
  );
  const choices = PRIOR_WEIGHTS.map((ofPrior, i) => {
    const scale = chooseScale(answers.map((byPrior) => (byPrior[i] ?? []).map(({ target }) => target)));
    const place = SCALES.indexOf(scale);
    const chosen = answers.map((byPrior) => byPrior[i]?.[place] ?? NO_ANSWER);
    return { scale, ofPrior, answers: chosen, losses: chosen.map(({ target }) => logLoss(target)) };
  });
  const choice = choices.reduce((best, each) => (isLikelier(best.losses, each.losses) ? each : best));
  const firstPlaces = (rank: (incident: LabelledIncident, i: number) => number): Interval => {
    const isFirst = named.map((incident, i) => rank(incident, i) <= 1);
    return toInterval(named.length, (units) => units.filter((unit) => isFirst[unit] === true).length / units.length);
  };
  return {
    losses: choice.losses,
    finish: async (progress) => {
      const { weights, losses } = await trainFinal('root-cause', toCauseSet(named, space, defaults), options, progress);
      return { weights: { rootCause: toCauses(named, weights, choice) }, losses };
    },
    scores: {
      head: 'root-cause',
      measure: 'AC@1',
      incidents: named.length,
      tuned: firstPlaces((_, i) => choice.answers[i]?.rank ?? Infinity),
      current: firstPlaces(({ cause }) => (cause === null ? Infinity : strictRank(cause.scores, cause.target))),
      baseline: {
        name: 'the service labelled most often',
        ...firstPlaces((incident) => strictRank(countLabelled(named, incident), incident.cause?.target ?? -1)),
      },
      heldOut: choice.answers.map(({ rank, first }) => ({ p: first, isSo: rank <= 1 })),
    },
  };
}

export interface CauseAnswer {
  /** Of the labelled cause, from 1. */
  readonly rank: number;
  /** Probability of the labelled cause, and of the first one. */
  readonly target: number;
  readonly first: number;
}

const NO_ANSWER: CauseAnswer = { rank: Infinity, target: 0, first: 0 };

export function rankIncident(
  causes: TunedCauses,
  { cause, entities }: LabelledIncident,
  { space, defaults }: Pick<JudgingOptions, 'space' | 'defaults'>,
): CauseAnswer {
  if (cause === null) {
    return NO_ANSWER;
  }
  const membership = toMembership(space, entities, cause.contributions);
  const scores = rescoreCauses(causes, { ...cause, entities, membership }, defaults.rootCause.sharpness);
  const probabilities = rootCauseProbabilities(defaults, scores);
  return { rank: strictRank(scores, cause.target), target: probabilities[cause.target] ?? 0, first: Math.max(0, ...probabilities) };
}

function toPrior(incidents: readonly LabelledIncident[], weight: number): CausePrior {
  return toCausePrior(
    incidents.flatMap(({ cause, entities }) => entities[cause?.target ?? -1] ?? []),
    weight,
  );
}

/** [E] how often each service of the incident's run is the labelled one of the other incidents. */
function countLabelled(incidents: readonly LabelledIncident[], incident: LabelledIncident): Float64Array {
  return Float64Array.from(
    incident.entities,
    (entity) => incidents.filter((other) => other !== incident && other.entity === entity).length,
  );
}
