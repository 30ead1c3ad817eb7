import type { PanelState } from '../../src/protocol/panelRpc.js';
import type { TimelineView } from '../../src/protocol/views.js';
import { element, replaceChildren } from '../shared/dom.js';
import type { PanelHost, PanelView } from '../shared/panelShell.js';
import { emptyScreen, failedScreen, progressView, skeleton, type ScreenActions } from '../shared/phaseScreens.js';
import { createTextTable } from '../shared/textTable.js';
import { TimelineChart } from './chart.js';
import { keyHelp, timelineHeader, type HeaderActions } from './header.js';
import { createTimelineModel, type TimelineModel } from './model.js';
import { timelineTable } from './readout.js';
import { runningChart } from './running.js';
import type { ViewWindow } from './viewWindow.js';

/** View state that survives a reload of the window. */
interface SavedView {
  readonly run: string;
  readonly window: ViewWindow;
  readonly table: boolean;
}

const PURPOSE =
  'The timeline shows how the system ran: its states over time, when it was abnormal, and how much was logged, traced and measured.';

export function createTimelinePanel(host: PanelHost): PanelView {
  const chart = new TimelineChart(
    host,
    (window) => {
      saved = { run: shown?.model.run ?? '', window, table: open.table };
      host.saveView(saved);
    },
    labelRange,
  );
  const header = element('div');
  const help = keyHelp();
  const table = element('div', { class: 'table-frame' });
  let saved = asSavedView(host.savedView);
  let state: PanelState | null = null;
  let shown: { readonly source: TimelineView; readonly model: TimelineModel } | undefined;
  let shownLabels: PanelState['labels'] = [];
  const open = { table: saved?.table ?? false, help: false, legend: false };
  replaceChildren(host.body, skeleton('Opening the last results…', [28, 90, 44, 44, 44]));

  const screens: ScreenActions = {
    runCommand: (command) => {
      host.run(host.rpc.request('runCommand', { command }));
    },
    retry: () => {
      host.reload();
    },
  };
  const actions: HeaderActions = {
    zoom: (factor) => {
      chart.zoom(factor);
    },
    fit: () => {
      chart.fit();
    },
    toggleTable: () => {
      open.table = !open.table;
      if (shown !== undefined) {
        saved = { run: shown.model.run, window: saved?.window ?? { fromMs: 0, toMs: shown.model.totalMs }, table: open.table };
        host.saveView(saved);
      }
      showHeader();
      showTable();
    },
    toggleHelp: () => {
      open.help = !open.help;
      help.classList.toggle('open', open.help);
      showHeader();
    },
    toggleLegend: () => {
      open.legend = !open.legend;
      showHeader();
    },
    stepIncident: (step) => {
      chart.stepIncident(step);
    },
    showFiles: () => {
      host.run(host.rpc.request('runCommand', { command: 'runtimeSlicer.showEngineStatus' }));
    },
    selectState: (id) => {
      host.run(host.rpc.request('select', { state: id }));
    },
    clearRange: () => {
      host.run(host.rpc.request('select', { range: null, slice: null, state: null }));
      chart.focus();
    },
    labelRange,
    automaticReference: () => {
      host.run(host.rpc.request('setReference', null));
    },
  };

  function labelRange(): void {
    host.run(host.rpc.request('runCommand', { command: 'runtimeSlicer.labelRange' }));
  }
  function showHeader(): void {
    if (shown === undefined || state === null) {
      return;
    }
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.title : '';
    replaceChildren(header, timelineHeader(shown.source, shown.model, state, open, actions));
    // Drawn anew, the header would lose the keyboard's place in it.
    if (focused !== '' && document.activeElement === document.body) {
      [...header.querySelectorAll<HTMLElement>('[title]')].find((node) => node.title === focused)?.focus();
    }
  }
  function showTable(): void {
    table.hidden = !open.table;
    if (open.table && shown !== undefined && state !== null) {
      replaceChildren(table, createTextTable(timelineTable(shown.model, state.labels, state.timeZone)));
    }
  }
  function showReady(timeline: TimelineView, current: PanelState): void {
    const changed = shown?.source !== timeline || shownLabels !== current.labels;
    shownLabels = current.labels;
    if (shown?.source !== timeline) {
      shown = { source: timeline, model: createTimelineModel(timeline) };
    }
    if (chart.node.parentElement !== host.body) {
      replaceChildren(host.body, header, chart.node, help, table);
    }
    showHeader();
    chart.show(shown.model, timeline, current, saved?.run === shown.model.run ? saved.window : undefined);
    if (changed) {
      showTable();
    }
  }
  function showRunning(current: PanelState): void {
    const top = element('header', { class: 'timeline-header' }, [progressView(current.progress)]);
    replaceChildren(host.body, top);
    const height = Math.max(0, host.body.clientHeight - top.offsetHeight);
    host.body.append(runningChart(current, host.body.clientWidth || 800, height));
  }

  return {
    update(next) {
      state = next;
      switch (next.phase) {
        case 'empty':
          replaceChildren(host.body, emptyScreen(screens, PURPOSE));
          return;
        case 'running':
          showRunning(next);
          return;
        case 'failed':
          replaceChildren(host.body, failedScreen(next.error ?? 'The analysis stopped without a reason. The log may say more.', screens));
          return;
        case 'ready':
          if (next.timeline === null) {
            replaceChildren(host.body, emptyScreen(screens, PURPOSE));
          } else {
            showReady(next.timeline, next);
          }
      }
    },
    hover(hover) {
      chart.hoverSlice(hover.slice);
    },
    themeChanged() {
      // Everything here is SVG and HTML coloured by theme variables, which follow by themselves.
    },
    dispose() {
      chart.dispose();
    },
  };
}

function asSavedView(value: unknown): SavedView | undefined {
  if (typeof value !== 'object' || value === null || !('run' in value) || !('window' in value) || typeof value.run !== 'string') {
    return undefined;
  }
  const window = value.window;
  if (typeof window !== 'object' || window === null || !('fromMs' in window) || !('toMs' in window)) {
    return undefined;
  }
  const { fromMs, toMs } = window;
  return typeof fromMs === 'number' && typeof toMs === 'number'
    ? { run: value.run, window: { fromMs, toMs }, table: 'table' in value && value.table === true }
    : undefined;
}
