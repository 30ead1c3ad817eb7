import { MODALITIES } from '../core/records.js';
import type { Modality } from '../core/records.js';
import { drawProfile } from './system/drawProfile.js';
import { drawFaultSchedule } from './faults/faultSchedule.js';
import { linkSystem } from './system/linkedSystem.js';
import type { LinkedSystem } from './system/linkedSystem.js';
import { Random } from '../core/math/random.js';
import { BENIGN_CHANGE_KINDS, DISTRACTOR_KINDS } from './faultTypes.js';
import type { SimulationOptions } from './simulationTypes.js';
import type { SystemProfile } from './system/systemProfile.js';
import { createVariedSystem } from './system/variedSystem.js';

/** Spans and log lines of one run are held near this number, so that a run takes about a second on one core. */
const RECORD_BUDGET = 200_000;
/** What is simulated and not written costs about this share. */
const UNWRITTEN_COST = 0.45;
/** A run is shortened to keep its rate of traces, but not below this. */
const MIN_MINUTES = { continuous: 20, bursts: 25, incident: 10 } as const;

/**
 * Options of one of many different systems for pretraining, as the profile drawn by the seed describes it.
 * @param wanted instead of what is drawn
 */
export function randomSystemOptions(
  seed: number,
  wanted: { readonly services?: number; readonly minutes?: number } = {},
): SimulationOptions {
  const drawn = override(drawProfile(new Random(seed, 'profile')), wanted);
  const random = new Random(seed, 'random-system');
  const { services } = drawn.topology;
  const system = linkSystem(createVariedSystem(drawn, services, new Random(seed, 'system')));
  const profile = wanted.minutes === undefined ? fitToBudget(drawn, system) : drawn;
  return {
    seed,
    profile,
    services,
    minutes: profile.recording.minutes,
    requestsPerSecond: profile.load.tracesPerMinute / 60,
    faults: drawFaultSchedule(profile, system, random.fork('faults')),
    modalities: drawModalities(random),
    metricStepSeconds: profile.metrics.stepSeconds,
    metricCoverage: profile.metrics.coverage,
    traceSampling: random.chance(0.7) ? 1 : random.uniform(0.3, 1),
    withSpanStatus: random.chance(0.65),
    clockSkewMs: random.chance(0.75) ? 0 : random.uniform(1, 20),
    distractorRate: random.uniform(0.5, 12),
    distractorKinds: [...DISTRACTOR_KINDS, ...BENIGN_CHANGE_KINDS],
    ...(profile.logs.style === undefined ? {} : { logStyle: profile.logs.style }),
  };
}

function override(profile: SystemProfile, { services, minutes }: { readonly services?: number; readonly minutes?: number }): SystemProfile {
  const { topology, recording } = profile;
  return {
    ...profile,
    topology: services === undefined ? topology : { ...topology, services },
    recording: minutes === undefined ? recording : { ...recording, minutes },
  };
}

/** Shortens the run, then lowers the rate of traces, until the run is affordable. */
function fitToBudget(profile: SystemProfile, system: LinkedSystem): SystemProfile {
  const { recording, load, logs } = profile;
  const spans = countSpansPerRequest(system);
  const records = spans + (spans / 2) * logs.linesPerOperation;
  const cost = recording.layout === 'bursts' ? 0.5 + 0.5 * UNWRITTEN_COST : 1;
  const affordable = RECORD_BUDGET / (records * cost);
  const minutes = Math.round(Math.min(recording.minutes, Math.max(MIN_MINUTES[recording.layout], affordable / load.tracesPerMinute)));
  const tracesPerMinute = Math.min(load.tracesPerMinute, affordable / minutes);
  return { ...profile, recording: { ...recording, minutes }, load: { ...load, tracesPerMinute } };
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

function drawModalities(random: Random): readonly Modality[] {
  const kept = [3, 2, 1][random.weightedIndex([0.68, 0.25, 0.07])] ?? 3;
  return random.shuffle(MODALITIES).slice(0, kept);
}
