import { MODALITIES } from '../core/records.js';
import type { Modality } from '../core/records.js';
import { findCandidates } from './faultPlan.js';
import { linkSystem } from './linkedSystem.js';
import type { LinkedSystem } from './linkedSystem.js';
import { Random } from './random.js';
import { createRandomSystem } from './randomSystem.js';
import { FAULT_TYPES, LOG_STYLES } from './simulationTypes.js';
import type { FaultRequest, SimulationOptions } from './simulationTypes.js';

/** Spans of one run are held near this number, so that a run takes one to two seconds on one core. */
const SPAN_BUDGET = 75_000;

/**
 * Options of one of many different systems for pretraining: 5–40 services, 40–60 minutes, up to five faults of different
 * types 8–12 minutes apart, and the shortcomings of real telemetry (sampled traces, missing modalities, clock errors).
 */
export function randomSystemOptions(seed: number): SimulationOptions {
  const random = new Random(seed, 'random-system');
  const services = Math.round(Math.exp(random.uniform(Math.log(5), Math.log(40))));
  const system = linkSystem(createRandomSystem(new Random(seed, 'system'), services));
  const minutes = random.integer(40, 60);
  const traceSampling = random.chance(0.7) ? 1 : random.uniform(0.3, 1);
  const affordable = SPAN_BUDGET / (minutes * 60 * countSpansPerRequest(system));
  return {
    seed,
    minutes,
    services,
    requestsPerSecond: Math.min(random.logNormal(2.5, 0.4), affordable),
    faults: drawFaults(system, minutes, random),
    modalities: drawModalities(random),
    metricStepSeconds: random.pick([15, 30, 60]),
    traceSampling,
    withSpanStatus: random.chance(0.75),
    clockSkewMs: random.chance(0.75) ? 0 : random.uniform(1, 20),
    distractorRate: random.uniform(2, 15),
    metricCoverage: random.chance(0.4) ? 1 : random.uniform(0.5, 1),
    ...(random.chance(0.3) ? { logStyle: random.pick(LOG_STYLES) } : {}),
  };
}

/** Spans of one request on average: a client span for each call, a server span where the callee is instrumented. */
export function countSpansPerRequest(system: LinkedSystem): number {
  let spans = 1;
  for (const { kind, operations } of system.services) {
    const visits = operations.reduce((sum, operation) => sum + operation.visits, 0);
    spans += visits * (kind === 'service' ? 2 : 1);
  }
  return spans - 1;
}

/** Different types in random order; one run in five has its first fault in the first minutes, so that the usual is contaminated. */
function drawFaults(system: LinkedSystem, minutes: number, random: Random): FaultRequest[] {
  const types = random.shuffle(FAULT_TYPES.filter((type) => findCandidates(type, system).length > 0));
  const faults: FaultRequest[] = [];
  let startMinute = random.chance(0.2) ? random.uniform(1, 4) : random.uniform(7, 11);
  for (const type of types) {
    const length = random.uniform(2.5, 5);
    if (startMinute + length > minutes - 2) {
      break;
    }
    faults.push({ type, startMinute, minutes: length, severity: random.uniform(0.25, 1), scope: random.chance(0.3) ? 'one' : 'all' });
    startMinute += random.uniform(8, 12);
  }
  return faults;
}

function drawModalities(random: Random): readonly Modality[] {
  const kept = [3, 2, 1][random.weightedIndex([0.62, 0.3, 0.08])] ?? 3;
  return random.shuffle(MODALITIES).slice(0, kept);
}
