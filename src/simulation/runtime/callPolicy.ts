import type { Operation, Service } from '../system/linkedSystem.js';
import type { FailureKind } from '../telemetry/telemetry.js';

/** Calls give up after this many times their usual duration, within bounds. */
const TIMEOUT_FACTOR = 12;
const MIN_TIMEOUT_MS = 800;
const MAX_TIMEOUT_MS = 6000;

export function toTimeoutMs(callee: Operation): number {
  const raw = Math.min(MAX_TIMEOUT_MS, Math.max(MIN_TIMEOUT_MS, TIMEOUT_FACTOR * callee.expectedMs));
  return Math.round(raw / 100) * 100;
}

export function isWorthRepeating(kind: FailureKind): boolean {
  return kind === 'timeout' || kind === 'connection' || kind === 'unavailable';
}

const WINDOW = 20;
const MIN_CALLS = 10;
const OPEN_RATIO = 0.6;
const OPEN_NS = 12e9;

/** Circuit breaker between two services: opens when most of the last calls found the callee silent or gone. */
class Breaker {
  private readonly outcomes: boolean[] = [];
  private openUntilNs = 0;

  isOpen(nowNs: number): boolean {
    return nowNs < this.openUntilNs;
  }

  /** @returns true when this outcome opened the breaker. */
  record(failed: boolean, nowNs: number): boolean {
    this.outcomes.push(failed);
    if (this.outcomes.length > WINDOW) {
      this.outcomes.shift();
    }
    const failures = this.outcomes.filter(Boolean).length;
    if (this.outcomes.length < MIN_CALLS || failures / this.outcomes.length < OPEN_RATIO) {
      return false;
    }
    this.outcomes.length = 0;
    this.openUntilNs = nowNs + OPEN_NS;
    return true;
  }
}

/** The circuit breakers of all pairs of caller and callee. */
export class Breakers {
  private readonly byPair = new Map<number, Breaker>();

  private readonly serviceCount: number;

  constructor(serviceCount: number) {
    this.serviceCount = serviceCount;
  }

  between(caller: Service, callee: Service): Breaker {
    const key = caller.index * this.serviceCount + callee.index;
    let breaker = this.byPair.get(key);
    if (breaker === undefined) {
      breaker = new Breaker();
      this.byPair.set(key, breaker);
    }
    return breaker;
  }
}
