/** The root cause, tuned on failures whose service is named. */
import { toInterval, type Interval } from '../evaluation/interval.js';
import { strictRank } from '../evaluation/ranking.js';
import { rootCauseProbabilities } from '../heads/headWeights.js';
import { toMembership } from '../heads/stateSpace.js';
import { rescoreCauses } from '../heads/tunedHeads.js';
import { NORMAL, type LabelledIncident } from './examples.js';
import { APART, countOccasions, foldsOf, leaveOut, trainFinal, type Outcome, type TuningOptions } from './leaveOut.js';
import { toCauseSet } from './trainableHeads.js';

/** Fewer incidents than this say nothing when one is left out. */
const MIN_INCIDENTS = 4;

export async function tuneCauses(all: readonly LabelledIncident[], options: TuningOptions): Promise<Outcome> {
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
        return { rank: Infinity, p: 0 };
      }
      const membership = toMembership(space, entities, cause.contributions);
      const scores = rescoreCauses(weights, cause.scores, cause.rows, membership, defaults.rootCause.sharpness);
      return { rank: strictRank(scores, cause.target), p: Math.max(0, ...rootCauseProbabilities(defaults, scores)) };
    },
  );
  const first = (rank: (incident: LabelledIncident, i: number) => number): Interval => {
    const isFirst = named.map((incident, i) => rank(incident, i) <= 1);
    return toInterval(named.length, (units) => units.filter((unit) => isFirst[unit] === true).length / units.length);
  };
  const final = await trainFinal('root-cause', toCauseSet(named, space, defaults), foldsOf(named), options);
  return {
    weights: { rootCause: final.weights },
    scores: {
      head: 'root-cause',
      measure: 'AC@1',
      incidents: named.length,
      tuned: first((_, i) => answers[i]?.rank ?? Infinity),
      current: first(({ cause }) => (cause === null ? Infinity : strictRank(cause.scores, cause.target))),
      baseline: {
        name: 'the service labelled most often',
        ...first((incident) => strictRank(countLabelled(named, incident), incident.cause?.target ?? -1)),
      },
      lossCurve: final.losses,
      heldOut: answers.map(({ rank, p }) => ({ p, isSo: rank <= 1 })),
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
