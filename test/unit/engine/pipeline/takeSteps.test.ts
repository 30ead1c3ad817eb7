import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { takeSteps } from '../../../../src/engine/pipeline/takeSteps.js';

/** Keeps the thread busy. */
function spend(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until) {
    Math.sqrt(until);
  }
}

describe('takeSteps', () => {
  it('gives what the generator returns', async () => {
    const steps = (function* () {
      yield;
      yield;
      return 7;
    })();
    await expect(takeSteps(steps, new AbortController().signal)).resolves.toBe(7);
  });

  it('stops between steps once cancelled, with the signal’s reason', async () => {
    const abort = new AbortController();
    let taken = 0;
    const steps = (function* () {
      for (;;) {
        spend(10);
        taken++;
        yield;
      }
    })();
    void wait(60).then(() => {
      abort.abort(new Error('enough'));
    });
    await expect(takeSteps(steps, abort.signal)).rejects.toThrow('enough');
    expect(taken).toBeGreaterThan(0);
  });

  it('lets timers run while it computes', async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 20);
    const steps = (function* () {
      for (let i = 0; i < 30; i++) {
        spend(10);
        yield;
      }
    })();
    await takeSteps(steps, new AbortController().signal);
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(1);
  });

  it('passes on what a step throws', async () => {
    const steps = (function* () {
      throw new Error('broken step');
    })();
    await expect(takeSteps(steps, new AbortController().signal)).rejects.toThrow('broken step');
  });
});
