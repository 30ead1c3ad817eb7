import type { PlannedFault } from '../faults/faultPlan.js';
import type { RecordingProfile } from '../system/systemProfile.js';

const NS_PER_MINUTE = 6e10;

/** Which times of a run logs and traces are kept of; metrics are kept throughout. */
export class Recording {
  /** Half-open, sorted, apart; undefined: everything. */
  readonly ranges: readonly { readonly fromNs: number; readonly toNs: number }[] | undefined;

  constructor(profile: RecordingProfile | undefined, faults: readonly PlannedFault[]) {
    this.ranges = profile?.layout === 'bursts' ? toRanges(profile, faults) : undefined;
  }

  /** @param ns since the start of the run: of a line, or the start of a span */
  keeps(ns: number): boolean {
    return this.ranges === undefined || this.ranges.some(({ fromNs, toNs }) => ns >= fromNs && ns < toNs);
  }
}

/** @param faults by start */
function toRanges({ beforeMinutes, afterMinutes }: RecordingProfile, faults: readonly PlannedFault[]): { fromNs: number; toNs: number }[] {
  const ranges: { fromNs: number; toNs: number }[] = [];
  for (const { startNs } of faults) {
    const fromNs = startNs - beforeMinutes * NS_PER_MINUTE;
    const toNs = startNs + afterMinutes * NS_PER_MINUTE;
    const last = ranges.at(-1);
    if (last !== undefined && fromNs <= last.toNs) {
      last.toNs = Math.max(last.toNs, toNs);
    } else {
      ranges.push({ fromNs, toNs });
    }
  }
  return ranges;
}
