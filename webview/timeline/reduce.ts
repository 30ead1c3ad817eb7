/** Reductions of a timeline to as many marks as there are pixels, so that drawing costs the same for 100 and 100,000 slices. */
import { firstSliceAfter, ownedUntil, type TimelineModel } from './model.js';
import type { ViewWindow } from './viewWindow.js';

/** A stretch of the ribbon in one state. */
export interface RibbonRun {
  readonly fromMs: number;
  readonly toMs: number;
  readonly state: number;
  readonly firstSlice: number;
  readonly lastSlice: number;
}

/**
 * Runs of equal state inside the window. Runs narrower than `minMs` join their neighbour; among what is joined an abnormal state wins,
 * so that no abnormal slice vanishes when zoomed out.
 * @returns at most about `2 * span / minMs` runs, in order, without overlap; gaps between slices stay gaps.
 */
export function ribbonRuns(model: TimelineModel, window: ViewWindow, minMs: number): readonly RibbonRun[] {
  const runs: GrowingRun[] = [];
  const count = model.slices.length;
  for (let index = Math.max(0, firstSliceAfter(model, window.fromMs) - 1); index < count; index++) {
    const fromMs = model.fromMs[index] ?? 0;
    if (fromMs >= window.toMs) {
      break;
    }
    const toMs = ownedUntil(model, index);
    if (toMs <= window.fromMs || toMs <= fromMs) {
      continue;
    }
    const state = model.state[index] ?? 0;
    const last = runs.at(-1);
    const touches = last !== undefined && fromMs - last.toMs < minMs;
    const narrow = last !== undefined && (last.toMs - last.fromMs < minMs || toMs - last.fromMs <= minMs);
    if (last !== undefined && touches && (last.state === state || narrow)) {
      grow(model, last, index, state, toMs - fromMs);
      last.toMs = toMs;
    } else {
      runs.push({ fromMs, toMs, state, firstSlice: index, lastSlice: index, stateMs: toMs - fromMs });
    }
  }
  return runs;
}

/** A run while it is being put together; `stateMs`: time of what gave it its state. */
interface GrowingRun extends RibbonRun {
  toMs: number;
  state: number;
  lastSlice: number;
  stateMs: number;
}

/** An abnormal state wins over others, else the one that lasted longer. */
function grow(model: TimelineModel, run: GrowingRun, slice: number, state: number, durationMs: number): void {
  run.lastSlice = slice;
  if (run.state === state) {
    run.stateMs += durationMs;
    return;
  }
  const urgency = (index: number): number => (model.states[index]?.abnormal === true ? 1 : 0);
  const more = urgency(state) - urgency(run.state);
  if (more > 0 || (more === 0 && durationMs > run.stateMs)) {
    run.state = state;
    run.stateMs = durationMs;
  }
}

/** A step of the detection score. NaN: not scored. */
export interface ScoreStep {
  readonly fromMs: number;
  readonly toMs: number;
  readonly score: number;
}

/** The score as steps; where several slices fall into `minMs`, the highest of them stands for all. */
export function scoreSteps(model: TimelineModel, window: ViewWindow, minMs: number): readonly ScoreStep[] {
  const steps: { fromMs: number; toMs: number; score: number }[] = [];
  const count = model.slices.length;
  for (let index = Math.max(0, firstSliceAfter(model, window.fromMs) - 1); index < count; index++) {
    const fromMs = model.fromMs[index] ?? 0;
    if (fromMs >= window.toMs) {
      break;
    }
    const toMs = ownedUntil(model, index);
    const score = model.anomaly[index] ?? NaN;
    if (toMs <= window.fromMs || toMs <= fromMs) {
      continue;
    }
    const last = steps.at(-1);
    if (last !== undefined && toMs - last.fromMs <= minMs) {
      last.toMs = toMs;
      last.score = Number.isNaN(last.score) ? score : Number.isNaN(score) ? last.score : Math.max(last.score, score);
    } else {
      steps.push({ fromMs, toMs, score });
    }
  }
  return steps;
}

/** Record counts in bins of `stepMs`, the first starting at `fromMs`. */
export interface DensityBins {
  readonly fromMs: number;
  readonly stepMs: number;
  readonly values: Float64Array;
}

/**
 * Sums base bins into groups at least `minMs` wide. Groups are aligned to the start of the run, so that bars keep their shape
 * while panning.
 * @param counts records per base bin; entries that are not finite count as 0.
 */
export function rebin(counts: readonly number[], binMs: number, window: ViewWindow, minMs: number): DensityBins {
  const perGroup = Math.max(1, Math.ceil(minMs / binMs));
  const stepMs = perGroup * binMs;
  const first = Math.max(0, Math.floor(window.fromMs / stepMs));
  const end = Math.min(Math.ceil(counts.length / perGroup), Math.ceil(window.toMs / stepMs));
  const values = new Float64Array(Math.max(0, end - first));
  for (let group = 0; group < values.length; group++) {
    let sum = 0;
    const from = (first + group) * perGroup;
    for (let bin = from; bin < Math.min(counts.length, from + perGroup); bin++) {
      const count = counts[bin] ?? 0;
      sum += Number.isFinite(count) ? count : 0;
    }
    values[group] = sum;
  }
  return { fromMs: first * stepMs, stepMs, values };
}

/** Highest value, 0 when there is none. */
export function peakOf(values: Float64Array): number {
  let peak = 0;
  for (const value of values) {
    peak = Math.max(peak, value);
  }
  return peak;
}

const peaks = new WeakMap<readonly number[], Map<number, number>>();

/** Peak of the whole run in groups of `stepMs`; remembered, because it is asked for in every frame. */
export function peakAt(counts: readonly number[], binMs: number, stepMs: number): number {
  const known = peaks.get(counts) ?? new Map<number, number>();
  peaks.set(counts, known);
  const peak = known.get(stepMs) ?? peakOf(rebin(counts, binMs, { fromMs: 0, toMs: counts.length * binMs }, stepMs).values);
  known.set(stepMs, peak);
  return peak;
}
