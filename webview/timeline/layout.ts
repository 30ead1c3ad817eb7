/** Where the lanes of the timeline stand. All lengths in CSS pixels. */

export interface Lane {
  readonly y: number;
  readonly height: number;
}

export interface TimelineLayout {
  readonly width: number;
  readonly height: number;
  /** Left edge and width of the plot; to its left stand the lanes' names. */
  readonly plotX: number;
  readonly plotWidth: number;
  readonly compact: boolean;
  /** Incident markers and the names of chosen ranges. */
  readonly markers: Lane;
  readonly ribbon: Lane;
  readonly usual: Lane;
  /** What people said of time ranges; without height where nothing is labelled. */
  readonly labels: Lane;
  readonly score: Lane;
  readonly density: readonly [Lane, Lane, Lane];
  readonly axis: Lane;
  readonly overview: Lane;
}

const GAP = 6;
const MIN_HEIGHT = 270;
/** Below this width names of lanes stand inside the lanes. */
const COMPACT_WIDTH = 560;

/** Heights that do not depend on the panel: markers, ribbon, usual, axis, overview and the gaps between the nine lanes. */
const MARKERS = 36;
const RIBBON = 28;
const USUAL = 10;
const AXIS = 20;
const OVERVIEW = 34;

/** Height of one row of labels. */
export const LABEL_ROW = 16;

/** Splits what is left of the height between the score (two parts) and the three density lanes (one part each). */
export function layoutTimeline(width: number, height: number, labelRows = 0): TimelineLayout {
  const compact = width < COMPACT_WIDTH;
  const total = Math.max(MIN_HEIGHT, height);
  const plotX = compact ? 8 : 108;
  const right = compact ? 8 : 16;
  const labelHeight = labelRows * LABEL_ROW;
  const part = Math.max(18, (total - MARKERS - RIBBON - USUAL - labelHeight - AXIS - OVERVIEW - GAP * 8 - 4) / 5);
  let y = 0;
  const take = (laneHeight: number, gap = GAP): Lane => {
    const lane = { y, height: laneHeight };
    y += laneHeight + gap;
    return lane;
  };
  const markers = take(MARKERS, 2);
  const ribbon = take(RIBBON, 3);
  const usual = take(USUAL);
  const labels = take(labelHeight, labelRows === 0 ? 0 : 2);
  const score = take(part * 2);
  const density: [Lane, Lane, Lane] = [take(part), take(part), take(part, 2)];
  const axis = take(AXIS);
  const overview = take(OVERVIEW, 4);
  return {
    width,
    height: y,
    plotX,
    plotWidth: Math.max(40, width - plotX - right),
    compact,
    markers,
    ribbon,
    usual,
    labels,
    score,
    density,
    axis,
    overview,
  };
}

/** A label on one line, wanted at `x`. */
export interface LineLabel {
  readonly id: string;
  readonly x: number;
  readonly width: number;
  readonly priority: number;
}

/** Places labels on one line without overlap, the more important ones first; those without room are left out. */
export function placeOnLine(labels: readonly LineLabel[], fromX: number, toX: number, gap = 6): ReadonlyMap<string, number> {
  const placed: { readonly x: number; readonly end: number }[] = [];
  const positions = new Map<string, number>();
  for (const label of [...labels].sort((a, b) => b.priority - a.priority)) {
    const x = Math.max(fromX, Math.min(label.x, toX - label.width));
    const end = x + label.width;
    if (x >= fromX && end <= toX && placed.every((other) => end + gap <= other.x || other.end + gap <= x)) {
      placed.push({ x, end });
      positions.set(label.id, x);
    }
  }
  return positions;
}
