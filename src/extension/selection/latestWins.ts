/**
 * Runs one job at a time; a newer one aborts the one before.
 * Every `run` settles: with `undefined` when it was superseded or disposed, whatever its job did.
 */
export class LatestWins {
  private current: AbortController | undefined;

  /** @param job should stop soon after `signal` aborts; if it does not, its result is dropped. */
  async run<T>(job: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    this.current?.abort();
    const controller = new AbortController();
    this.current = controller;
    const superseded = new Promise<undefined>((resolve) => {
      controller.signal.addEventListener('abort', () => {
        resolve(undefined);
      });
    });
    const result = job(controller.signal);
    // A job that fails after it was superseded has nobody left to tell.
    result.catch(() => undefined);
    try {
      return await Promise.race([result, superseded]);
    } finally {
      if (this.current === controller) {
        this.current = undefined;
      }
    }
  }

  /** Aborts the job in hand, if any. */
  cancel(): void {
    this.current?.abort();
    this.current = undefined;
  }
}
