import type { SliceView, TimelineView } from '../../src/protocol/views.js';
import { finiteOr } from '../shared/numberFormat.js';
import { styleRunStates, type StateStyle } from '../shared/stateStyle.js';

/** A range in milliseconds since the start of the run, half-open. */
export interface RangeMs {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface IncidentModel extends RangeMs {
  readonly startNs: string;
  readonly endNs: string;
  readonly anomaly: number;
  readonly label: string;
  readonly sentence: string;
}

/** A timeline as columns, slices in time order. `[n]` arrays share the length of `slices`. */
export interface TimelineModel {
  readonly run: string;
  readonly startNs: bigint;
  /** Epoch milliseconds of the start of the run, for showing times. */
  readonly startEpochMs: number;
  readonly totalMs: number;
  /** All of the run, and the part of it that is shown first: without the few slices that lie far from all others. */
  readonly whole: RangeMs;
  readonly home: RangeMs;
  /** Slices outside of `home`. */
  readonly remote: number;
  readonly binMs: number;
  /** Ranges begin and end on this grid: the bins, or the slices where a long run has coarser bins than slices. */
  readonly gridMs: number;
  readonly slices: readonly SliceView[];
  /** [n] ms since the start of the run. */
  readonly fromMs: Float64Array;
  readonly toMs: Float64Array;
  /** [n] index into `states`. */
  readonly state: Uint16Array;
  /** [n] probability in [0, 1]; NaN where the slice was not scored. */
  readonly anomaly: Float32Array;
  readonly states: readonly StateStyle[];
  readonly indexById: ReadonlyMap<string, number>;
  readonly incidents: readonly IncidentModel[];
  readonly reference: readonly RangeMs[];
  readonly threshold: number;
}

/** Milliseconds between two instants, exact to a microsecond over any run. */
export function relativeMs(ns: string | bigint, startNs: bigint): number {
  return Number((BigInt(ns) - startNs) / 1000n) / 1000;
}

/** The instant `ms` after the start, rounded to a microsecond. */
export function toNsString(ms: number, startNs: bigint): string {
  return String(startNs + BigInt(Math.round(ms * 1000)) * 1000n);
}

export function createTimelineModel(view: TimelineView): TimelineModel {
  const startNs = BigInt(view.startNs);
  const slices = [...view.slices].sort((a, b) => compareNs(a.startNs, b.startNs));
  const states = styleRunStates(view.states, slices);
  const stateIndex = new Map(states.map((state, index) => [state.id, index]));
  const count = slices.length;
  const model = {
    fromMs: new Float64Array(count),
    toMs: new Float64Array(count),
    state: new Uint16Array(count),
    anomaly: new Float32Array(count),
  };
  const indexById = new Map<string, number>();
  slices.forEach((slice, index) => {
    model.fromMs[index] = relativeMs(slice.startNs, startNs);
    model.toMs[index] = relativeMs(slice.endNs, startNs);
    model.state[index] = stateIndex.get(slice.state) ?? 0;
    model.anomaly[index] = finiteOr(slice.anomaly, NaN);
    indexById.set(slice.id, index);
  });
  const totalMs = Math.max(1, relativeMs(view.endNs, startNs));
  const binMs = Math.max(1, finiteOr(view.binMs, 10_000));
  return {
    ...model,
    ...findHome(model.fromMs, model.toMs, totalMs),
    run: view.run,
    startNs,
    startEpochMs: Number(startNs / 1000n) / 1000,
    totalMs,
    whole: { fromMs: 0, toMs: totalMs },
    binMs,
    gridMs: Math.min(
      binMs,
      model.toMs.reduce((least, to, index) => Math.min(least, to - (model.fromMs[index] ?? 0) || least), binMs),
    ),
    slices,
    states,
    indexById,
    incidents: view.incidents.map((incident) => ({
      startNs: incident.startNs,
      endNs: incident.endNs,
      fromMs: relativeMs(incident.startNs, startNs),
      toMs: relativeMs(incident.endNs, startNs),
      anomaly: finiteOr(incident.anomaly, 0),
      label:
        [incident.likelyCause, incident.failureType === 'unknown' ? null : incident.failureType?.replaceAll('-', ' ')]
          .filter((part) => typeof part === 'string')
          .join(', ') || 'abnormal',
      sentence: incident.sentence,
    })),
    reference: view.reference.map((range) => ({ fromMs: relativeMs(range.startNs, startNs), toMs: relativeMs(range.endNs, startNs) })),
    threshold: finiteOr(view.threshold, 0.5),
  };
}

/** A stretch without slices that is longer than this share of the run parts it. */
const GAP_SHARE = 0.1;
/** A run is parted only when slices cover less than this share of it: a file with a wrong clock, an old log beside a new one. */
const SPARSE_SHARE = 0.25;

/**
 * The stretch that holds most slices, when long gaps make up most of the run; else the whole run.
 * @param fromMs [n] in time order
 */
function findHome(fromMs: Float64Array, toMs: Float64Array, totalMs: number): Pick<TimelineModel, 'home' | 'remote'> {
  const stretches: { fromMs: number; toMs: number; slices: number }[] = [];
  fromMs.forEach((from, index) => {
    const last = stretches.at(-1);
    const to = toMs[index] ?? from;
    if (last !== undefined && from - last.toMs <= totalMs * GAP_SHARE) {
      last.toMs = Math.max(last.toMs, to);
      last.slices += 1;
    } else {
      stretches.push({ fromMs: from, toMs: to, slices: 1 });
    }
  });
  const covered = stretches.reduce((sum, stretch) => sum + stretch.toMs - stretch.fromMs, 0);
  const [first, ...others] = stretches;
  if (first === undefined || others.length === 0 || covered > totalMs * SPARSE_SHARE) {
    return { home: { fromMs: 0, toMs: totalMs }, remote: 0 };
  }
  const main = others.reduce((best, stretch) => (stretch.slices > best.slices ? stretch : best), first);
  return { home: { fromMs: main.fromMs, toMs: main.toMs }, remote: fromMs.length - main.slices };
}

function compareNs(a: string, b: string): number {
  const first = BigInt(a);
  const second = BigInt(b);
  return first < second ? -1 : first > second ? 1 : 0;
}

/** Index of the first slice whose start is after `ms`. */
export function firstSliceAfter(model: TimelineModel, ms: number): number {
  let low = 0;
  let high = model.fromMs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((model.fromMs[middle] ?? Infinity) > ms) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

/** End of the part of the ribbon that a slice owns: overlapping slices give way to the next one. */
export function ownedUntil(model: TimelineModel, index: number): number {
  const end = model.toMs[index] ?? 0;
  const next = model.fromMs[index + 1];
  return next === undefined ? end : Math.min(end, next);
}

/** The slice that owns the time `ms`, or undefined in a gap. */
export function findSliceAt(model: TimelineModel, ms: number): number | undefined {
  const index = firstSliceAfter(model, ms) - 1;
  return index >= 0 && ms < ownedUntil(model, index) ? index : undefined;
}
