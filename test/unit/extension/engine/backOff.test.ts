import { describe, expect, it } from 'vitest';
import { BackOff } from '../../../../src/extension/engine/backOff.js';

const policy = { delaysMs: [10, 100], stableMs: 1000 };

describe('BackOff', () => {
  it('waits longer each time, then gives up', () => {
    const backOff = new BackOff(policy);
    expect([backOff.next(5), backOff.next(5), backOff.next(5), backOff.next(5)]).toEqual([10, 100, undefined, undefined]);
  });

  it('begins anew after a process that ran long enough', () => {
    const backOff = new BackOff(policy);
    expect([backOff.next(5), backOff.next(1000), backOff.next(999)]).toEqual([10, 10, 100]);
  });

  it('begins anew when reset', () => {
    const backOff = new BackOff(policy);
    backOff.next(5);
    backOff.next(5);
    backOff.reset();
    expect(backOff.next(5)).toBe(10);
  });
});
