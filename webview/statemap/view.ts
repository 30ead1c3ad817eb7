import type { PanelState } from '../../src/protocol/panelRpc.js';
import type { TimelineView } from '../../src/protocol/views.js';
import { element, replaceChildren } from '../shared/dom.js';
import { pluralise } from '../shared/numberFormat.js';
import type { PanelHost, PanelView } from '../shared/panelShell.js';
import { emptyScreen, failedScreen, progressView, skeleton, type ScreenActions } from '../shared/phaseScreens.js';
import { sliceLines } from '../shared/sliceLines.js';
import { sliceTable } from '../shared/sliceTable.js';
import { createTextTable } from '../shared/textTable.js';
import { attachMapGestures } from './gestures.js';
import { mapTools, stateLegend } from './legend.js';
import { MapCanvas } from './mapCanvas.js';
import { chosenSlices, createMapModel, isolate, stepPoint, toggleHidden, WHOLE_PATH_LIMIT, type MapModel } from './model.js';
import { asSavedView, type SavedView } from './savedView.js';
import { zoomTransform, type MapTransform } from './transform.js';

const PURPOSE = 'The state map shows every slice of time as a point. Slices in which the system behaved alike lie close together.';
const HINT = '← → previous and next slice, Enter chooses, + − zoom, 0 all, Escape clears';

export function createStateMapPanel(host: PanelHost): PanelView {
  return new StateMapPanel(host);
}

class StateMapPanel implements PanelView {
  readonly #host: PanelHost;
  readonly #canvas = new MapCanvas();
  readonly #tooltip = element('div', { class: 'rs-tooltip', attributes: { hidden: true } });
  readonly #note = element('p', { class: 'map-note rs-muted' });
  readonly #legend = element('div', { class: 'legend-frame' });
  readonly #table = element('div', { class: 'table-frame', attributes: { hidden: true } });
  readonly #layout: HTMLElement;
  readonly #resize: ResizeObserver;
  readonly #screens: ScreenActions;
  #state: PanelState | null = null;
  #source: TimelineView | undefined;
  #model: MapModel | undefined;
  #hidden: ReadonlySet<string> = new Set();
  #cursor: number | null = null;
  #saved: SavedView | undefined;

  constructor(host: PanelHost) {
    this.#host = host;
    this.#saved = asSavedView(host.savedView);
    this.#screens = {
      runCommand: (command) => {
        host.run(host.rpc.request('runCommand', { command }));
      },
      retry: () => {
        host.reload();
      },
    };
    const canvas = this.#canvas.node;
    canvas.tabIndex = 0;
    canvas.setAttribute('role', 'application');
    canvas.setAttribute('aria-roledescription', 'state map');
    canvas.append(this.#tooltip, this.#note);
    this.#layout = element('div', { class: 'map-layout' }, [canvas, this.#legend]);
    attachMapGestures(canvas, {
      currentTransform: () => this.#canvas.currentTransform(),
      findAt: (x, y) => this.#canvas.findAt(x, y),
      hoverAt: (index) => {
        this.#hoverAt(index);
      },
      choose: (index) => {
        this.#cursor = index;
        this.#choose(index);
      },
      chooseCursor: () => {
        if (this.#cursor !== null) {
          this.#choose(this.#cursor);
        }
      },
      step: (step) => {
        this.#step(step);
      },
      zoom: (factor, x, y) => {
        this.#zoom(factor, x, y);
      },
      moveTo: (transform) => {
        this.#moveTo(transform);
      },
      clear: () => {
        this.#cursor = null;
        this.#hoverAt(null);
        this.#host.run(this.#host.rpc.request('select', { range: null, slice: null, state: null }));
      },
    });
    this.#resize = new ResizeObserver(() => {
      this.#canvas.resized();
    });
    this.#resize.observe(canvas);
    replaceChildren(host.body, skeleton('Opening the last results…', [320]));
  }

  update(state: PanelState): void {
    this.#state = state;
    if (state.phase === 'ready' && state.timeline !== null) {
      this.#showReady(state, state.timeline);
      return;
    }
    const body = this.#host.body;
    if (state.phase === 'running') {
      replaceChildren(
        body,
        element('header', { class: 'map-header' }, [progressView(state.progress)]),
        skeleton('Points appear when all files are read.', [320]),
      );
    } else if (state.phase === 'failed') {
      replaceChildren(body, failedScreen(state.error ?? 'The analysis stopped without a reason. The log may say more.', this.#screens));
    } else {
      replaceChildren(body, emptyScreen(this.#screens, PURPOSE));
    }
  }

  hover(hover: { readonly slice: string | null }): void {
    this.#canvas.setFocus(hover.slice === null ? this.#cursor : (this.#model?.indexById.get(hover.slice) ?? null));
  }

  themeChanged(): void {
    this.#canvas.themeChanged();
  }

  dispose(): void {
    this.#resize.disconnect();
    this.#canvas.dispose();
  }

  #showReady(state: PanelState, timeline: TimelineView): void {
    if (this.#source !== timeline || this.#model === undefined) {
      this.#source = timeline;
      this.#model = createMapModel(timeline);
      this.#cursor = null;
      const saved = this.#saved?.run === this.#model.run ? this.#saved : undefined;
      this.#hidden = new Set(saved?.hidden ?? []);
      this.#canvas.setTransform(saved?.transform ?? undefined);
      this.#fillTable(this.#model, state.timeZone);
    }
    if (this.#layout.parentElement !== this.#host.body) {
      replaceChildren(this.#host.body, this.#layout, this.#table);
    }
    const model = this.#model;
    const chosen = state.selection.slice === null ? undefined : model.indexById.get(state.selection.slice);
    if (chosen !== undefined) {
      this.#cursor = chosen;
      this.#canvas.setFocus(chosen);
    }
    this.#note.textContent = noteOf(model);
    this.#canvas.node.setAttribute('aria-label', `State map of ${pluralise(model.slices.length, 'slice')}. ${timeline.headline} ${HINT}.`);
    this.#showLegend();
    this.#canvas.show(model, this.#hidden, chosenSlices(model, state.selection));
  }

  #showLegend(): void {
    const model = this.#model;
    if (model === undefined) {
      return;
    }
    const focused = document.activeElement?.getAttribute('data-state');
    replaceChildren(
      this.#legend,
      mapTools(!this.#table.hidden, {
        zoom: (factor) => {
          this.#zoom(factor);
        },
        showAll: () => {
          this.#moveTo(undefined);
        },
        toggleTable: () => {
          this.#toggleTable();
        },
      }),
      stateLegend(model, this.#hidden, {
        toggle: (id) => {
          this.#filter(toggleHidden(model, this.#hidden, id));
        },
        isolate: (id) => {
          this.#filter(isolate(model, this.#hidden, id));
        },
        showAll: () => {
          this.#filter(new Set());
        },
      }),
    );
    if (focused !== null && focused !== undefined) {
      [...this.#legend.querySelectorAll<HTMLElement>('[data-state]')].find((node) => node.dataset.state === focused)?.focus();
    }
  }

  #fillTable(model: MapModel, timeZone: string): void {
    if (!this.#table.hidden) {
      const names = new Map(model.states.map((style) => [style.id, style.name]));
      replaceChildren(this.#table, createTextTable(sliceTable(model.slices, names, timeZone)));
    }
  }

  #toggleTable(): void {
    this.#table.hidden = !this.#table.hidden;
    if (this.#model !== undefined && this.#state !== null) {
      this.#fillTable(this.#model, this.#state.timeZone);
    }
    this.#showLegend();
  }

  #filter(hidden: ReadonlySet<string>): void {
    this.#hidden = hidden;
    this.#save();
    this.#showLegend();
    if (this.#model !== undefined && this.#state !== null) {
      this.#canvas.show(this.#model, hidden, chosenSlices(this.#model, this.#state.selection));
    }
  }

  #save(): void {
    this.#saved = { run: this.#model?.run ?? '', transform: this.#canvas.transform ?? null, hidden: [...this.#hidden] };
    this.#host.saveView(this.#saved);
  }

  #moveTo(transform: MapTransform | undefined): void {
    this.#canvas.setTransform(transform);
    this.#tooltip.hidden = true;
    this.#save();
  }

  #zoom(factor: number, x = this.#canvas.node.clientWidth / 2, y = this.#canvas.node.clientHeight / 2): void {
    const current = this.#canvas.currentTransform();
    if (current !== undefined) {
      this.#moveTo(zoomTransform(current, factor, x, y));
    }
  }

  #step(step: 1 | -1): void {
    const model = this.#model;
    if (model === undefined) {
      return;
    }
    this.#cursor = stepPoint(model, this.#hidden, this.#cursor, step);
    this.#hoverAt(this.#cursor);
    if (this.#cursor !== null) {
      this.#host.announce(this.#lines(this.#cursor).join(', '));
    }
  }

  #choose(index: number): void {
    const slice = this.#model?.slices[index];
    if (slice !== undefined) {
      const range = { startNs: slice.startNs, endNs: slice.endNs };
      this.#host.run(this.#host.rpc.request('select', { range, slice: slice.id, state: slice.state }));
    }
  }

  #lines(index: number): readonly string[] {
    const model = this.#model;
    const slice = model?.slices[index];
    return model === undefined || slice === undefined
      ? []
      : sliceLines(slice, model.states[model.state[index] ?? 0]?.name ?? slice.state, model.threshold, this.#state?.timeZone ?? 'UTC');
  }

  #hovered: number | null = null;

  #hoverAt(index: number | null): void {
    if (index !== this.#hovered) {
      this.#hovered = index;
      this.#host.rpc.hover(index === null ? null : (this.#model?.slices[index]?.id ?? null), null);
      this.#canvas.setFocus(index ?? this.#cursor);
    }
    const place = index === null ? undefined : this.#canvas.screenOf(index);
    this.#tooltip.hidden = place === undefined;
    if (index === null || place === undefined) {
      return;
    }
    replaceChildren(this.#tooltip, ...this.#lines(index).map((line) => element('div', { text: line })));
    const [x, y] = place;
    const frame = this.#canvas.node;
    const left = x + 16 + this.#tooltip.offsetWidth > frame.clientWidth ? x - 16 - this.#tooltip.offsetWidth : x + 16;
    const top = Math.min(y + 12, frame.clientHeight - this.#tooltip.offsetHeight - 4);
    this.#tooltip.style.setProperty('left', `${Math.max(4, left)}px`);
    this.#tooltip.style.setProperty('top', `${Math.max(4, top)}px`);
  }
}

function noteOf(model: MapModel): string {
  if (model.slices.length === 0) {
    return 'This run has no slices.';
  }
  const unplaced = model.unplaced === 0 ? '' : ` ${pluralise(model.unplaced, 'slice')} could not be placed and are in the table only.`;
  const path = model.slices.length <= WHOLE_PATH_LIMIT ? 'path in time' : 'path in time of the chosen range';
  return `Close together: alike. Larger: more abnormal. Line: ${path}.${unplaced}`;
}
