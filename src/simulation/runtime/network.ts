import type { EventQueue } from './eventQueue.js';
import type { Pod } from './pod.js';
import type { Random } from '../../core/math/random.js';

/** TCP sends a lost segment again after this, then after twice, four times … as long. */
const RETRANSMIT_MS = 200;
const MAX_RETRANSMITS = 6;
const BASE_HOP_MS = 0.35;
const HOP_SIGMA = 0.45;
/** Medians of what a call sends and gets. */
export const REQUEST_BYTES = 900;
export const RESPONSE_BYTES = 3200;

/** Carries messages between pods: base latency, added delay, loss; counts bytes where a container runtime would. */
export class Network {
  private readonly queue: EventQueue;
  private readonly random: Random;

  constructor(queue: EventQueue, random: Random) {
    this.queue = queue;
    this.random = random;
  }

  /**
   * Runs `arrive` when a message of about `medianBytes` has come from `from` (undefined: from outside) to `to`.
   * @param answering the one of both that answers the call
   */
  send(from: Pod | undefined, to: Pod, medianBytes: number, answering: Pod, arrive: () => void): void {
    const bytes = Math.round(this.random.logNormal(medianBytes, 0.5));
    if (from !== undefined) {
      from.counters.sentBytes += bytes;
    }
    to.counters.receivedBytes += bytes;
    this.queue.afterMs(this.hopMs(from, to, answering), arrive);
  }

  private hopMs(from: Pod | undefined, to: Pod, answering: Pod): number {
    const { random } = this;
    let ms = random.logNormal(BASE_HOP_MS, HOP_SIGMA);
    for (const pod of from === undefined || from === to ? [to] : [from, to]) {
      const { loss, inboundDelayMs } = pod.combined;
      const delayMs = pod.combined.delayMs + (pod === answering ? inboundDelayMs : 0);
      if (delayMs > 0) {
        ms += delayMs * random.uniform(0.85, 1.15);
      }
      for (let again = 0; again < MAX_RETRANSMITS && random.chance(loss); again += 1) {
        pod.counters.lostMessages += 1;
        ms += RETRANSMIT_MS * 2 ** again;
      }
    }
    return ms;
  }
}
