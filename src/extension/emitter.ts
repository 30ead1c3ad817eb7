/** Events without VS Code, for the modules that are tested outside it. Same shape as `vscode.Event`. */
export interface Subscription {
  dispose(): void;
}

export type Event<T> = (listener: (value: T) => void) => Subscription;

/** Listeners are called in the order they came; one that throws does not keep the others from being called, its error goes to `onError`. */
export class Emitter<T> implements Subscription {
  private readonly listeners = new Set<(value: T) => void>();
  private readonly onError: (error: unknown) => void;

  constructor(onError: (error: unknown) => void) {
    this.onError = onError;
  }

  readonly event: Event<T> = (listener) => {
    // A wrapper, so that the same function can listen twice and each disposal ends its own.
    const entry = (value: T): void => {
      listener(value);
    };
    this.listeners.add(entry);
    return { dispose: () => this.listeners.delete(entry) };
  };

  fire(value: T): void {
    for (const listener of [...this.listeners]) {
      try {
        listener(value);
      } catch (error) {
        this.onError(error);
      }
    }
  }

  dispose(): void {
    this.listeners.clear();
  }
}
