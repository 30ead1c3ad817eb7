import type { EventQueue } from './eventQueue.js';
import type { LinkedSystem, Operation } from '../system/linkedSystem.js';
import type { LoadShape } from './loadShape.js';
import type { Random } from '../../core/math/random.js';

const NS_PER_HOUR = 3.6e12;
/** Per second, of the noise processes: they forget within about three minutes. */
const KEEP = 0.995;

/** Requests from outside: daily shape, slow noise, mix that drifts and shifts, surges. */
export class Traffic {
  private level = 0;
  private readonly mix: number[];
  private readonly shifts = new Set<readonly number[]>();
  private readonly surges = new Set<{ readonly factor: number }>();

  private readonly system: LinkedSystem;
  private readonly requestsPerSecond: number;
  private readonly startHour: number;
  private readonly queue: EventQueue;
  private readonly random: Random;
  private readonly onRequest: (operation: Operation) => void;
  private readonly shape: LoadShape | undefined;

  /** @param shape of the load over the run; undefined: that of the hours of a day. */
  constructor(
    system: LinkedSystem,
    requestsPerSecond: number,
    startHour: number,
    queue: EventQueue,
    random: Random,
    onRequest: (operation: Operation) => void,
    shape?: LoadShape,
  ) {
    this.system = system;
    this.requestsPerSecond = requestsPerSecond;
    this.startHour = startHour;
    this.queue = queue;
    this.random = random;
    this.onRequest = onRequest;
    this.shape = shape;
    this.mix = system.requests.map(() => 0);
  }

  start(): void {
    if (this.system.requests.length > 0) {
      this.scheduleNext();
    }
  }

  /** Moves the noise on by one second. */
  tick(): void {
    const step = Math.sqrt(1 - KEEP ** 2);
    this.level = this.level * KEEP + 0.12 * step * this.random.normal();
    for (const [index, value] of this.mix.entries()) {
      this.mix[index] = value * KEEP + 0.25 * step * this.random.normal();
    }
  }

  /** @param factors one per kind of request: what users ask for changes while the shift lasts. */
  addShift(factors: readonly number[]): void {
    this.shifts.add(factors);
  }

  removeShift(factors: readonly number[]): void {
    this.shifts.delete(factors);
  }

  addSurge(surge: { readonly factor: number }): void {
    this.surges.add(surge);
  }

  removeSurge(surge: { readonly factor: number }): void {
    this.surges.delete(surge);
  }

  /** Requests per second now. */
  rate(): number {
    const hour = this.startHour + this.queue.nowNs / NS_PER_HOUR;
    // Busiest at 15:00, quietest at 03:00.
    const daily = this.shape?.(this.queue.nowNs / 1e9) ?? 1 + 0.35 * Math.sin((2 * Math.PI * (hour - 9)) / 24);
    let factor = 1;
    this.surges.forEach((surge) => {
      factor *= surge.factor;
    });
    return this.requestsPerSecond * daily * Math.exp(this.level) * factor;
  }

  private scheduleNext(): void {
    const rate = this.rate();
    const waitMs = rate > 0 ? this.random.exponential(1000 / rate) : Infinity;
    // The rate holds for a second; beyond that the draw is repeated with the new one, which is exact for a Poisson process.
    if (waitMs > 1000) {
      this.queue.afterMs(1000, () => {
        this.scheduleNext();
      });
      return;
    }
    this.queue.afterMs(waitMs, () => {
      this.onRequest(this.drawOperation());
      this.scheduleNext();
    });
  }

  private drawOperation(): Operation {
    const weights = this.system.requests.map(({ weight }, index) => {
      let factor = Math.exp(this.mix[index] ?? 0);
      this.shifts.forEach((factors) => {
        factor *= factors[index] ?? 1;
      });
      return weight * factor;
    });
    const chosen = this.system.requests[this.random.weightedIndex(weights)];
    if (chosen === undefined) {
      throw new Error('the system has no requests from outside');
    }
    return chosen.operation;
  }
}
