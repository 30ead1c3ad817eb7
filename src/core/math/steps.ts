/**
 * Long computations in steps, so that whoever runs them can look up now and then: a generator that yields every few milliseconds and
 * returns the result.
 */
export type Steps<T> = Generator<undefined, T, undefined>;

/** Rows of a plain loop between two looks up: some milliseconds. */
export const ROWS_PER_STEP = 4096;

/** All steps at once. */
export function finishSteps<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) {
      return step.value;
    }
  }
}
