import { say } from './blueprint.js';
import type { Random } from '../../core/math/random.js';
import type { SystemProfile } from './systemProfile.js';
import type { DraftOperation } from './draft.js';
import { drawLine } from './variedVocabulary.js';

/** Spread of verbosity between operations, sigma of a log-normal factor. */
const VERBOSITY_SIGMA = 0.5;
const MAX_LINES = 12;

/** Places log lines among the steps of an operation, as many as the profile wants on average. */
export function addLines(operation: DraftOperation, isEntry: boolean, { logs, topology }: SystemProfile, random: Random): void {
  const { steps, verb, noun } = operation;
  if (logs.linesPerOperation === 0) {
    if (isEntry) {
      steps.push(say(drawLine('end', verb, noun, random)));
    }
    return;
  }
  const wanted = Math.min(MAX_LINES, logs.linesPerOperation * random.logNormal(1, VERBOSITY_SIGMA));
  const count = Math.floor(wanted) + (random.chance(wanted % 1) ? 1 : 0);
  for (let i = 0; i < count; i += 1) {
    // The end says most about whether the operation went through, the start comes next.
    const place = i === 0 && random.chance(0.7) ? 'end' : i <= 1 && random.chance(0.7) ? 'start' : 'middle';
    const at = place === 'end' ? steps.length : place === 'start' ? 0 : random.integer(0, steps.length);
    const probability = random.chance(topology.branching * 0.6) ? random.uniform(0.1, 0.9) : 1;
    steps.splice(at, 0, say(drawLine(place, verb, noun, random), random.chance(0.08) ? 'debug' : 'info', probability));
  }
  if (random.chance(0.3)) {
    steps.push(say(drawLine('warning', verb, noun, random), 'warn', random.uniform(0.001, 0.02)));
  }
}
