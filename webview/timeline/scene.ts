import type * as d3 from 'd3';
import type { Modality } from '../../src/core/records.js';
import type { TimelineLayout } from './layout.js';
import type { LabelBand } from './labelBands.js';
import type { RangeMs, TimelineModel } from './model.js';
import type { DragKind } from './selecting.js';
import type { ViewWindow } from './viewWindow.js';

/** What is drawn into. */
export type SvgGroup = d3.Selection<SVGGElement, unknown, null, undefined>;

/** Everything that a drawing of the timeline depends on. */
export interface Scene {
  readonly model: TimelineModel;
  readonly density: Readonly<Record<Modality, readonly number[]>>;
  readonly layout: TimelineLayout;
  readonly window: ViewWindow;
  readonly timeZone: string;
  readonly selectedRange: RangeMs | null;
  readonly selectedState: string | null;
  readonly bands: readonly LabelBand[];
}

/** What changes with the pointer or the keyboard cursor, drawn on top. */
export interface Overlay {
  /** Slice under the pointer in any panel, or at the keyboard cursor. */
  readonly slice: number | null;
  readonly draft: { readonly kind: DragKind; readonly range: RangeMs } | null;
}

/** What the overview spans: the main part of the run, or all of it when the window reaches beyond. */
export function overviewRange({
  model,
  window,
}: Pick<Scene, 'window'> & { readonly model: Pick<TimelineModel, 'home' | 'whole'> }): RangeMs {
  return window.fromMs >= model.home.fromMs && window.toMs <= model.home.toMs ? model.home : model.whole;
}

/** Narrowest segment of a ribbon, in pixels: still to be seen and pointed at. */
export const RUN_PIXELS = 3;

/** Maps times to pixels of the plot and back. */
export interface TimeScale {
  toX(ms: number): number;
  toMs(x: number): number;
  /** Milliseconds in one pixel. */
  readonly msPerPixel: number;
}

export function createTimeScale(window: ViewWindow, layout: TimelineLayout): TimeScale {
  // A window is never empty (clampWindow), and a plot is at least 40 pixels wide.
  const msPerPixel = (window.toMs - window.fromMs) / layout.plotWidth;
  return {
    toX: (ms) => layout.plotX + (ms - window.fromMs) / msPerPixel,
    toMs: (x) => window.fromMs + (x - layout.plotX) * msPerPixel,
    msPerPixel,
  };
}

/** The pixel range of `range` inside the plot, or undefined when it is out of sight. At least 2 pixels wide. */
export function visiblePixels(scale: TimeScale, layout: TimelineLayout, range: RangeMs): { x: number; width: number } | undefined {
  const from = Math.max(layout.plotX, scale.toX(range.fromMs));
  const to = Math.min(layout.plotX + layout.plotWidth, scale.toX(range.toMs));
  return to < layout.plotX || from > layout.plotX + layout.plotWidth ? undefined : { x: from, width: Math.max(2, to - from) };
}
