/** What a caller asks of the simulation and what it gives back. */
import type { Modality } from '../core/records.js';
import type { EpochNs } from '../core/time.js';
import type { SystemProfile } from './systemProfile.js';

export const FAULT_TYPES = [
  'cpu-contention',
  'memory-leak',
  'network-delay',
  'network-loss',
  'exception',
  'wrong-return',
  'dependency-down',
  'slow-database',
  'configuration-error',
  'traffic-surge',
] as const;
export type FaultType = (typeof FAULT_TYPES)[number];

/** What goes on in a healthy system and looks unusual. */
export const DISTRACTOR_KINDS = [
  'deploy',
  'scaling',
  'batch',
  'log-burst',
  'garbage-collection',
  'mix-shift',
  'traffic-wave',
  'noisy-neighbour',
  'blip',
  'warnings',
  'debug-lines',
  'cache-fill',
] as const;

/** Changes for good and bursts of work that are no failures either; only where asked for. */
export const BENIGN_CHANGE_KINDS = [
  'new-version',
  'benign-surge',
  'config-reload',
  'cron-burst',
  'cache-warm-up',
  'shared-slowdown',
] as const;
export type DistractorKind = (typeof DISTRACTOR_KINDS)[number] | (typeof BENIGN_CHANGE_KINDS)[number];

/** `otlp`: OTLP JSON lines; `pino` and `zap`: JSON lines; `java` and `python`: plain text with stack traces on the lines after. */
export const LOG_STYLES = ['otlp', 'pino', 'zap', 'java', 'python'] as const;
export type LogStyle = (typeof LOG_STYLES)[number];

export interface FaultRequest {
  readonly type: FaultType;
  /** Service name; default: one that this fault type can befall, drawn by the seed. */
  readonly service?: string;
  readonly startMinute: number;
  readonly minutes: number;
  /** 0 (hardly visible) to 1 (severe); default drawn from 0.4–1. */
  readonly severity?: number;
  /** Whether all pods of the service are affected, or one; default all. Outages, roll-outs, databases and surges are always whole. */
  readonly scope?: 'all' | 'one';
  /** What a configuration error sets wrong; default drawn. A pool needs a database that the service calls. */
  readonly setting?: WrongSetting;
  /** From the labelled start until anything happens; default 0. */
  readonly onsetSeconds?: number;
  /** From the onset until full strength, in four stages; only for contention, delay, loss, slow databases and surges; default 0. */
  readonly rampSeconds?: number;
  /** Factor on the whole effect, above 0 to 1, for faults weaker than severity 0; default 1. */
  readonly strength?: number;
  /** Default: the first of its type in {@link FAULT_MECHANISMS}; for an exception one in five is caught. */
  readonly mechanism?: FaultMechanism;
}

/** Ways in which a fault of a type comes about; the label is the same. */
export const FAULT_MECHANISMS = {
  // Seen in CPU metrics and latency; a neighbour's work, in latency only; work of its own beside the requests, in metrics mostly.
  'cpu-contention': ['contention', 'hidden', 'consumption'],
  'memory-leak': ['steady', 'bounded'],
  // On the calls it answers and makes; only on those it answers.
  'network-delay': ['all-edges', 'inbound'],
  'network-loss': ['all-edges'],
  exception: ['fails', 'caught'],
  // Nothing instead of the steps left out; another line instead.
  'wrong-return': ['early', 'other-line'],
  // Connections are refused at once; accepted and never answered.
  'dependency-down': ['refuses', 'hangs'],
  'slow-database': ['all-statements', 'one-statement'],
  'configuration-error': ['rollout'],
  'traffic-surge': ['all-requests'],
} as const satisfies Record<FaultType, readonly string[]>;
export type FaultMechanism = (typeof FAULT_MECHANISMS)[FaultType][number];

/** `connection-pool`: too few connections to a database; `address`: a callee that does not exist. */
export type WrongSetting = 'connection-pool' | 'address';

export interface SimulationOptions {
  /** Whole number, 0 to 2^53 - 1. */
  readonly seed: number;
  /** Length of the run, 0 to 1,440; default 30. */
  readonly minutes?: number;
  /** How many faults, spread over the run, or exactly which; default 1. */
  readonly faults?: number | readonly FaultRequest[];
  /** `shop`: fixed system with readable names; `random`: drawn by the seed; default `random`. */
  readonly system?: 'shop' | 'random';
  /** Services, databases, caches and queues of a random system together, 1 to 60; default drawn from 6–24. */
  readonly services?: number;
  /** Mean rate of requests from outside; default drawn from 2–8. */
  readonly requestsPerSecond?: number;
  /** Default 2026-03-10T13:00:00Z plus whole hours drawn by the seed. */
  readonly startNs?: bigint;
  /** Which files to write; default all three. */
  readonly modalities?: readonly Modality[];
  /** One style for all services; default by language of each service. */
  readonly logStyle?: LogStyle;
  /** Deploys, autoscaling, batch jobs, log bursts, GC pauses, mix shifts, noisy neighbours and small blips; default true. */
  readonly withDistractors?: boolean;
  /** Distractors per hour and ten services when they are on; default drawn from 4–12. */
  readonly distractorRate?: number;
  /** Which distractors may happen; default all of {@link DISTRACTOR_KINDS}. */
  readonly distractorKinds?: readonly DistractorKind[];
  /** Seconds between points of a series; default 15 or 60, drawn by the seed. */
  readonly metricStepSeconds?: number;
  /** Share of metric names that the monitoring set-up collects, 0 to 1; default 1. */
  readonly metricCoverage?: number;
  /** Share of traces written, 0 to 1; default 1. Logs keep the ids of traces that were not written. */
  readonly traceSampling?: number;
  /** Whether spans carry a status and exception events; default true. */
  readonly withSpanStatus?: boolean;
  /** Largest clock error of a node; default 0. */
  readonly clockSkewMs?: number;
  /** Everything else that makes a varied system; its own numbers of services, minutes and faults are no defaults. */
  readonly profile?: SystemProfile;
  /** Output held in memory before files rotate (`traces.jsonl`, then `traces.1.jsonl` …); default 96 MiB. */
  readonly maxPartBytes?: number;
  /** A file of log lines or spans is followed by the next when it has reached this size; default `maxPartBytes`. */
  readonly maxFileBytes?: number;
}

/** True state of a time range: a fault type and the service at fault, or `normal` with an empty entity. */
export interface Label {
  readonly startNs: EpochNs;
  readonly endNs: EpochNs;
  readonly type: FaultType | 'normal';
  readonly entity: string;
}

export interface SimulatedFile {
  /** Relative, with `/`; unique within a run. */
  readonly path: string;
  /** Pieces of the file in order, each whole lines or a part of one JSON document; UTF-8. */
  readonly content: Iterable<string>;
}

export interface SimulatedIncident {
  /** All files, `labels.csv` last. Simulated while iterated, anew and with the same bytes each time. */
  readonly files: Iterable<SimulatedFile>;
  readonly labels: readonly Label[];
  /** Names of all services, databases, caches and queues. */
  readonly services: readonly string[];
}
