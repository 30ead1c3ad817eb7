/** Whether a head depends on states is for left-out incidents to say; here with the engine's own training. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FAMILY_COUNT } from '../../src/core/features/families.js';
import { joinStates, toMembership } from '../../src/core/heads/stateSpace.js';
import { detectTuned, toDetectionRow } from '../../src/core/heads/tunedHeads.js';
import { NORMAL, type LabelledIncident } from '../../src/core/tuning/examples.js';
import { tuneHeads, type TuningResult } from '../../src/core/tuning/tuneHeads.js';
import { createHeadTrainer, type HeadTrainer } from '../../src/engine/inference/headTrainer.js';
import { createIncident, defaults, ENTITIES } from '../unit/core/tuning/tuningBuilders.js';
import { ENCODER_FOLDER, never } from './modelFolder.js';

let trainer: HeadTrainer;
beforeAll(async () => {
  trainer = await createHeadTrainer(ENCODER_FOLDER);
});
afterAll(() => trainer.dispose());

/** Two states: the first service unusual, and the second. */
const space = joinStates([
  {
    entities: [...ENTITIES],
    states: [0, 1].map((entity) => ({
      name: `state ${entity}`,
      abnormal: true,
      size: 10,
      centroid: Float32Array.from({ length: ENTITIES.length * FAMILY_COUNT }, (_, i) => (i === entity * FAMILY_COUNT ? 1 : 0)),
    })),
  },
]);

function tune(incidents: readonly LabelledIncident[]): Promise<TuningResult> {
  return tuneHeads(incidents, {
    heads: ['detection'],
    space,
    defaults,
    train: trainer.train,
    seed: 7,
    signal: never,
    onProgress: () => undefined,
  });
}

/** @param isFailing by state and by whether the second feature is high */
const ranges = (isFailing: (state: number, isHigh: boolean) => boolean): LabelledIncident[] =>
  Array.from({ length: 24 }, (_, i) => {
    const [state, isHigh] = [i % 2, Math.floor(i / 2) % 2 === 0];
    return createIncident({
      type: isFailing(state, isHigh) ? 'cpu' : NORMAL,
      detection: [2, isHigh ? 3 : 0, i / 100],
      contributions: [state === 0 ? 5 : 0, state === 1 ? 5 : 0, 0],
    });
  });

test('it does where the same features mean another thing in another state', async () => {
  const incidents = ranges((state, isHigh) => isHigh === (state === 0));
  const { scores, tuned } = await tune(incidents);
  expect(scores).toMatchObject([{ dependsOnState: true }]);
  expect(scores[0]?.tuned.score).toBeGreaterThan(0.9);
  const said = incidents.map(({ slices: [slice], entities }) =>
    slice === undefined || tuned.detection === null
      ? NaN
      : detectTuned(
          tuned.detection,
          toDetectionRow(0, slice.detection, slice.type),
          toMembership(tuned.states, entities, slice.contributions),
        ),
  );
  const failing = said.filter((_, i) => incidents[i]?.type !== NORMAL);
  expect(Math.min(...failing)).toBeGreaterThan(Math.max(...said.filter((_, i) => incidents[i]?.type === NORMAL)));
});

test('it does not where states say nothing of the label, and is then the same in every state', async () => {
  const { scores, tuned } = await tune(noisy);
  expect(scores).toMatchObject([{ dependsOnState: false }]);
  const none = new Float32Array(space.names.length);
  expect(tuned.detection).toMatchObject({ weights: { mix: none }, odds: { failing: none, normal: none } });
});

/** Twelve ranges of each state, half of them failing; a feature tells them apart mostly, and the exceptions are alike in both states. */
const noisy = Array.from({ length: 48 }, (_, i) => {
  const [state, isFailing] = [i % 2, Math.floor(i / 2) % 2 === 0];
  const isTelling = Math.floor(i / 4) % 4 !== 0;
  return createIncident({
    type: isFailing ? 'cpu' : NORMAL,
    detection: [2, isFailing === isTelling ? 3 : 0, i / 100],
    contributions: [state === 0 ? 5 : 0, state === 1 ? 5 : 0, 0],
  });
});
