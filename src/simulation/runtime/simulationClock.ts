const NS_PER_SECOND = 1e9;

/** Writes simulated times (ns since the start of the run) as the formats want them, without bigint arithmetic per record. */
export class SimulationClock {
  private readonly startSeconds: number;
  private readonly startRestNs: number;
  private lastSecond = NaN;
  private lastText = '';

  readonly startNs: bigint;

  constructor(startNs: bigint) {
    this.startNs = startNs;
    this.startSeconds = Number(startNs / 1_000_000_000n);
    this.startRestNs = Number(startNs % 1_000_000_000n);
  }

  /** Epoch ns as decimal digits. */
  toEpochNsText(ns: number): string {
    const { second, restNs } = this.split(ns);
    return `${second}${String(restNs).padStart(9, '0')}`;
  }

  /** Whole ms since the epoch. */
  toEpochMs(ns: number): number {
    const { second, restNs } = this.split(ns);
    return second * 1000 + Math.floor(restNs / 1e6);
  }

  /** Seconds since the epoch. */
  toEpochSeconds(ns: number): number {
    const { second, restNs } = this.split(ns);
    return second + restNs / 1e9;
  }

  /** `2026-03-10 13:00:00` and the ms within the second, UTC. */
  toDateTime(ns: number): { readonly dateTime: string; readonly ms: string } {
    const { second, restNs } = this.split(ns);
    if (second !== this.lastSecond) {
      this.lastSecond = second;
      this.lastText = new Date(second * 1000).toISOString().slice(0, 19).replace('T', ' ');
    }
    return { dateTime: this.lastText, ms: String(Math.floor(restNs / 1e6)).padStart(3, '0') };
  }

  private split(ns: number): { readonly second: number; readonly restNs: number } {
    const total = this.startRestNs + ns;
    const seconds = Math.floor(total / NS_PER_SECOND);
    return { second: this.startSeconds + seconds, restNs: total - seconds * NS_PER_SECOND };
  }
}
