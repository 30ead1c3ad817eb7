/** Detection, tuned on failures and on ranges that were labelled normal. */
import { meanOf } from '../evaluation/bootstrap.js';
import { toInterval, type Interval } from '../evaluation/interval.js';
import { auroc } from '../evaluation/ranking.js';
import { toMembership } from '../heads/stateSpace.js';
import { detectTuned } from '../heads/tunedHeads.js';
import { NORMAL, type LabelledIncident } from './examples.js';
import { APART, countOccasions, leaveOut, logLoss, trainFinal, type JudgingOptions, type Judgement } from './leaveOut.js';
import { toDetectionSet } from './trainableHeads.js';

export async function judgeDetection(all: readonly LabelledIncident[], options: JudgingOptions): Promise<Judgement> {
  const normal = countOccasions(all.filter(({ type }) => type === NORMAL));
  const failing = countOccasions(all.filter(({ type }) => type !== NORMAL));
  if (normal < 2 || failing < 2) {
    return {
      reason: `Detection needs at least 2 ranges labelled normal and 2 labelled as failures${APART}; there are ${normal} and ${failing}.`,
    };
  }
  const { space, defaults } = options;
  const predicted = await leaveOut(
    'detection',
    all,
    options,
    (training) => toDetectionSet(training, space, defaults),
    (weights, incident) =>
      incident.slices.map(({ detection, contributions }) =>
        detectTuned(weights, detection, toMembership(space, incident.entities, contributions)),
      ),
  );
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
    losses: all.map(({ type }, i) => meanOf((predicted[i] ?? []).map((p) => logLoss(type !== NORMAL ? p : 1 - p)))),
    finish: async (progress) => {
      const { weights, losses } = await trainFinal('detection', toDetectionSet(all, space, defaults), options, progress);
      return { weights: { detection: weights }, losses };
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
