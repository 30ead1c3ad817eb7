/** Runs tasks one after the other, in the order they came; a task that fails or is cancelled does not hold up the next. */
export class SerialQueue {
  private tail: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  /** Tasks that run or wait. */
  get length(): number {
    return this.waiting;
  }

  /** @returns what `task` returns; rejects with the signal's reason, without running it, when aborted while waiting. */
  run<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const turn = this.tail;
    this.waiting += 1;
    const result = this.waitThenRun(turn, task, signal).finally(() => {
      this.waiting -= 1;
    });
    // The next one waits for this task's own end and for those before it, even when this one left the queue early.
    this.tail = Promise.allSettled([turn, result]);
    return result;
  }

  private async waitThenRun<T>(turn: Promise<unknown>, task: () => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const abort = (): void => {
        // Our own code aborts with Errors; anything else is worded where it is caught.
        reject(signal.reason instanceof Error ? signal.reason : new DOMException('aborted', 'AbortError'));
      };
      signal.addEventListener('abort', abort, { once: true });
      void turn.then(() => {
        signal.removeEventListener('abort', abort);
        resolve();
      });
    });
    signal.throwIfAborted();
    return task();
  }
}
