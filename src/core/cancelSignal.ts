/** What an AbortSignal is to code that knows no DOM. */
export interface CancelSignal {
  throwIfAborted(): void;
}
