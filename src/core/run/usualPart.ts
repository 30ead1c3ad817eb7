/**
 * Which part of a short run is usual where the other part is one long incident. Faults in a tenth of the windows do the automatic reference no harm,
 * but an export that ends in the midst of an incident holds one in half of them. What is learned then lies between the two: little is far from it, and
 * the time before may look as unusual as the incident. So each half is taken as usual for once. Where the other half is abnormal by it nearly
 * throughout, with one cause, and the half itself is not, the run has two parts, and the split between them is looked for. Without a lasting change
 * it does not look so: by a part that they had no share in, few usual slices are abnormal.
 */
import { MODALITIES, type Modality } from '../records.js';
import type { WindowSet } from '../slices/windowSet.js';
import { MIN_REFERENCE_SLICES, type ScoredWindows } from './scanRun.js';

/** An hour in slices of 30 s, four in slices of two minutes. Longer runs cost more to encode anew than they gain: few are one incident by half. */
const MAX_SLICES = 240;
/** Share of the run on the usual side of the split; those after the first are tried where the first promises something. */
const SHARES = [0.5, 0.6, 0.7, 0.4, 0.3] as const;
/** A split that is off by some slices shows a part of the change. */
const PROMISING = 0.5;
/** Least share of slices that is abnormal on the other side, and most on this one. */
const MIN_OUTSIDE = 0.8;
const MAX_INSIDE = 0.15;
/** Least share of the abnormal slices that has one cause: else they are failures in a row, as in recordings of injected faults. */
const MIN_ONE_CAUSE = 0.5;
/** A kind of telemetry that is recorded this much less often on one side is unusual there by that alone. */
const MIN_RECORDED = 0.5;

/** Logs or traces. Metrics are told by how they changed, whatever share of the run is unusual: by metrics alone a part gains little and costs false alarms. */
const EVENTFUL = toBits('log') | toBits('trace');

/** Half-open, in absolute bins: the run up to a split, or from it on. */
export interface RunPart {
  readonly fromBin: number;
  readonly toBin: number;
}

/** All slices of the run, judged with a part of it as what is usual. */
export interface PartJudgement {
  /** [S] */
  readonly anomaly: Float64Array;
  /** [S] entity with the highest score, -1 when none scores. */
  readonly cause: Int32Array;
}

/**
 * @param threshold of the probability from which a slice is abnormal
 * @param compare is asked for one part after the other
 * @returns what `compare` made of the part that is usual; undefined where none stands out, and the automatic reference serves
 */
export async function findUsualPart<T extends PartJudgement>(
  { windows, presence }: Pick<ScoredWindows, 'windows' | 'presence'>,
  threshold: number,
  compare: (part: RunPart) => Promise<T>,
): Promise<T | undefined> {
  if (windows.starts.length > MAX_SLICES || !presence.some((bits) => (bits & EVENTFUL) !== 0)) {
    return undefined;
  }
  let best: { readonly compared: T; readonly gain: number } | undefined;
  // Of two parts that differ from each other alike, the earlier is usual: exports rather end than begin in the midst of an incident.
  for (const side of ['earlier', 'later'] as const) {
    const splits = SHARES.map((share) => splitSlices(windows, toPart(windows, side, share))).filter((split) =>
      isRecordedAlike(split, presence),
    );
    for (const [tried, split] of splits.entries()) {
      const compared = await compare(split.part);
      const { inside, outside, oneCause } = describe(split, compared, threshold);
      if (tried === 0 && outside < PROMISING) {
        break;
      }
      const gain = outside - inside;
      if (outside >= MIN_OUTSIDE && inside <= MAX_INSIDE && oneCause >= MIN_ONE_CAUSE && gain > (best?.gain ?? 0)) {
        best = { compared, gain };
      }
    }
  }
  return best?.compared;
}

function toBits(modality: Modality): number {
  return 1 << MODALITIES.indexOf(modality);
}

function toPart({ starts, lengthBins }: WindowSet, side: 'earlier' | 'later', share: number): RunPart {
  const fromBin = starts[0] ?? 0;
  const toBin = (starts.at(-1) ?? 0) + lengthBins;
  const bins = Math.round(share * (toBin - fromBin));
  return side === 'earlier' ? { fromBin, toBin: fromBin + bins } : { fromBin: toBin - bins, toBin };
}

/** Slices that lie within a part, and those without a bin in common with it. */
interface Split {
  readonly part: RunPart;
  readonly inside: readonly number[];
  readonly outside: readonly number[];
}

function splitSlices({ starts, lengthBins }: WindowSet, part: RunPart): Split {
  const [inside, outside]: [number[], number[]] = [[], []];
  starts.forEach((start, slice) => {
    if (start >= part.fromBin && start + lengthBins <= part.toBin) {
      inside.push(slice);
    } else if (start >= part.toBin || start + lengthBins <= part.fromBin) {
      outside.push(slice);
    }
  });
  return { part, inside, outside };
}

/** Whether the part can be a reference: slices enough, and of each kind of telemetry that the rest holds. */
function isRecordedAlike({ inside, outside }: Split, presence: Uint8Array): boolean {
  const shareOf = (slices: readonly number[], modality: Modality): number =>
    shareWhere(slices, (slice) => ((presence[slice] ?? 0) & toBits(modality)) !== 0);
  return (
    inside.length >= MIN_REFERENCE_SLICES &&
    MODALITIES.every((modality) => shareOf(inside, modality) >= MIN_RECORDED * shareOf(outside, modality))
  );
}

function describe(
  { inside, outside }: Split,
  { anomaly, cause }: PartJudgement,
  threshold: number,
): { inside: number; outside: number; oneCause: number } {
  const isAbnormal = (slice: number): boolean => (anomaly[slice] ?? 0) >= threshold;
  const abnormal = outside.filter(isAbnormal);
  const causes = [...Map.groupBy(abnormal, (slice) => cause[slice] ?? -1).values()];
  const most = causes.reduce((largest, slices) => Math.max(largest, slices.length), 0);
  return {
    inside: shareWhere(inside, isAbnormal),
    outside: shareWhere(outside, isAbnormal),
    oneCause: most / Math.max(1, abnormal.length),
  };
}

/** 0 without any. */
function shareWhere(slices: readonly number[], is: (slice: number) => boolean): number {
  return slices.filter(is).length / Math.max(1, slices.length);
}
