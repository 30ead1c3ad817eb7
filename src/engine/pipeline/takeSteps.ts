/** Runs a computation of core without keeping the engine from its messages: cancellation and heartbeats. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Steps } from '../../core/math/steps.js';

/** Well below what a person notices when cancelling. */
const TURN_MS = 40;

/** @throws the signal's reason soon after it is aborted */
export async function takeSteps<T>(steps: Steps<T>, signal: AbortSignal): Promise<T> {
  let turnStartedMs = performance.now();
  for (;;) {
    const step = steps.next();
    if (step.done === true) {
      return step.value;
    }
    if (performance.now() - turnStartedMs >= TURN_MS) {
      await nextTurn();
      signal.throwIfAborted();
      turnStartedMs = performance.now();
    }
  }
}
