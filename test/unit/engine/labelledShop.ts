/** An hour of a simulated shop with faults of two types at four services, and what its labels say. */
import { writeSimulation } from '../../../src/engine/sample.js';
import type { LabelDraft } from '../../../src/protocol/views.js';
import { simulate } from '../../../src/simulation/simulate.js';
import type { FaultType } from '../../../src/simulation/faultTypes.js';
import type { SimulationOptions } from '../../../src/simulation/simulationTypes.js';

export const SHOP_START_NS = 1_773_147_600_000_000_000n;
const MINUTE_NS = 60_000_000_000n;

/** What a fault befalls, six minutes after the one before. */
const FAULTS: readonly (readonly [type: FaultType, service: string])[] = [
  ['exception', 'payment'],
  ['network-delay', 'cart'],
  ['exception', 'catalog'],
  ['network-delay', 'payment'],
  ['exception', 'cart'],
  ['network-delay', 'catalog'],
  ['exception', 'payment'],
  ['network-delay', 'cart'],
];

const OPTIONS: SimulationOptions = {
  seed: 5,
  system: 'shop',
  minutes: 60,
  requestsPerSecond: 2,
  startNs: SHOP_START_NS,
  metricStepSeconds: 15,
  distractorKinds: ['warnings'],
  faults: FAULTS.map(([type, service], i) => ({ type, service, startMinute: 8 + 6 * i, minutes: 3, severity: 0.8 })),
};

/** The telemetry, and `labels.csv`. */
export async function writeShop(folder: string): Promise<void> {
  await writeSimulation(simulate(OPTIONS).files, folder, new AbortController().signal);
}

export function shopLabels(): LabelDraft[] {
  return simulate(OPTIONS).labels.map(({ startNs, endNs, type, entity }) => ({
    startNs: startNs.toString(),
    endNs: endNs.toString(),
    type,
    entity: entity === '' ? null : entity,
    note: '',
    author: '',
  }));
}

export function atMinute(minute: number): string {
  return (SHOP_START_NS + BigInt(minute) * MINUTE_NS).toString();
}
