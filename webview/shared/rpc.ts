import type { HostEvent, HostToPanel, PanelMethod, PanelMethods, PanelToHost } from '../../src/protocol/panelRpc.js';
import type { VsCodeApi } from './vscodeApi.js';

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Said to callers whose request can no longer be answered. */
const CLOSED = 'The panel was closed before the request was answered.';

/**
 * A panel's end of the message channel to the extension host. Every request settles: by its reply, its error, or `dispose`.
 * Messages of other shapes are ignored, because browsers and other extensions post to the same window.
 */
export class PanelRpc {
  readonly #api: VsCodeApi;
  readonly #target: EventTarget;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Set<(event: HostEvent) => void>();
  #nextId = 1;
  #disposed = false;

  /** @param target where messages arrive: the window, or any event target in tests. */
  constructor(api: VsCodeApi, target: EventTarget) {
    this.#api = api;
    this.#target = target;
    target.addEventListener('message', this.#receive);
  }

  request<M extends PanelMethod>(method: M, params: PanelMethods[M]['params']): Promise<PanelMethods[M]['result']> {
    if (this.#disposed) {
      return Promise.reject(new Error(CLOSED));
    }
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve: resolve as (result: unknown) => void, reject });
      this.#post({ type: 'request', id, method, params });
    });
  }

  /** Tells the other panels what is under the pointer; nothing comes back. */
  hover(slice: string | null, entity: string | null): void {
    if (!this.#disposed) {
      this.#post({ type: 'hover', slice, entity });
    }
  }

  /** @returns a function that stops listening. */
  onEvent(listener: (event: HostEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  dispose(): void {
    this.#disposed = true;
    this.#target.removeEventListener('message', this.#receive);
    this.#listeners.clear();
    for (const pending of this.#pending.values()) {
      pending.reject(new Error(CLOSED));
    }
    this.#pending.clear();
  }

  #post(message: PanelToHost): void {
    this.#api.postMessage(message);
  }

  readonly #receive = (event: Event): void => {
    const message = asHostMessage((event as MessageEvent<unknown>).data);
    if (message === undefined) {
      return;
    }
    switch (message.type) {
      case 'response':
        this.#take(message.id)?.resolve(message.result);
        return;
      case 'error':
        this.#take(message.id)?.reject(new Error(message.message));
        return;
      case 'state':
      case 'selection':
      case 'progress':
      case 'similar':
      case 'labels':
      case 'tuning':
      case 'hover':
        for (const listener of this.#listeners) {
          listener(message);
        }
    }
  };

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }
}

const HOST_MESSAGE_TYPES: ReadonlySet<string> = new Set<HostToPanel['type']>([
  'response',
  'error',
  'state',
  'selection',
  'progress',
  'similar',
  'labels',
  'tuning',
  'hover',
]);

function asHostMessage(data: unknown): HostToPanel | undefined {
  if (typeof data !== 'object' || data === null || !('type' in data) || typeof data.type !== 'string') {
    return undefined;
  }
  return HOST_MESSAGE_TYPES.has(data.type) ? (data as HostToPanel) : undefined;
}
