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
  let stateError: string | null = null;

  function showBanner(message: string, actions: readonly HTMLElement[] = []): void {
    const dismiss = createTool({ label: '✕', description: 'Dismiss this message', onPress: hideBanner });
    replaceChildren(banner, element('span', { class: 'rs-banner-text', text: message }), ...actions, dismiss);
    banner.hidden = false;
  }
  function hideBanner(): void {
    banner.hidden = true;
  }
  /** What went wrong while earlier results stay: said on top of them until it is dismissed or taken back. */
  function showState(next: PanelState): void {
    const message = next.phase === 'ready' ? next.error : null;
    if (message !== stateError) {
      stateError = message;
      if (message === null) {
        hideBanner();
      } else {
        showBanner(message, [
          createTool({
            label: 'Show log',
            description: 'Show the log, which may say more',
            onPress: () => {
              run(rpc.request('runCommand', { command: 'runtimeSlicer.showLog' }));
            },
          }),
        ]);
      }
    }
    view.update(next);
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
      stateError = null;
      showState(first);
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
      showState(state);
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
