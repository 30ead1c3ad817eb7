/** Detection, tuned on failures and on ranges that were labelled normal. */
import { meanOf } from '../evaluation/bootstrap.js';
import { toInterval, type Interval } from '../evaluation/interval.js';
import { auroc } from '../evaluation/ranking.js';
import { toLogit, toProbability } from '../heads/headWeights.js';
import { toStateOdds, type StateOdds } from '../heads/stateOdds.js';
import { toMembership, type StateSpace } from '../heads/stateSpace.js';
import { detectionLogit, toDetectionRow, TUNED_DETECTION_FEATURES, type TunedDetection } from '../heads/tunedHeads.js';
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
import { sharpen, toDetectionSet } from './trainableHeads.js';

export async function judgeDetection(all: readonly LabelledIncident[], options: JudgingOptions): Promise<Judgement> {
  const normal = countOccasions(all.filter(({ type }) => type === NORMAL));
  const failing = countOccasions(all.filter(({ type }) => type !== NORMAL));
  if (normal < 2 || failing < 2) {
    return {
      reason: `Detection needs at least 2 ranges labelled normal and 2 labelled as failures${APART}; there are ${normal} and ${failing}.`,
    };
  }
  const { space, defaults } = options;
  const middle = toLogit(defaults.detection.threshold);
  const logits = await leaveOut(
    'detection',
    all,
    options,
    (training) => toDetectionSet(training, space),
    (weights, training) => {
      const head = { weights, odds: toOdds(training, space) };
      return (incident) => detectIncident(head, incident, space);
    },
  );
  const probability = (logit: number, scale: number): number => toProbability(middle + scale * (logit - middle));
  const ofTruth = (incident: LabelledIncident, logit: number, scale: number): number => {
    const p = probability(logit, scale);
    return incident.type === NORMAL ? 1 - p : p;
  };
  const scale = chooseScale(
    all.map((incident, i) =>
      SCALES.map((each) => Math.exp(-meanOf((logits[i] ?? []).map((logit) => logLoss(ofTruth(incident, logit, each)))))),
    ),
  );
  const predicted = logits.map((ofIncident) => ofIncident.map((logit) => probability(logit, scale)));
  const area = (values: (incident: LabelledIncident, i: number) => readonly number[]): Interval =>
    toInterval(all.length, (units) => {
      const scored = units.flatMap((unit) => {
        const incident = all[unit];
        return incident === undefined ? [] : values(incident, unit).map((value) => ({ value, failing: incident.type !== NORMAL }));
      });
      return (
        auroc(
          scored.map(({ value }) => value),
          scored.map(({ failing }) => failing),
        ) ?? NaN
      );
    });
  const heldOut = all.flatMap(({ type }, i) => (predicted[i] ?? []).map((p) => ({ p, isSo: type !== NORMAL })));
  return {
    losses: all.map((incident, i) => meanOf((logits[i] ?? []).map((logit) => logLoss(ofTruth(incident, logit, scale))))),
    finish: async (progress) => {
      const { weights, losses } = await trainFinal('detection', toDetectionSet(all, space), options, progress);
      return { weights: { detection: sharpenAround(middle, { weights, odds: toOdds(all, space) }, scale) }, losses };
    },
    scores: {
      head: 'detection',
      measure: 'AUROC',
      incidents: all.length,
      tuned: area((_, i) => predicted[i] ?? []),
      current: area((incident) => incident.slices.map(({ anomaly }) => anomaly)),
      baseline: { name: 'the same for every slice', ...area((incident) => incident.slices.map(() => 0)) },
      heldOut,
    },
  };
}

/** Logit of each slice of the incident to be abnormal. */
export function detectIncident(head: TunedDetection, { slices, entities }: LabelledIncident, space: StateSpace): number[] {
  return slices.map(({ anomaly, detection, type, contributions }) =>
    detectionLogit(head, toDetectionRow(toLogit(anomaly), detection, type), toMembership(space, entities, contributions)),
  );
}

/** The head with logits `scale` times as far from `middle`: what is called abnormal stays, how surely changes. */
function sharpenAround(middle: number, { weights, odds }: TunedDetection, scale: number): TunedDetection {
  const sharpened = sharpen(weights, scale);
  const bias = TUNED_DETECTION_FEATURES.indexOf('bias');
  const base = sharpened.base.map((value, f) => (f === bias ? value + (1 - scale) * middle : value));
  return { weights: { ...sharpened, base }, odds: { ...odds, weight: odds.weight * scale } };
}

function toOdds(incidents: readonly LabelledIncident[], space: StateSpace): StateOdds {
  const states = space.names.length;
  const labelled = incidents.map(({ type, slices, entities }) => {
    const ofSlices = slices.map(({ contributions }) => toMembership(space, entities, contributions));
    const membership = Float32Array.from({ length: states }, (_, state) => meanOf(ofSlices.map((shares) => shares[state] ?? 0)));
    return { membership, isFailing: type !== NORMAL };
  });
  return toStateOdds(labelled, states);
}
