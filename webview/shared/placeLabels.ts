/** Label placement without overlap. Pure; all lengths in CSS pixels. */

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface LabelRequest {
  readonly id: string;
  /** Point that the label names. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Higher is placed first. */
  readonly priority: number;
}

export interface PlacedLabel extends Box {
  readonly id: string;
}

export function overlaps(a: Box, b: Box, gap = 0): boolean {
  return a.x < b.x + b.width + gap && b.x < a.x + a.width + gap && a.y < b.y + b.height + gap && b.y < a.y + a.height + gap;
}

/** Distances from the named point that are tried in turn. */
const DISTANCES = [10, 22, 38, 58, 84] as const;
/** Above, below, right, left, then the diagonals. */
const DIRECTIONS = [
  [0, -1],
  [0, 1],
  [1, 0],
  [-1, 0],
  [1, -1],
  [-1, -1],
  [1, 1],
  [-1, 1],
] as const;

/**
 * Greedy placement by priority: each label goes to the nearest free place inside `bounds`; one that fits nowhere is left out.
 * @returns placed labels; no two overlap, and none leaves `bounds`.
 */
export function placeLabels(requests: readonly LabelRequest[], bounds: Box, obstacles: readonly Box[] = []): readonly PlacedLabel[] {
  const placed: PlacedLabel[] = [];
  for (const request of [...requests].sort((a, b) => b.priority - a.priority)) {
    const free = candidates(request, bounds).find(
      (box) => !placed.some((other) => overlaps(box, other, 2)) && !obstacles.some((other) => overlaps(box, other, 2)),
    );
    if (free !== undefined) {
      placed.push({ id: request.id, ...free });
    }
  }
  return placed;
}

function candidates(request: LabelRequest, bounds: Box): readonly Box[] {
  const { x, y, width, height } = request;
  if (!Number.isFinite(x) || !Number.isFinite(y) || width > bounds.width || height > bounds.height) {
    return [];
  }
  const clampTo = (value: number, low: number, high: number): number => Math.max(low, Math.min(high, value));
  return DISTANCES.flatMap((distance) =>
    DIRECTIONS.map(([dx, dy]) => ({
      x: clampTo(x + dx * (distance + width / 2) - width / 2, bounds.x, bounds.x + bounds.width - width),
      y: clampTo(y + dy * (distance + height / 2) - height / 2, bounds.y, bounds.y + bounds.height - height),
      width,
      height,
    })),
  );
}

/** Width of a text in the interface font: an average that errs to the wide side, where no canvas can measure. */
export function estimateTextWidth(text: string, fontSize: number): number {
  return text.length * fontSize * 0.58;
}

/** Shortens in the middle, because service names differ at both ends. */
export function shorten(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) {
    return text;
  }
  if (maxCharacters < 4) {
    return '…';
  }
  const tail = Math.floor((maxCharacters - 1) / 2);
  return `${text.slice(0, maxCharacters - 1 - tail)}…${text.slice(text.length - tail)}`;
}

/** Shortens at the end, for names whose start says most. */
export function truncate(text: string, maxCharacters: number): string {
  return text.length <= maxCharacters ? text : `${text.slice(0, Math.max(0, maxCharacters - 1))}…`;
}
