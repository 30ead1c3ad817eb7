import * as d3 from 'd3';
import type { PanelState } from '../../src/protocol/panelRpc.js';
import type { TimelineView } from '../../src/protocol/views.js';
import { FrameScheduler } from '../shared/canvas.js';
import { element, replaceChildren, svgElement } from '../shared/dom.js';
import type { PanelHost } from '../shared/panelShell.js';
import { formatTimeRange, formatDuration } from '../shared/timeFormat.js';
import { drawLanes, type SvgGroup } from './drawLanes.js';
import { drawMarkers, drawOverlay } from './drawOverlay.js';
import { drawOverview, drawOverviewWindow } from './drawOverview.js';
import { attachGestures, type GestureTarget } from './gestures.js';
import { toAction, type TimelineAction } from './keyboard.js';
import { layoutTimeline } from './layout.js';
import { findSliceAt, relativeMs, type RangeMs, type TimelineModel } from './model.js';
import { definePatterns } from './patterns.js';
import { readSlice } from './readout.js';
import { ribbonRuns } from './reduce.js';
import { createTimeScale, RUN_PIXELS, type Overlay, type Scene, type TimeScale } from './scene.js';
import { rangeOfSlices, selectRange, selectRun, selectSlice, snapRange, stepIncident, stepSlice, toNsRange } from './selecting.js';
import { clampWindow, panWindow, revealIn, zoomWindow, type ViewWindow } from './viewWindow.js';

/** Narrowest window: five base bins, so that a bar never fills the screen. */
const MIN_BINS = 5;

/** The interactive drawing: one SVG with detail and overview, its gestures and keys. */
export class TimelineChart {
  readonly node: HTMLElement;
  readonly #svg = svgElement('svg', {
    class: 'chart',
    tabindex: 0,
    role: 'application',
    'aria-roledescription': 'timeline',
    'aria-describedby': 'timeline-keys',
  });
  readonly #tooltip = element('div', { class: 'rs-tooltip', attributes: { hidden: true } });
  readonly #host: PanelHost;
  readonly #onWindow: (window: ViewWindow) => void;
  readonly #frames = new FrameScheduler(() => {
    this.#draw();
  });
  readonly #resize: ResizeObserver;
  readonly #groups: Record<'lanes' | 'markers' | 'overview' | 'overviewWindow' | 'overlay', SvgGroup>;
  #scene: Scene | undefined;
  #overlay: Overlay = { slice: null, draft: null };
  #lanesStale = true;
  /** The scene that the overview was drawn for: it does not depend on the window. */
  #overviewOf: Scene | undefined;
  #cursor: number | null = null;
  #anchor: number | null = null;
  readonly #cancelDrag: () => boolean;

  constructor(host: PanelHost, onWindow: (window: ViewWindow) => void) {
    this.#host = host;
    this.#onWindow = onWindow;
    const root = d3.select(this.#svg);
    this.#groups = {
      lanes: root.append('g').attr('class', 'lanes'),
      markers: root.append('g').attr('class', 'markers'),
      overview: root.append('g').attr('class', 'overview'),
      overviewWindow: root.append('g').attr('class', 'overview'),
      overlay: root.append('g').attr('class', 'overlay'),
    };
    this.node = element('div', { class: 'chart-frame' }, [this.#svg, this.#tooltip]);
    this.#cancelDrag = attachGestures(this.#svg, this.#gestureTarget());
    this.#svg.addEventListener('keydown', (event) => {
      const action = toAction(event);
      if (action !== undefined && this.#scene !== undefined) {
        event.preventDefault();
        this.#act(action);
      }
    });
    this.#resize = new ResizeObserver(() => {
      this.#relayout();
    });
    this.#resize.observe(this.node);
  }

  /** Shows a timeline; the window is kept while the run stays the same. */
  show(model: TimelineModel, view: TimelineView, state: PanelState, saved: ViewWindow | undefined): void {
    const sameRun = this.#scene?.model.run === model.run && this.#scene.model.startNs === model.startNs;
    const window = (sameRun ? this.#scene?.window : saved) ?? { fromMs: 0, toMs: model.totalMs };
    const range = state.selection.range;
    const changedModel = this.#scene?.model !== model;
    this.#scene = {
      model,
      density: view.density,
      layout: layoutTimeline(this.node.clientWidth, this.node.clientHeight),
      window: clampWindow(window, model.totalMs, model.binMs * MIN_BINS),
      timeZone: state.timeZone,
      selectedRange:
        range === null ? null : { fromMs: relativeMs(range.startNs, model.startNs), toMs: relativeMs(range.endNs, model.startNs) },
      selectedState: state.selection.state,
    };
    if (changedModel) {
      definePatterns(this.#svg, model.states);
      this.#cursor = null;
      this.#anchor = null;
      this.#overlay = { slice: null, draft: null };
    }
    const chosen = state.selection.slice === null ? undefined : model.indexById.get(state.selection.slice);
    if (chosen !== undefined) {
      this.#cursor = chosen;
    }
    this.#svg.setAttribute('aria-label', `Timeline. ${view.headline}`);
    this.#redrawAll();
  }

  hoverSlice(id: string | null): void {
    const slice = id === null ? null : (this.#scene?.model.indexById.get(id) ?? null);
    this.#setOverlay({ ...this.#overlay, slice });
  }

  /** Draws at once what is due; for tests and for the first paint. */
  flush(): void {
    this.#draw();
  }

  zoom(factor: number): void {
    this.#act({ type: 'zoom', factor });
  }

  fit(): void {
    this.#act({ type: 'fit' });
  }

  focus(): void {
    this.#svg.focus();
  }

  dispose(): void {
    this.#resize.disconnect();
    this.#frames.dispose();
  }

  #redrawAll(): void {
    this.#lanesStale = true;
    this.#frames.request();
  }

  #relayout(): void {
    if (this.#scene !== undefined) {
      this.#scene = { ...this.#scene, layout: layoutTimeline(this.node.clientWidth, this.node.clientHeight) };
      this.#redrawAll();
    }
  }

  #draw(): void {
    const scene = this.#scene;
    if (scene === undefined) {
      return;
    }
    if (this.#lanesStale) {
      this.#lanesStale = false;
      this.#svg.setAttribute('width', String(scene.layout.width));
      this.#svg.setAttribute('height', String(scene.layout.height));
      drawLanes(this.#groups.lanes, scene);
      drawMarkers(this.#groups.markers, scene);
      if (this.#overviewOf?.model !== scene.model || this.#overviewOf.layout !== scene.layout) {
        this.#overviewOf = scene;
        drawOverview(this.#groups.overview, scene);
      }
      drawOverviewWindow(this.#groups.overviewWindow, scene);
    }
    drawOverlay(this.#groups.overlay, scene, this.#overlay);
  }

  #setOverlay(overlay: Overlay): void {
    this.#overlay = overlay;
    this.#frames.request();
  }

  #setWindow(window: ViewWindow): void {
    const scene = this.#scene;
    if (scene !== undefined) {
      const clamped = clampWindow(window, scene.model.totalMs, scene.model.binMs * MIN_BINS);
      this.#scene = { ...scene, window: clamped };
      this.#onWindow(clamped);
      this.#redrawAll();
    }
  }

  #scale(): TimeScale | undefined {
    return this.#scene === undefined ? undefined : createTimeScale(this.#scene.window, this.#scene.layout);
  }

  #gestureTarget(): GestureTarget {
    return {
      layout: () => this.#scene?.layout,
      overviewWindow: () => {
        const whole = this.#overviewScale();
        return { fromX: whole?.toX(this.#scene?.window.fromMs ?? 0) ?? 0, toX: whole?.toX(this.#scene?.window.toMs ?? 0) ?? 0 };
      },
      hoverAt: (x, y) => {
        this.#hoverAt(x, y);
      },
      drag: (kind, fromX, toX) => {
        const scale = this.#scale();
        if (scale !== undefined && this.#scene !== undefined) {
          this.#tooltip.hidden = true;
          this.#setOverlay({ slice: null, draft: { kind, range: snapRange(this.#scene.model, scale.toMs(fromX), scale.toMs(toX)) } });
        }
      },
      drop: () => {
        this.#commitDraft();
      },
      cancelDrag: () => {
        this.#setOverlay({ ...this.#overlay, draft: null });
      },
      click: (x, y, target) => {
        this.#click(x, y, target);
      },
      zoomAt: (x, factor) => {
        const scale = this.#scale();
        if (scale !== undefined && this.#scene !== undefined) {
          this.#setWindow(zoomWindow(this.#scene.window, factor, scale.toMs(x)));
        }
      },
      panBy: (pixels) => {
        const scale = this.#scale();
        if (scale !== undefined && this.#scene !== undefined) {
          this.#setWindow(panWindow(this.#scene.window, pixels * scale.msPerPixel));
        }
      },
      setOverviewWindow: (fromX, toX) => {
        const whole = this.#overviewScale();
        if (whole !== undefined) {
          this.#setWindow({ fromMs: whole.toMs(Math.min(fromX, toX)), toMs: whole.toMs(Math.max(fromX, toX)) });
        }
      },
    };
  }

  #overviewScale(): TimeScale | undefined {
    const scene = this.#scene;
    return scene === undefined ? undefined : createTimeScale({ fromMs: 0, toMs: scene.model.totalMs }, scene.layout);
  }

  #hoverAt(x: number | null, y: number): void {
    const scene = this.#scene;
    const scale = this.#scale();
    if (scene === undefined || scale === undefined) {
      return;
    }
    const inside = x !== null && x >= scene.layout.plotX && x <= scene.layout.plotX + scene.layout.plotWidth;
    const inPlot = inside && y >= scene.layout.ribbon.y && y < scene.layout.axis.y;
    const slice = inPlot ? (findSliceAt(scene.model, scale.toMs(x)) ?? null) : null;
    if (slice !== this.#overlay.slice) {
      this.#host.rpc.hover(slice === null ? null : (scene.model.slices[slice]?.id ?? null), null);
      this.#setOverlay({ ...this.#overlay, slice });
    }
    this.#showTooltip(slice, x ?? 0);
  }

  #showTooltip(slice: number | null, x: number): void {
    const scene = this.#scene;
    this.#tooltip.hidden = slice === null;
    if (slice === null || scene === undefined) {
      return;
    }
    const lines = readSlice(scene.model, slice, scene.timeZone);
    replaceChildren(this.#tooltip, ...lines.map((line) => element('div', { text: line })));
    const width = this.#tooltip.offsetWidth;
    const left = x + 14 + width > scene.layout.width ? x - 14 - width : x + 14;
    this.#tooltip.style.setProperty('left', `${Math.max(0, left)}px`);
    this.#tooltip.style.setProperty('top', `${scene.layout.score.y + 6}px`);
  }

  #click(x: number, y: number, target: Element): void {
    const scene = this.#scene;
    const scale = this.#scale();
    if (scene === undefined || scale === undefined) {
      return;
    }
    const incident = target.closest('[data-incident]')?.getAttribute('data-incident');
    if (incident !== null && incident !== undefined) {
      this.#chooseIncident(Number(incident));
      return;
    }
    const run = target.closest('[data-run]')?.getAttribute('data-run');
    const runs = ribbonRuns(scene.model, scene.window, scale.msPerPixel * RUN_PIXELS);
    const chosenRun = run === null || run === undefined ? undefined : runs[Number(run)];
    if (chosenRun !== undefined) {
      this.#select(selectRun(scene.model, chosenRun));
      return;
    }
    const slice = y < scene.layout.axis.y ? findSliceAt(scene.model, scale.toMs(x)) : undefined;
    if (slice !== undefined) {
      this.#cursor = slice;
      this.#select(selectSlice(scene.model, slice));
    }
  }

  #select(selection: ReturnType<typeof selectRun>): void {
    this.#host.run(this.#host.rpc.request('select', selection));
  }

  #chooseIncident(index: number): void {
    const scene = this.#scene;
    const incident = scene?.model.incidents[index];
    if (scene !== undefined && incident !== undefined) {
      this.#host.announce(incident.sentence);
      this.#setWindow(revealIn(scene.window, incident.fromMs, incident.toMs));
      this.#select({ range: { startNs: incident.startNs, endNs: incident.endNs }, slice: null, state: null });
    }
  }

  #commitDraft(): void {
    const scene = this.#scene;
    const draft = this.#overlay.draft;
    if (scene === undefined || draft === null) {
      return;
    }
    if (draft.kind === 'incident') {
      this.#scene = { ...scene, selectedRange: draft.range };
      this.#select(selectRange(scene.model, draft.range));
    } else {
      this.#host.announce('Comparing everything with this usual range now.');
      this.#host.run(this.#host.rpc.request('setReference', toNsRange(scene.model, draft.range)));
    }
    this.#setOverlay({ ...this.#overlay, draft: null });
  }

  #act(action: TimelineAction): void {
    const scene = this.#scene;
    if (scene === undefined) {
      return;
    }
    const { window, model } = scene;
    const middle = (window.fromMs + window.toMs) / 2;
    const cursorMs = this.#cursor === null ? null : (model.fromMs[this.#cursor] ?? null);
    switch (action.type) {
      case 'zoom': {
        const visible = cursorMs !== null && cursorMs >= window.fromMs && cursorMs <= window.toMs;
        this.#setWindow(zoomWindow(window, action.factor, visible ? cursorMs : middle));
        return;
      }
      case 'pan':
        this.#setWindow(panWindow(window, (window.toMs - window.fromMs) * action.share));
        return;
      case 'fit':
        this.#setWindow({ fromMs: 0, toMs: model.totalMs });
        return;
      case 'step':
        this.#anchor = null;
        this.#moveCursor(stepSlice(model, this.#cursor, action.by));
        return;
      case 'extend':
        this.#extend(action.by, action.kind);
        return;
      case 'choose':
        if (this.#overlay.draft !== null) {
          this.#commitDraft();
        } else if (this.#cursor !== null) {
          this.#select(selectSlice(model, this.#cursor));
        }
        return;
      case 'incident': {
        const from = scene.selectedRange?.fromMs ?? cursorMs;
        const next = stepIncident(model, from, action.step);
        if (next !== null) {
          this.#chooseIncident(next);
        }
        return;
      }
      case 'clear':
        this.#clear();
    }
  }

  #moveCursor(slice: number | null): void {
    const scene = this.#scene;
    if (scene === undefined || slice === null) {
      return;
    }
    this.#cursor = slice;
    const shown: RangeMs = rangeOfSlices(scene.model, slice, slice);
    const revealed = revealIn(scene.window, shown.fromMs, shown.toMs);
    if (revealed !== scene.window && scene.window.toMs - scene.window.fromMs < scene.model.totalMs) {
      this.#setWindow(revealed);
    }
    this.#setOverlay({ ...this.#overlay, slice });
    this.#host.rpc.hover(scene.model.slices[slice]?.id ?? null, null);
    this.#showTooltip(slice, this.#scale()?.toX(shown.fromMs) ?? 0);
    this.#host.announce(readSlice(scene.model, slice, scene.timeZone).join(', '));
  }

  /** Both ranges wait for Enter: a diagnosis, or even a new comparison of everything, hangs on them. */
  #extend(by: number, kind: 'incident' | 'reference'): void {
    const scene = this.#scene;
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
    this.#host.announce(
      `${kind === 'incident' ? 'Incident' : 'Usual'} ${times}, ${formatDuration(range.toMs - range.fromMs)}. Enter to apply.`,
    );
    this.#setOverlay({ slice: this.#cursor, draft: { kind, range } });
  }

  #clear(): void {
    const drafting = this.#cancelDrag() || this.#overlay.draft !== null;
    this.#anchor = null;
    this.#tooltip.hidden = true;
    this.#setOverlay({ slice: null, draft: null });
    if (!drafting) {
      this.#select({ range: null, slice: null, state: null });
      this.#host.announce('Range cleared.');
    }
  }
}
