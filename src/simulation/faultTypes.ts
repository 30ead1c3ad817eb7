/** Kinds of faults and of what looks like them, and how a fault is asked for. */

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
