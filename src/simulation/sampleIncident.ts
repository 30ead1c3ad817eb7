import type { DistractorKind } from './faultTypes.js';
import type { SimulationOptions } from './simulationTypes.js';

/** 2026-03-10T13:00:00Z, a Tuesday. */
const SAMPLE_START_NS = 1_773_147_600_000_000_000n;

/** Distractors that leave calls and their order as they are: whoever sees the product first shall see one incident, not two to weigh. */
const CALM_KINDS: readonly DistractorKind[] = ['log-burst', 'garbage-collection', 'mix-shift', 'traffic-wave', 'warnings', 'cache-fill'];

/** Small files: VS Code does not restore tabs of very large ones, and evidence opens in them. */
const SAMPLE_FILE_BYTES = 4 * 2 ** 20;

/**
 * The sample incident that README, walkthrough and tests show: 28 minutes of a web shop; from minute 15 to 19 a roll-out of
 * `payment` with a connection pool of one makes charges wait and time out, so that `checkout` and `gateway` fail too.
 */
export function sampleIncident(): SimulationOptions {
  return {
    seed: 20260310,
    system: 'shop',
    minutes: 28,
    requestsPerSecond: 2.6,
    startNs: SAMPLE_START_NS,
    metricStepSeconds: 15,
    distractorKinds: CALM_KINDS,
    maxFileBytes: SAMPLE_FILE_BYTES,
    faults: [{ type: 'configuration-error', service: 'payment', startMinute: 15, minutes: 4, severity: 0.8, setting: 'connection-pool' }],
  };
}
