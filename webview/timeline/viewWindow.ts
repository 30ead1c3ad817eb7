/** The visible part of the timeline. Times are milliseconds since the start of the run. */
export interface ViewWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Keeps the window inside `[0, totalMs]` and at least `minSpanMs` wide (or the whole run, when that is shorter). */
export function clampWindow(window: ViewWindow, totalMs: number, minSpanMs: number): ViewWindow {
  const total = Math.max(totalMs, 1);
  const wanted = window.toMs - window.fromMs;
  const span = Number.isFinite(wanted) ? Math.min(total, Math.max(Math.min(minSpanMs, total), wanted)) : total;
  const from = Number.isFinite(window.fromMs) ? Math.max(0, Math.min(window.fromMs, total - span)) : 0;
  return { fromMs: from, toMs: from + span };
}

/** Equal to a millisecond, which no reader can tell apart. */
export function isSameWindow(a: ViewWindow, b: ViewWindow): boolean {
  return Math.abs(a.fromMs - b.fromMs) < 1 && Math.abs(a.toMs - b.toMs) < 1;
}

/** Scales the span by `factor` (below 1 zooms in), keeping the time `aroundMs` where it is on screen. */
export function zoomWindow(window: ViewWindow, factor: number, aroundMs: number): ViewWindow {
  return { fromMs: aroundMs - (aroundMs - window.fromMs) * factor, toMs: aroundMs + (window.toMs - aroundMs) * factor };
}

export function panWindow(window: ViewWindow, byMs: number): ViewWindow {
  return { fromMs: window.fromMs + byMs, toMs: window.toMs + byMs };
}

/** A range narrower than this share of the window is hard to see: the window closes in until it takes `SHOWN_SHARE`. */
const SEEN_SHARE = 0.02;
const SHOWN_SHARE = 0.1;

/** Brings a range into view, large enough to be read. */
export function focusOn(window: ViewWindow, fromMs: number, toMs: number): ViewWindow {
  const length = toMs - fromMs;
  if (length >= (window.toMs - window.fromMs) * SEEN_SHARE) {
    return revealIn(window, fromMs, toMs);
  }
  const middle = (fromMs + toMs) / 2;
  const half = length / SHOWN_SHARE / 2;
  return { fromMs: middle - half, toMs: middle + half };
}

/** Moves the window as little as needed to show `[fromMs, toMs)`, with a tenth of the span as margin. */
export function revealIn(window: ViewWindow, fromMs: number, toMs: number): ViewWindow {
  const span = window.toMs - window.fromMs;
  const margin = span * 0.1;
  if (toMs - fromMs > span - 2 * margin) {
    const wanted = (toMs - fromMs) / 0.6;
    const middle = (fromMs + toMs) / 2;
    return { fromMs: middle - wanted / 2, toMs: middle + wanted / 2 };
  }
  if (fromMs < window.fromMs + margin) {
    return panWindow(window, fromMs - margin - window.fromMs);
  }
  return toMs > window.toMs - margin ? panWindow(window, toMs + margin - window.toMs) : window;
}
