import type { HostEvent, PanelState } from '../../src/protocol/panelRpc.js';
import { startPanel, type PanelHost, type PanelView } from '../../webview/shared/panelShell.js';

export interface MountedPanel {
  readonly root: HTMLElement;
  /** Everything the panel said to the host, oldest first. */
  readonly posted: readonly unknown[];
  /** View state that the panel saved last. */
  readonly saved: () => unknown;
  readonly push: (event: HostEvent) => void;
  readonly fail: (message: string) => void;
  /** Lets the panel draw what it has asked a frame for. */
  readonly settle: () => Promise<void>;
  /** Parameters of the requests of one method, oldest first. */
  readonly requests: (method: string) => readonly unknown[];
  readonly dispose: () => void;
}

interface PostedRequest {
  readonly type: string;
  readonly id: number;
  readonly method: string;
  readonly params: unknown;
}

/** Mounts a panel of a given size in the test's document, with a host that answers `getState` with `state` and all else with null. */
export async function mountPanel(
  createView: (host: PanelHost) => PanelView,
  state: PanelState,
  options: { readonly width?: number; readonly height?: number; readonly saved?: unknown } = {},
): Promise<MountedPanel> {
  setSize(options.width ?? 1400, options.height ?? 400);
  const root = document.createElement('div');
  document.body.replaceChildren(root);
  const target = new EventTarget();
  const posted: PostedRequest[] = [];
  let saved: unknown;
  let failure: string | undefined;
  const deliver = (data: unknown): void => {
    target.dispatchEvent(new MessageEvent('message', { data }));
  };
  const dispose = startPanel(
    {
      postMessage: (message) => {
        const request = message as PostedRequest;
        posted.push(request);
        if (request.type === 'request') {
          queueMicrotask(() => {
            deliver(
              failure === undefined
                ? { type: 'response', id: request.id, result: request.method === 'getState' ? state : null }
                : { type: 'error', id: request.id, message: failure },
            );
          });
        }
      },
      getState: () => options.saved,
      setState: (value) => {
        saved = value;
      },
    },
    root,
    createView,
    target,
  );
  const settle = async (): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, 0));
    await new Promise((resolve) => requestAnimationFrame(resolve));
    await new Promise((resolve) => setTimeout(resolve, 0));
  };
  await settle();
  return {
    root,
    posted,
    saved: () => saved,
    push: deliver,
    fail: (message) => {
      failure = message;
    },
    settle,
    requests: (method) => posted.filter((message) => message.method === method).map((message) => message.params),
    dispose,
  };
}

/** The test's DOM lays nothing out, so elements get the size of the panel. */
function setSize(width: number, height: number): void {
  Object.defineProperty(HTMLElement.prototype, 'clientWidth', { configurable: true, get: () => width });
  Object.defineProperty(HTMLElement.prototype, 'clientHeight', { configurable: true, get: () => height });
}

export function press(target: Element, key: string, modifiers: KeyboardEventInit = {}): void {
  target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...modifiers }));
}

export function texts(root: ParentNode, selector: string): readonly string[] {
  return [...root.querySelectorAll(selector)].map((node) => node.textContent.replace(/\s+/g, ' ').trim());
}

export function find(root: ParentNode, selector: string): Element {
  const node = root.querySelector(selector);
  if (node === null) {
    throw new Error(`nothing matches ${selector}`);
  }
  return node;
}
