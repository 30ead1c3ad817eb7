import { combineEffects } from './effects.js';
import type { CombinedEffect, Effect } from './effects.js';
import type { Operation, Service } from '../system/linkedSystem.js';
import type { Random } from '../../core/math/random.js';

/** A machine that carries pods. */
export interface ClusterNode {
  readonly name: string;
  /** Error of its clock, whole ns, added to every time written by its pods. */
  readonly skewNs: number;
  /** Share of CPU that its other tenants take, 0–1. */
  stolenShare: number;
}

export interface PodSize {
  /** Work of the pod that makes it fully used, ms of CPU time per ms. */
  readonly capacity: number;
  /** CPU limit as reported, cores. */
  readonly cores: number;
  readonly memoryMb: number;
  /** Requests handled at once; more wait. */
  readonly workers: number;
  /** Over how long the load is averaged, s: long enough to hold tens of requests. */
  readonly loadWindowS: number;
}

/** What has happened in a pod since it started (cumulative) or since the last scrape. */
export interface PodCounters {
  busyMs: number;
  cpuSeconds: number;
  throttledSeconds: number;
  receivedBytes: number;
  sentBytes: number;
  lostMessages: number;
  writtenBytes: number;
  gcSeconds: number;
  restarts: number;
  loggedErrors: number;
  poolWaiting: number;
  /** By operation name and status code. */
  readonly requests: Map<string, number>;
  /** Calls made, by callee. */
  readonly calls: Map<string, CallCounters>;
  /** Since the last scrape, by operation. */
  readonly durationsMs: Map<string, number[]>;
  /** Since the last scrape, of calls made. */
  callsMs: number[];
}

export interface CallCounters {
  readonly count: number;
  readonly failed: number;
  readonly sumMs: number;
}

/** Exponent of the M/M/c waiting time for c = 4 cores: Sakasegawa's approximation, sqrt(2 (c + 1)) - 1. */
const WAIT_EXPONENT = Math.sqrt(10) - 1;
const WAIT_CORES = 4;
/** The approximation diverges at 1; above this an overload term grows linearly instead. */
const MAX_UTILISATION = 0.985;
const OVERLOAD_SLOPE = 20;
/** A new process is slower until its caches are warm, with this time constant. */
const WARM_UP_S = 25;

export class Pod {
  running = 0;
  readonly waiting: (() => void)[] = [];
  isRemoved = false;
  /** Not before this time does it accept requests. */
  readyNs: number;
  private pausedUntilNs = 0;
  leakedMb = 0;
  /** Slow drift of the memory use around its base, as a fraction. */
  memoryDrift = 0;
  combined: CombinedEffect = combineEffects([]);
  readonly counters: PodCounters = {
    busyMs: 0,
    cpuSeconds: 0,
    throttledSeconds: 0,
    receivedBytes: 0,
    sentBytes: 0,
    lostMessages: 0,
    writtenBytes: 0,
    gcSeconds: 0,
    restarts: 0,
    loggedErrors: 0,
    poolWaiting: 0,
    requests: new Map(),
    calls: new Map(),
    durationsMs: new Map(),
    callsMs: [],
  };
  private readonly effects = new Set<Effect>();
  private load = 0;
  private loadNs = 0;

  readonly name: string;
  readonly service: Service;
  readonly node: ClusterNode;
  readonly size: PodSize;
  readonly startedNs: number;
  /** Pods that exist when the run starts are warm. */
  private readonly isWarm: boolean;

  constructor(name: string, service: Service, node: ClusterNode, size: PodSize, startedNs: number, isWarm: boolean) {
    this.name = name;
    this.service = service;
    this.node = node;
    this.size = size;
    this.startedNs = startedNs;
    this.isWarm = isWarm;
    this.readyNs = startedNs;
  }

  addEffect(effect: Effect): void {
    this.effects.add(effect);
    this.combined = combineEffects(this.effects);
  }

  removeEffect(effect: Effect): void {
    this.effects.delete(effect);
    this.combined = combineEffects(this.effects);
  }

  activeEffects(): Iterable<Effect> {
    return this.effects;
  }

  accepts(nowNs: number): boolean {
    return !this.isRemoved && !this.combined.isDown && nowNs >= this.readyNs;
  }

  /** Share of the CPU in use, own work and others' together; may exceed 1 under overload. */
  utilisation(nowNs: number): number {
    const decay = Math.exp((this.loadNs - nowNs) / (this.size.loadWindowS * 1e9));
    return this.load * decay + this.combined.cpuShare + this.node.stolenShare;
  }

  /** Draws how long CPU work takes now, queueing included, and counts it as load. */
  workMs(operation: Operation, share: number, drift: number, nowNs: number, random: Random): number {
    const ownMs = random.logNormal(operation.workMs * share, operation.sigma);
    const used = this.utilisation(nowNs);
    const slow = this.combined.slowOperations.reduce((product, item) => product * (item.operation === operation ? item.factor : 1), 1);
    this.addLoad(ownMs, nowNs);
    const usable = Math.min(MAX_UTILISATION, used);
    const wait = usable ** WAIT_EXPONENT / (WAIT_CORES * (1 - usable)) + Math.max(0, used - MAX_UTILISATION) * OVERLOAD_SLOPE;
    const warmUp = this.isWarm ? 1 : 1 + 1.5 * Math.exp((this.startedNs - nowNs) / (WARM_UP_S * 1e9));
    const pauseMs = Math.max(0, this.pausedUntilNs - nowNs) / 1e6;
    return ownMs * this.combined.workFactor * slow * drift * warmUp * (1 + wait * random.exponential(1)) + pauseMs;
  }

  /** All requests stand still until `ms` from now. */
  pause(nowNs: number, ms: number): void {
    this.pausedUntilNs = Math.max(this.pausedUntilNs, nowNs + ms * 1e6);
  }

  /** Base use, what runs, and what leaked; at the limit it can go no further. */
  memoryMb(): number {
    const { memoryMb } = this.size;
    return Math.min(0.99 * memoryMb, memoryMb * (0.38 + this.memoryDrift) + this.running * 0.4 + this.leakedMb);
  }

  addLoad(ownMs: number, nowNs: number): void {
    const windowS = this.size.loadWindowS;
    const decay = Math.exp((this.loadNs - nowNs) / (windowS * 1e9));
    this.load = this.load * decay + ownMs / (windowS * 1000 * this.size.capacity);
    this.loadNs = nowNs;
    this.counters.busyMs += ownMs;
  }

  countCall(callee: string, hasFailed: boolean, durationMs: number): void {
    const { calls, callsMs } = this.counters;
    const { count, failed, sumMs } = calls.get(callee) ?? { count: 0, failed: 0, sumMs: 0 };
    calls.set(callee, { count: count + 1, failed: failed + Number(hasFailed), sumMs: sumMs + durationMs });
    callsMs.push(durationMs);
  }

  countRequest(operation: string, status: number, durationMs: number): void {
    const key = `${operation}\n${status}`;
    this.counters.requests.set(key, (this.counters.requests.get(key) ?? 0) + 1);
    const durations = this.counters.durationsMs.get(operation);
    if (durations === undefined) {
      this.counters.durationsMs.set(operation, [durationMs]);
    } else {
      durations.push(durationMs);
    }
  }
}
