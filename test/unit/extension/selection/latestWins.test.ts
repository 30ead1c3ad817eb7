import { describe, expect, it } from 'vitest';
import { LatestWins } from '../../../../src/extension/selection/latestWins.js';

const never = new Promise<string>(() => undefined);

describe('LatestWins', () => {
  it('aborts and drops the job before, even one that never ends', async () => {
    const latest = new LatestWins();
    let aborted = false;
    const first = latest.run((signal) => {
      signal.addEventListener('abort', () => {
        aborted = true;
      });
      return never;
    });
    const second = latest.run(() => Promise.resolve('second'));
    expect(await first).toBeUndefined();
    expect(await second).toBe('second');
    expect(aborted).toBe(true);
  });

  it('drops the failure of a superseded job', async () => {
    const latest = new LatestWins();
    const first = latest.run<string>(async (signal) => {
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve);
      });
      throw new Error('late');
    });
    const second = latest.run(() => Promise.resolve(2));
    expect(await first).toBeUndefined();
    expect(await second).toBe(2);
  });

  it('passes on the failure of the job in hand and works on afterwards', async () => {
    const latest = new LatestWins();
    await expect(latest.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await latest.run(() => Promise.resolve(1))).toBe(1);
  });

  it('settles the job in hand when cancelled', async () => {
    const latest = new LatestWins();
    const job = latest.run(() => never);
    latest.cancel();
    expect(await job).toBeUndefined();
  });
});
