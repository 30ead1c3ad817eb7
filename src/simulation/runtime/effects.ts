import type { Operation, Service, Step } from '../system/linkedSystem.js';

/** Something that changes how a pod behaves while it lasts: the mechanics of faults and of distractors alike. */
export interface Effect {
  /** Share of the pod's CPU that something else uses, 0–1. */
  readonly cpuShare?: number;
  /** Share of the pod's CPU that something else uses while enough is left: metrics show it, requests do not feel it. */
  readonly spareShare?: number;
  /** Factor on the time of CPU work. */
  readonly workFactor?: number;
  /** Factor on the time of one operation's work. */
  readonly slowOperation?: { readonly operation: Operation; readonly factor: number };
  /** Added to each packet that enters or leaves. */
  readonly delayMs?: number;
  /** Added to each packet of the calls that the pod answers, not of those it makes. */
  readonly inboundDelayMs?: number;
  /** Probability that a message is lost and sent again after a time-out. */
  readonly loss?: number;
  readonly throws?: ThrownException;
  readonly returnsEarly?: EarlyReturn;
  /** The process does not accept connections. */
  readonly isDown?: boolean;
  /** The process accepts connections and never answers. */
  readonly isHanging?: boolean;
  readonly leakMbPerMinute?: number;
  /** Wait for a connection of a pool that is too small: exponential with this mean, given up after the limit. */
  readonly poolWait?: { readonly meanMs: number; readonly limitMs: number };
  /** Calls to this service go to an address that does not exist. */
  readonly misdirected?: Service;
  /** Debug lines are logged for each request. */
  readonly isVerbose?: boolean;
  /** A version of the service that does other steps in this operation. */
  readonly revision?: Revision;
}

export interface Revision {
  readonly operation: Operation;
  readonly steps: readonly Step[];
}

export interface ThrownException {
  readonly probability: number;
  /** Undefined: any operation. */
  readonly operation: Operation | undefined;
  /** Where in the operation, 0 (first step) to 1 (after the last). */
  readonly position: number;
  readonly type: string;
  readonly message: string;
  /** 4xx: the caller's mistake, no error of the service. 200: caught and logged, the answer is incomplete. */
  readonly status: number;
}

export interface EarlyReturn {
  readonly probability: number;
  readonly operation: Operation | undefined;
  readonly position: number;
  /** Logged instead of what is left out. */
  readonly says?: string;
}

/** All active effects of one pod, added up. */
export interface CombinedEffect {
  cpuShare: number;
  spareShare: number;
  workFactor: number;
  slowOperations: readonly NonNullable<Effect['slowOperation']>[];
  delayMs: number;
  inboundDelayMs: number;
  loss: number;
  leakMbPerMinute: number;
  isDown: boolean;
  isHanging: boolean;
  throws: readonly ThrownException[];
  returnsEarly: readonly EarlyReturn[];
  poolWait: Effect['poolWait'];
  misdirected: Service | undefined;
  isVerbose: boolean;
  /** The latest last. */
  revisions: readonly Revision[];
}

export function combineEffects(effects: Iterable<Effect>): CombinedEffect {
  const all = [...effects];
  return {
    cpuShare: all.reduce((sum, { cpuShare = 0 }) => sum + cpuShare, 0),
    spareShare: all.reduce((sum, { spareShare = 0 }) => sum + spareShare, 0),
    workFactor: all.reduce((product, { workFactor = 1 }) => product * workFactor, 1),
    slowOperations: all.flatMap(({ slowOperation }) => slowOperation ?? []),
    inboundDelayMs: all.reduce((sum, { inboundDelayMs = 0 }) => sum + inboundDelayMs, 0),
    delayMs: all.reduce((sum, { delayMs = 0 }) => sum + delayMs, 0),
    loss: 1 - all.reduce((kept, { loss = 0 }) => kept * (1 - loss), 1),
    leakMbPerMinute: all.reduce((sum, { leakMbPerMinute = 0 }) => sum + leakMbPerMinute, 0),
    isDown: all.some(({ isDown = false }) => isDown),
    isHanging: all.some(({ isHanging = false }) => isHanging),
    revisions: all.flatMap(({ revision }) => revision ?? []),
    throws: all.flatMap((effect) => effect.throws ?? []),
    returnsEarly: all.flatMap((effect) => effect.returnsEarly ?? []),
    poolWait: all.find((effect) => effect.poolWait !== undefined)?.poolWait,
    isVerbose: all.some(({ isVerbose = false }) => isVerbose),
    misdirected: all.find((effect) => effect.misdirected !== undefined)?.misdirected,
  };
}
