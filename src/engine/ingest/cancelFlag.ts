/** A request to stop that crosses threads: one 32-bit cell of shared memory, 1 = stop. */
export class CancelFlag {
  readonly #cell: Int32Array;

  public readonly memory: SharedArrayBuffer;

  public constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(4)) {
    this.memory = memory;
    this.#cell = new Int32Array(memory);
  }

  public get isCancelled(): boolean {
    return Atomics.load(this.#cell, 0) === 1;
  }

  public cancel(): void {
    Atomics.store(this.#cell, 0, 1);
  }

  public throwIfCancelled(): void {
    if (this.isCancelled) {
      throw new IngestCancelled();
    }
  }
}

export class IngestCancelled extends Error {
  public constructor() {
    super('reading was cancelled');
    this.name = 'AbortError';
  }
}
