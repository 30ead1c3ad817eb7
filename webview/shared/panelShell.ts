import type { PanelState } from '../../src/protocol/panelRpc.js';
import { createTool } from './controls.js';
import { element, replaceChildren } from './dom.js';
import { applyHostEvent, NO_HOVER, type Hover } from './panelState.js';
import { PanelRpc } from './rpc.js';
import { applyPalette, watchTheme } from './theme.js';
import type { VsCodeApi } from './vscodeApi.js';

/** What a panel draws; owned by its shell. */
export interface PanelView {
  update(state: PanelState): void;
  hover(hover: Hover): void;
  /** Colours changed; only canvases have to draw again. */
  themeChanged(): void;
  dispose(): void;
}

/** What a view may ask of its surroundings. */
export interface PanelHost {
  readonly rpc: PanelRpc;
  readonly body: HTMLElement;
  /** Runs a request; its failure is shown in the panel's banner. */
  run(request: Promise<unknown>): void;
  /** Says something to screen readers. */
  announce(text: string): void;
  /** Asks the host for the whole state again. */
  reload(): void;
  /** State of the view (zoom, what is folded out) that survives a reload of the window. */
  readonly savedView: unknown;
  saveView(view: unknown): void;
}

/**
 * The frame around a panel: pulls the first state, applies what the host pushes, shows failures of requests, follows the theme.
 * @returns a function that takes the panel down.
 */
export function startPanel(
  api: VsCodeApi,
  root: HTMLElement,
  createView: (host: PanelHost) => PanelView,
  target: EventTarget = window,
): () => void {
  const rpc = new PanelRpc(api, target);
  const banner = element('div', { class: 'rs-banner', attributes: { role: 'alert', hidden: true } });
  const live = element('div', { class: 'rs-visually-hidden', attributes: { role: 'status', 'aria-live': 'polite' } });
  const body = element('main', { class: 'rs-body' });
  replaceChildren(root, banner, body, live);
  applyPalette(document);
  let state: PanelState | null = null;
  let hover: Hover = NO_HOVER;
  let disposed = false;

  function showBanner(message: string): void {
    const dismiss = createTool({ label: '✕', description: 'Dismiss this message', onPress: hideBanner });
    replaceChildren(banner, element('span', { text: message }), dismiss);
    banner.hidden = false;
  }
  function hideBanner(): void {
    banner.hidden = true;
  }
  function run(request: Promise<unknown>): void {
    request.catch((error: unknown) => {
      if (!disposed) {
        showBanner(error instanceof Error ? error.message : String(error));
      }
    });
  }
  function reload(): void {
    const pull = rpc.request('getState', null).then((first) => {
      state = first;
      hideBanner();
      view.update(first);
    });
    run(pull);
  }

  const view = createView({
    rpc,
    body,
    run,
    reload,
    announce: (text) => {
      live.textContent = text;
    },
    savedView: api.getState(),
    saveView: (saved) => {
      api.setState(saved);
    },
  });
  const stopEvents = rpc.onEvent((event) => {
    if (event.type === 'hover') {
      hover = { slice: event.slice, entity: event.entity };
      view.hover(hover);
      return;
    }
    state = applyHostEvent(state, event);
    if (state !== null) {
      view.update(state);
    }
  });
  const stopTheme = watchTheme(document, () => {
    view.themeChanged();
  });
  reload();
  return () => {
    disposed = true;
    stopEvents();
    stopTheme();
    rpc.dispose();
    view.dispose();
  };
}

/** The element panels are drawn in; made when the host's page has none. */
export function findRoot(): HTMLElement {
  const existing = document.getElementById('root');
  if (existing !== null) {
    return existing;
  }
  const root = element('div', { attributes: { id: 'root' } });
  document.body.append(root);
  return root;
}
