import * as d3 from 'd3';
import type { PanelState, Selection } from '../../src/protocol/panelRpc.js';
import type { TimelineView } from '../../src/protocol/views.js';
import { FrameScheduler } from '../shared/canvas.js';
import { element, replaceChildren, svgElement } from '../shared/dom.js';
import type { PanelHost } from '../shared/panelShell.js';
import type { ChartControls } from './chartControls.js';
import { ChartKeys } from './chartKeys.js';
import { createPointerTarget } from './chartPointer.js';
import { drawLanes } from './drawLanes.js';
import { drawMarkers, drawOverlay } from './drawOverlay.js';
import { drawOverview, drawOverviewWindow } from './drawOverview.js';
import { attachGestures } from './gestures.js';
import { toAction } from './keyboard.js';
import { countRows, toLabelBands, type LabelBand } from './labelBands.js';
import { layoutTimeline, type TimelineLayout } from './layout.js';
import { relativeMs, type TimelineModel } from './model.js';
import { definePatterns } from './patterns.js';
import { readLabel, readSlice } from './readout.js';
import { createTimeScale, overviewRange, type Overlay, type Scene, type TimeScale, type SvgGroup } from './scene.js';
import { selectRange, toNsRange } from './selecting.js';
import { clampWindow, focusOn, type ViewWindow } from './viewWindow.js';

/** Narrowest window: five steps of the grid, so that a bar never fills the screen. */
const MIN_BINS = 5;

/** The interactive drawing: one SVG with detail and overview, its gestures and keys. */
export class TimelineChart implements ChartControls {
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
  readonly #onLabel: () => void;
  readonly #frames = new FrameScheduler(() => {
    this.#draw();
  });
  readonly #resize: ResizeObserver;
  readonly #groups: Record<'lanes' | 'markers' | 'overview' | 'overviewWindow' | 'overlay', SvgGroup>;
  #scene: Scene | undefined;
  #overlay: Overlay = { slice: null, draft: null };
  #lanesStale = true;
  /** The scene that the overview was drawn for: it hardly depends on the window. */
  #overviewOf: Scene | undefined;
  readonly #keys: ChartKeys;

  constructor(host: PanelHost, onWindow: (window: ViewWindow) => void, onLabel: () => void) {
    this.#host = host;
    this.#onWindow = onWindow;
    this.#onLabel = onLabel;
    const root = d3.select(this.#svg);
    this.#groups = {
      lanes: root.append('g').attr('class', 'lanes'),
      markers: root.append('g').attr('class', 'markers'),
      overview: root.append('g').attr('class', 'overview'),
      overviewWindow: root.append('g').attr('class', 'overview'),
      overlay: root.append('g').attr('class', 'overlay'),
    };
    this.node = element('div', { class: 'chart-frame' }, [this.#svg, this.#tooltip]);
    this.#keys = new ChartKeys(this, attachGestures(this.#svg, createPointerTarget(this)));
    this.#svg.addEventListener('keydown', (event) => {
      const action = toAction(event);
      if (action !== undefined && this.#scene !== undefined) {
        event.preventDefault();
        this.#keys.act(action);
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
    const window = (sameRun ? this.#scene?.window : saved) ?? model.home;
    const range = state.selection.range;
    const changedModel = this.#scene?.model !== model;
    const bands = toLabelBands(state.labels, model.startNs, model.totalMs);
    this.#scene = {
      model,
      density: view.density,
      layout: this.#layout(bands),
      bands,
      window: clampWindow(window, model.totalMs, model.gridMs * MIN_BINS),
      timeZone: state.timeZone,
      selectedRange:
        range === null ? null : { fromMs: relativeMs(range.startNs, model.startNs), toMs: relativeMs(range.endNs, model.startNs) },
      selectedState: state.selection.state,
    };
    if (changedModel) {
      definePatterns(this.#svg, model.states);
      this.#keys.reset();
      this.#overlay = { slice: null, draft: null };
    }
    const chosen = state.selection.slice === null ? undefined : model.indexById.get(state.selection.slice);
    if (chosen !== undefined) {
      this.#keys.place(chosen);
    }
    this.#svg.setAttribute('aria-label', `Timeline. ${view.headline}`);
    this.#redrawAll();
  }

  hoverSlice(id: string | null): void {
    const slice = id === null ? null : (this.#scene?.model.indexById.get(id) ?? null);
    this.setOverlay({ ...this.#overlay, slice });
  }

  /** Draws at once what is due; for tests and for the first paint. */
  flush(): void {
    this.#draw();
  }

  zoom(factor: number): void {
    this.#keys.act({ type: 'zoom', factor });
  }

  fit(): void {
    this.#keys.act({ type: 'fit' });
  }

  stepIncident(step: 1 | -1): void {
    this.#keys.act({ type: 'incident', step });
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
      this.#scene = { ...this.#scene, layout: this.#layout(this.#scene.bands) };
      this.#redrawAll();
    }
  }

  #layout(bands: readonly LabelBand[]): TimelineLayout {
    return layoutTimeline(this.node.clientWidth, this.node.clientHeight, countRows(bands));
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
      const before = this.#overviewOf;
      if (before?.model !== scene.model || before.layout !== scene.layout || overviewRange(before) !== overviewRange(scene)) {
        this.#overviewOf = scene;
        drawOverview(this.#groups.overview, scene);
      }
      drawOverviewWindow(this.#groups.overviewWindow, scene);
    }
    drawOverlay(this.#groups.overlay, scene, this.#overlay);
  }

  get scene(): Scene | undefined {
    return this.#scene;
  }

  get overlay(): Overlay {
    return this.#overlay;
  }

  setOverlay(overlay: Overlay): void {
    this.#overlay = overlay;
    this.#frames.request();
  }

  setWindow(window: ViewWindow): void {
    const scene = this.#scene;
    if (scene !== undefined) {
      const clamped = clampWindow(window, scene.model.totalMs, scene.model.gridMs * MIN_BINS);
      this.#scene = { ...scene, window: clamped };
      this.#onWindow(clamped);
      this.#redrawAll();
    }
  }

  scale(): TimeScale | undefined {
    return this.#scene === undefined ? undefined : createTimeScale(this.#scene.window, this.#scene.layout);
  }

  overviewScale(): TimeScale | undefined {
    return this.#scene === undefined ? undefined : createTimeScale(overviewRange(this.#scene), this.#scene.layout);
  }

  showTooltip(slice: number | null, x: number): void {
    const scene = this.#scene;
    this.#showLines(scene === undefined || slice === null ? [] : readSlice(scene, slice), x);
  }

  showLabel(label: number, x: number): void {
    this.#showLines(this.#scene === undefined ? [] : readLabel(this.#scene, label), x);
  }

  #showLines(lines: readonly string[], x: number): void {
    const scene = this.#scene;
    this.#tooltip.hidden = lines.length === 0;
    if (scene === undefined || lines.length === 0) {
      return;
    }
    replaceChildren(this.#tooltip, ...lines.map((line) => element('div', { text: line })));
    const width = this.#tooltip.offsetWidth;
    const left = x + 14 + width > scene.layout.width ? x - 14 - width : x + 14;
    this.#tooltip.style.setProperty('left', `${Math.max(0, left)}px`);
    this.#tooltip.style.setProperty('top', `${scene.layout.score.y + 6}px`);
  }

  hover(slice: number | null): void {
    this.#host.rpc.hover(slice === null ? null : (this.#scene?.model.slices[slice]?.id ?? null), null);
  }

  announce(text: string): void {
    this.#host.announce(text);
  }

  moveCursor(slice: number): void {
    this.#keys.place(slice);
  }

  select(selection: Partial<Selection>): void {
    this.#host.run(this.#host.rpc.request('select', selection));
  }

  chooseIncident(index: number): void {
    const scene = this.#scene;
    const incident = scene?.model.incidents[index];
    if (scene !== undefined && incident !== undefined) {
      this.#host.announce(incident.sentence);
      this.setWindow(focusOn(scene.window, incident.fromMs, incident.toMs));
      this.select({ range: { startNs: incident.startNs, endNs: incident.endNs }, slice: null, state: null });
    }
  }

  /** Labels the range that is being drawn, else the one that is chosen. */
  label(): void {
    if (this.#overlay.draft?.kind === 'incident') {
      this.commitDraft();
    }
    this.#onLabel();
  }

  commitDraft(): void {
    const scene = this.#scene;
    const draft = this.#overlay.draft;
    if (scene === undefined || draft === null) {
      return;
    }
    if (draft.kind === 'incident') {
      this.#scene = { ...scene, selectedRange: draft.range };
      this.select(selectRange(scene.model, draft.range));
    } else {
      this.#host.announce('Comparing everything with this usual range now.');
      this.#host.run(this.#host.rpc.request('setReference', toNsRange(scene.model, draft.range)));
    }
    this.setOverlay({ ...this.#overlay, draft: null });
  }
}
