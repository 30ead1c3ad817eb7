import type { Label } from '../../../../src/core/labels/label.js';
import { toEpochNs } from '../../../../src/core/time.js';

export const NOON_NS = 1_773_144_000_000_000_000n;
const MINUTE_NS = 60_000_000_000n;

/** A label of minute `at` after noon. */
export function createLabel(at: number, change: Partial<Label> = {}): Label {
  const startNs = toEpochNs(NOON_NS + BigInt(at) * MINUTE_NS);
  return {
    startNs,
    endNs: toEpochNs(startNs + MINUTE_NS),
    type: 'network-delay',
    entity: 'cart',
    note: '',
    author: 'ada',
    createdNs: toEpochNs(NOON_NS),
    ...change,
  };
}
