import type { SystemProfile } from '../../../src/simulation/system/systemProfile.js';
import type { SimulationOptions } from '../../../src/simulation/simulationTypes.js';

type Groups = { readonly [Group in keyof SystemProfile]?: Partial<SystemProfile[Group]> };

/** A profile without any shortcoming; tests change the knob that they are about. */
export function plainProfile(groups: Groups = {}): SystemProfile {
  return {
    topology: {
      shape: 'layered',
      services: 10,
      operationFactor: 1,
      storeShare: 0.2,
      branching: 0,
      swallowing: 0,
      carelessness: 1,
      parallel: 0,
      maxTree: 14,
      isPolyglot: false,
      workSigma: 0.2,
      ...groups.topology,
    },
    recording: { layout: 'continuous', minutes: 6, beforeMinutes: 1, afterMinutes: 2, ...groups.recording },
    faults: {
      count: 4,
      lengthMinutes: [1, 3],
      pauseMinutes: 2,
      overlap: 0,
      types: ['exception', 'wrong-return', 'cpu-contention', 'network-delay'],
      targets: 0,
      weakShare: 0,
      lateShare: 0,
      ...groups.faults,
    },
    load: { shape: 'constant', tracesPerMinute: 120, amplitude: 0, periodMinutes: 10, ...groups.load },
    logs: {
      linesPerOperation: 2,
      ids: 'trace-and-span',
      withSeverity: true,
      stackShare: 1,
      silentShare: 0,
      style: undefined,
      phrasings: [0],
      ...groups.logs,
    },
    metrics: {
      vocabulary: 'plain',
      stepSeconds: 15,
      coverage: 1,
      noise: 0,
      missing: 0,
      lateStarts: 0,
      withCallees: false,
      ...groups.metrics,
    },
    gaps: { withoutLogs: 0, withoutTraces: 0, withoutMetrics: 0, hasClientSpans: true, ...groups.gaps },
  };
}

/** Calm options of such a system: no faults, no distractors. */
export function plainOptions(groups: Groups = {}, more: Partial<SimulationOptions> = {}): SimulationOptions {
  const profile = plainProfile(groups);
  return {
    seed: 5,
    profile,
    services: profile.topology.services,
    minutes: profile.recording.minutes,
    requestsPerSecond: profile.load.tracesPerMinute / 60,
    metricStepSeconds: profile.metrics.stepSeconds,
    metricCoverage: profile.metrics.coverage,
    faults: [],
    withDistractors: false,
    ...more,
  };
}
