/**
 * What makes one varied system differ from another: every knob of pretraining data, with its unit.
 *
 * Shaped by public knowledge, not by the recorded days that the project is measured on: papers on benchmark systems and their fault
 * injection (TrainTicket, OnlineBoutique, DeathStarBench, Nezha, chaos tools), studies of call graphs of large operators (sparse, mostly
 * stars and chains, few hubs), naming conventions of cAdvisor, OpenTelemetry, Istio and Spring, and the remarks in the project's findings.
 */
import type { FaultType } from '../faultTypes.js';
import type { LogStyle } from './blueprint.js';

export const TOPOLOGY_SHAPES = ['layered', 'chain', 'star', 'hub', 'monolith', 'data-heavy'] as const;
export type TopologyShape = (typeof TOPOLOGY_SHAPES)[number];

export interface TopologyProfile {
  readonly shape: TopologyShape;
  /** Services and stores together, 3 to 60. */
  readonly services: number;
  /** Factor on the kinds of requests that the shape gives a service, 1 to 12: shops of a benchmark serve a few, grown systems dozens. */
  readonly operationFactor: number;
  /** Share of them that are databases, caches and queues, 0 to 0.6. */
  readonly storeShare: number;
  /** Share of calls and lines that are made only sometimes, 0 to 0.8. 0: the same request always does the same. */
  readonly branching: number;
  /** Share of calls whose failure the caller swallows, 0 to 0.6. */
  readonly swallowing: number;
  /** Share of calls whose caller does as usual with an answer that lacks something, 0 to 1: others take another way, and so may their callers. */
  readonly carelessness: number;
  /** Share of calls that are made together with the one before, 0 to 0.4; their order is left to chance. */
  readonly parallel: number;
  /** Executions that one request may cause at most, 6 to 70. */
  readonly maxTree: number;
  /** Whether each service names its operations in its own way, as in systems of many teams. */
  readonly isPolyglot: boolean;
  /** Sigma of the log-normal spread of work within an operation, 0.08 (steady) to 0.7. */
  readonly workSigma: number;
}

/** `continuous`: all is kept. `bursts`: logs and traces only around faults, as in published data sets. `incident`: short, one fault. */
export interface RecordingProfile {
  readonly layout: 'continuous' | 'bursts' | 'incident';
  readonly minutes: number;
  /** Bursts: kept before the labelled start, 0 to 2 minutes. */
  readonly beforeMinutes: number;
  /** Bursts: kept from the labelled start, 1 to 4 minutes. */
  readonly afterMinutes: number;
}

export interface FaultProfile {
  /** Faults that the run has room for at most, 1 to 25. */
  readonly count: number;
  /** Shortest and longest, 1 to 8 minutes. */
  readonly lengthMinutes: readonly [number, number];
  /** Mean pause between two faults that do not overlap, minutes. */
  readonly pauseMinutes: number;
  /** Probability that a fault begins while the one before, on another service, still lasts. */
  readonly overlap: number;
  /** Types that occur: published data sets repeat a few. */
  readonly types: readonly FaultType[];
  /** Services that are hit again and again; 0: any service each time. */
  readonly targets: number;
  /** Share of faults weaker than severity 0, 0 to 0.5. */
  readonly weakShare: number;
  /** Share of faults with a delay (up to 50 s) or a ramp after the labelled start, 0 to 0.7. */
  readonly lateShare: number;
}

export const LOAD_SHAPES = ['constant', 'diurnal', 'sine', 'random-walk', 'steps', 'bursts'] as const;
export interface LoadProfile {
  readonly shape: (typeof LOAD_SHAPES)[number];
  /** Mean traces per minute, 20 to 800 where that is affordable. */
  readonly tracesPerMinute: number;
  /** Relative swing of the shape, 0 to 0.6: a healthy system carries it. */
  readonly amplitude: number;
  /** Period of waves and steps, minutes. */
  readonly periodMinutes: number;
}

export interface LogProfile {
  /** Lines of an operation on average, 0 to 5; 0: the entry logs one line for each request, nobody else logs any. */
  readonly linesPerOperation: number;
  readonly ids: 'trace-and-span' | 'trace' | 'none';
  readonly withSeverity: boolean;
  /** Share of services that log failures with a stack trace, and share that log nothing about them; the rest logs one line. */
  readonly stackShare: number;
  readonly silentShare: number;
  /** One for all services; undefined: by the language of each. */
  readonly style: LogStyle | undefined;
  /** Wordings of failures that the teams use, indices of failureTexts.ts. */
  readonly phrasings: readonly number[];
}

export interface MetricProfile {
  /** Id of a vocabulary, see metricVocabulary.ts and wideMetrics.ts. */
  readonly vocabulary: string;
  /** 10 to 60. */
  readonly stepSeconds: number;
  /** Share of metric names collected, 0.25 to 1. */
  readonly coverage: number;
  /** Sigma of the relative measuring error of gauges, 0 to 0.08. */
  readonly noise: number;
  /** Share of points that are lost, 0 to 0.1. */
  readonly missing: number;
  /** Share of series that begin some minutes into the run, 0 to 0.15. */
  readonly lateStarts: number;
  /** Whether clients measure their calls by callee, where the vocabulary has names for it. */
  readonly withCallees: boolean;
}

/** Shares of services that a set-up does not cover, 0 to 0.4: real ones have gaps. */
export interface GapProfile {
  readonly withoutLogs: number;
  readonly withoutTraces: number;
  readonly withoutMetrics: number;
  /** Whether calls have client spans of their own; without them databases do not show in traces. */
  readonly hasClientSpans: boolean;
}

export interface SystemProfile {
  readonly topology: TopologyProfile;
  readonly recording: RecordingProfile;
  readonly faults: FaultProfile;
  readonly load: LoadProfile;
  readonly logs: LogProfile;
  readonly metrics: MetricProfile;
  readonly gaps: GapProfile;
}
