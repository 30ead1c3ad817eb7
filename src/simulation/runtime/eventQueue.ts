interface QueuedEvent {
  readonly timeNs: number;
  readonly order: number;
  readonly run: () => void;
}

/** Binary heap of events by time; events of one time run in the order in which they were scheduled. */
export class EventQueue {
  private readonly heap: QueuedEvent[] = [];
  private scheduled = 0;
  private currentNs = 0;

  /** Simulated time, ns since the start of the run, a whole number below 2^53. */
  get nowNs(): number {
    return this.currentNs;
  }

  get pending(): number {
    return this.heap.length;
  }

  /** Runs `run` at `timeNs`, rounded to whole ns, at the earliest now. */
  at(timeNs: number, run: () => void): void {
    const event = { timeNs: Math.max(this.currentNs, Math.round(timeNs)), order: this.scheduled, run };
    this.scheduled += 1;
    const heap = this.heap;
    let place = heap.length;
    heap.push(event);
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || isEarlier(parent, event)) {
        break;
      }
      heap[place] = parent;
      place = above;
    }
    heap[place] = event;
  }

  afterMs(ms: number, run: () => void): void {
    this.at(this.currentNs + ms * 1e6, run);
  }

  /** Runs all events before `untilNs` and leaves the clock there. */
  runUntil(untilNs: number): void {
    for (let first = this.heap[0]; first !== undefined && first.timeNs < untilNs; first = this.heap[0]) {
      this.removeFirst();
      this.currentNs = first.timeNs;
      first.run();
    }
    this.currentNs = Math.max(this.currentNs, untilNs);
  }

  private removeFirst(): void {
    const heap = this.heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) {
      return;
    }
    let place = 0;
    for (;;) {
      const left = heap[2 * place + 1];
      const right = heap[2 * place + 2];
      const takeRight = left !== undefined && right !== undefined && isEarlier(right, left);
      const child = takeRight ? right : left;
      if (child === undefined || isEarlier(last, child)) {
        break;
      }
      heap[place] = child;
      place = 2 * place + (takeRight ? 2 : 1);
    }
    heap[place] = last;
  }
}

function isEarlier(left: QueuedEvent, right: QueuedEvent): boolean {
  return left.timeNs < right.timeNs || (left.timeNs === right.timeNs && left.order < right.order);
}
