import type { CallBlueprint, PartialReaction } from './blueprint.js';
import type { DraftService } from './draft.js';
import type { Random } from '../../core/math/random.js';

/** Of the callers that do not ignore it. */
const REACTIONS: readonly (readonly [PartialReaction, number])[] = [
  ['passes-on', 0.25],
  ['notes', 0.15],
  ['skips', 0.2],
  ['stops', 0.3],
  ['fails', 0.1],
];

/** Draws what each call makes of an answer that lacks something. */
export function addReactions(services: readonly DraftService[], carelessness: number, random: Random): void {
  const react = (call: CallBlueprint): CallBlueprint => {
    const isIgnored = random.chance(carelessness);
    const [reaction] = REACTIONS[random.weightedIndex(REACTIONS.map(([, weight]) => weight))] ?? ['passes-on'];
    return isIgnored ? call : { ...call, onPartial: reaction };
  };
  for (const { steps } of services.flatMap(({ operations }) => operations)) {
    steps.forEach((step, place) => {
      if (step.kind === 'call') {
        steps[place] = { ...step, calls: step.calls.map(react) };
      }
    });
  }
}
