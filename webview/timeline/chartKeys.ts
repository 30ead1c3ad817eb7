import { formatDuration, formatTimeRange } from '../shared/timeFormat.js';
import type { ChartControls } from './chartControls.js';
import type { TimelineAction } from './keyboard.js';
import { readSlice } from './readout.js';
import { rangeOfSlices, selectSlice, stepIncident, stepSlice } from './selecting.js';
import { isSameWindow, panWindow, revealIn, zoomWindow } from './viewWindow.js';

/** The keyboard's place in the chart, and what its actions do from there. */
export class ChartKeys {
  readonly #chart: ChartControls;
  readonly #cancelDrag: () => boolean;
  #cursor: number | null = null;
  #anchor: number | null = null;

  /** @param cancelDrag drops a drag of the pointer in hand, and says whether there was one. */
  constructor(chart: ChartControls, cancelDrag: () => boolean) {
    this.#chart = chart;
    this.#cancelDrag = cancelDrag;
  }

  /** Another run: no place in it yet. */
  reset(): void {
    this.#cursor = null;
    this.#anchor = null;
  }

  place(slice: number): void {
    this.#cursor = slice;
  }

  act(action: TimelineAction): void {
    const chart = this.#chart;
    const { scene } = chart;
    if (scene === undefined) {
      return;
    }
    const { window, model } = scene;
    const middle = (window.fromMs + window.toMs) / 2;
    const cursorMs = this.#cursor === null ? null : (model.fromMs[this.#cursor] ?? null);
    switch (action.type) {
      case 'zoom': {
        const visible = cursorMs !== null && cursorMs >= window.fromMs && cursorMs <= window.toMs;
        chart.setWindow(zoomWindow(window, action.factor, visible ? cursorMs : middle));
        return;
      }
      case 'pan':
        chart.setWindow(panWindow(window, (window.toMs - window.fromMs) * action.share));
        return;
      case 'fit':
        // Where a few slices lie far from the rest, the second press shows those too.
        chart.setWindow(isSameWindow(window, model.home) ? { fromMs: 0, toMs: model.totalMs } : model.home);
        return;
      case 'step':
        this.#anchor = null;
        this.#move(stepSlice(model, this.#cursor, action.by));
        return;
      case 'extend':
        this.#extend(action.by, action.kind);
        return;
      case 'choose':
        if (chart.overlay.draft !== null) {
          chart.commitDraft();
        } else if (this.#cursor !== null) {
          chart.select(selectSlice(model, this.#cursor));
        }
        return;
      case 'incident': {
        const next = stepIncident(model, scene.selectedRange, action.step);
        if (next !== null) {
          chart.chooseIncident(next);
        }
        return;
      }
      case 'label':
        chart.label();
        return;
      case 'clear':
        this.#clear();
    }
  }

  #move(slice: number | null): void {
    const chart = this.#chart;
    const { scene } = chart;
    if (scene === undefined || slice === null) {
      return;
    }
    this.#cursor = slice;
    const shown = rangeOfSlices(scene.model, slice, slice);
    const revealed = revealIn(scene.window, shown.fromMs, shown.toMs);
    if (revealed !== scene.window && scene.window.toMs - scene.window.fromMs < scene.model.totalMs) {
      chart.setWindow(revealed);
    }
    chart.setOverlay({ ...chart.overlay, slice });
    chart.hover(slice);
    chart.showTooltip(slice, chart.scale()?.toX(shown.fromMs) ?? 0);
    chart.announce(readSlice(scene, slice).join(', '));
  }

  /** Both ranges wait for Enter: a diagnosis, or even a new comparison of everything, hangs on them. */
  #extend(by: number, kind: 'incident' | 'reference'): void {
    const chart = this.#chart;
    const { scene } = chart;
    if (scene === undefined) {
      return;
    }
    this.#anchor ??= this.#cursor ?? stepSlice(scene.model, null, 1);
    this.#cursor = stepSlice(scene.model, this.#cursor ?? this.#anchor, by);
    if (this.#anchor === null || this.#cursor === null) {
      return;
    }
    const range = rangeOfSlices(scene.model, this.#anchor, this.#cursor);
    const times = formatTimeRange(scene.model.startEpochMs + range.fromMs, scene.model.startEpochMs + range.toMs, scene.timeZone);
    chart.announce(`${kind === 'incident' ? 'Incident' : 'Usual'} ${times}, ${formatDuration(range.toMs - range.fromMs)}. Enter to apply.`);
    chart.setOverlay({ slice: this.#cursor, draft: { kind, range } });
  }

  #clear(): void {
    const chart = this.#chart;
    const drafting = this.#cancelDrag() || chart.overlay.draft !== null;
    this.#anchor = null;
    chart.showTooltip(null, 0);
    chart.setOverlay({ slice: null, draft: null });
    if (!drafting) {
      chart.select({ range: null, slice: null, state: null });
      chart.announce('Range cleared.');
    }
  }
}
