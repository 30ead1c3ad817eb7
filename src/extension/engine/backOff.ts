/** When a crashed process may be started again, and when to stop trying. */
export interface BackOffPolicy {
  /** Wait before the 1st, 2nd … restart in a row; after the last one there is no further restart. */
  readonly delaysMs: readonly number[];
  /** A process that ran this long was healthy: its end starts the count anew. */
  readonly stableMs: number;
}

export const ENGINE_BACK_OFF: BackOffPolicy = { delaysMs: [250, 1000, 4000], stableMs: 60_000 };

export class BackOff {
  private readonly policy: BackOffPolicy;
  private failures = 0;

  constructor(policy: BackOffPolicy) {
    this.policy = policy;
  }

  /** @param ranMs how long the process lived. @returns the wait in ms before the next start, undefined to give up. */
  next(ranMs: number): number | undefined {
    if (ranMs >= this.policy.stableMs) {
      this.failures = 0;
    }
    const delayMs = this.policy.delaysMs[this.failures];
    this.failures += 1;
    return delayMs;
  }

  reset(): void {
    this.failures = 0;
  }
}
