/** What a caller asks of the simulation and what it gives back. */
import type { LogStyle } from './system/blueprint.js';
import type { DistractorKind, FaultRequest, FaultType } from './faultTypes.js';
import type { Modality } from '../core/records.js';
import type { EpochNs } from '../core/time.js';
import type { SystemProfile } from './system/systemProfile.js';

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
