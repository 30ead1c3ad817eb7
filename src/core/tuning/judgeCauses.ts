/** The root cause, tuned on failures whose service is named. */
import { toInterval, type Interval } from '../evaluation/interval.js';
import { strictRank } from '../evaluation/ranking.js';
import { rootCauseProbabilities } from '../heads/headWeights.js';
import { toMembership } from '../heads/stateSpace.js';
import { rescoreCauses } from '../heads/tunedHeads.js';
import { NORMAL, type LabelledIncident } from './examples.js';
import {
  APART,
  chooseScale,
  countOccasions,
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

export async function judgeCauses(all: readonly LabelledIncident[], options: JudgingOptions): Promise<Judgement> {
  const named = all.filter(({ cause, type }) => cause !== null && type !== NORMAL);
  const occasions = countOccasions(named);
  if (occasions < MIN_INCIDENTS) {
    return {
      reason: `Root causes need at least ${MIN_INCIDENTS} ranges labelled with a service that is in the run${APART}; there are ${occasions}.`,
    };
  }
  const { space, defaults } = options;
  const answers = await leaveOut(
    'root-cause',
    named,
    options,
    (training) => toCauseSet(training, space, defaults),
    (weights, { cause, entities }) => {
      if (cause === null) {
        return { rank: Infinity, target: [], first: [] };
      }
      const membership = toMembership(space, entities, cause.contributions);
      const rescore = (scale: number): Float64Array =>
        rescoreCauses(sharpen(weights, scale), cause.scores, cause.rows, membership, defaults.rootCause.sharpness);
      const probabilities = SCALES.map((scale) => rootCauseProbabilities(defaults, rescore(scale)));
      return {
        rank: strictRank(rescore(1), cause.target),
        target: probabilities.map((p) => p[cause.target] ?? 0),
        first: probabilities.map((p) => Math.max(0, ...p)),
      };
    },
  );
  const scale = chooseScale(answers.map(({ target }) => target));
  const firstPlaces = (rank: (incident: LabelledIncident, i: number) => number): Interval => {
    const isFirst = named.map((incident, i) => rank(incident, i) <= 1);
    return toInterval(named.length, (units) => units.filter((unit) => isFirst[unit] === true).length / units.length);
  };
  const place = SCALES.indexOf(scale);
  return {
    losses: answers.map(({ target }) => logLoss(target[place] ?? 0)),
    finish: async (progress) => {
      const { weights, losses } = await trainFinal('root-cause', toCauseSet(named, space, defaults), options, progress);
      return { weights: { rootCause: sharpen(weights, scale) }, losses };
    },
    scores: {
      head: 'root-cause',
      measure: 'AC@1',
      incidents: named.length,
      tuned: firstPlaces((_, i) => answers[i]?.rank ?? Infinity),
      current: firstPlaces(({ cause }) => (cause === null ? Infinity : strictRank(cause.scores, cause.target))),
      baseline: {
        name: 'the service labelled most often',
        ...firstPlaces((incident) => strictRank(countLabelled(named, incident), incident.cause?.target ?? -1)),
      },
      heldOut: answers.map(({ rank, first }) => ({ p: first[place] ?? 0, isSo: rank <= 1 })),
    },
  };
}

/** [E] how often each service of the incident's run is the labelled one of the other incidents. */
function countLabelled(incidents: readonly LabelledIncident[], incident: LabelledIncident): Float64Array {
  return Float64Array.from(
    incident.entities,
    (entity) => incidents.filter((other) => other !== incident && other.entity === entity).length,
  );
}
