/**
 * A growing window over a stream of bytes: `bytes[0, length)` are the bytes from `baseOffset` on that were read and not yet
 * consumed. Scanners work on it with `Buffer.indexOf` and never wait inside a block.
 */
export class BlockBuffer {
  public bytes: Buffer = Buffer.alloc(0);
  public length = 0;
  /** Offset in the decompressed stream of `bytes[0]`. */
  public baseOffset = 0;
  public ended = false;
  readonly #source: AsyncIterator<Buffer>;

  public constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Appends one block. @returns false when the stream has ended. */
  public async fill(): Promise<boolean> {
    if (this.ended) {
      return false;
    }
    const next = await this.#source.next();
    if (next.done === true) {
      this.ended = true;
      return false;
    }
    this.#append(next.value);
    return true;
  }

  /** Drops the first `count` bytes. */
  public consume(count: number): void {
    if (count > this.length) {
      throw new RangeError(`cannot consume ${count} of ${this.length} bytes`);
    }
    this.bytes = this.bytes.subarray(count);
    this.length -= count;
    this.baseOffset += count;
  }

  public async close(): Promise<void> {
    this.ended = true;
    await this.#source.return?.();
  }

  /** Doubles when it copies, so that a record spread over many blocks costs a constant number of copies per byte. */
  #append(block: Buffer): void {
    if (this.length === 0) {
      this.bytes = block;
      this.length = block.length;
      return;
    }
    const needed = this.length + block.length;
    if (this.bytes.length < needed) {
      const grown = Buffer.allocUnsafe(Math.max(needed, this.length * 2));
      this.bytes.copy(grown, 0, 0, this.length);
      this.bytes = grown;
    }
    block.copy(this.bytes, this.length);
    this.length = needed;
  }
}

/** Lines longer than this are rejected and skipped: no logger writes them, and they would have to be held whole. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024;

export interface LineHandlers {
  /** One line without its line end (LF or CRLF). `offset` is that of its first byte, `line` is 1-based. */
  readonly onLine: (bytes: Buffer, start: number, end: number, offset: number, line: number) => void;
  /** A line over the limit, skipped. */
  readonly onTooLong: (line: number) => void;
  /** After every block: where records are handed on and cancellation is seen. */
  readonly onBlock: () => Promise<void>;
}

/** Calls `onLine` for every line, also for a last one without a line end; empty lines are skipped but counted. */
export async function readLines(buffer: BlockBuffer, handlers: LineHandlers, maxLineBytes = MAX_LINE_BYTES): Promise<void> {
  let line = 1;
  let searched = 0;
  let skipping = false;
  for (;;) {
    let start = 0;
    for (;;) {
      const newline = buffer.bytes.indexOf(10, Math.max(start, searched));
      if (newline === -1 || newline >= buffer.length) {
        break;
      }
      if (!skipping) {
        emitLine(buffer, start, newline, line, handlers);
      }
      skipping = false;
      line++;
      start = newline + 1;
    }
    buffer.consume(start);
    searched = buffer.length;
    if (buffer.length > maxLineBytes) {
      if (!skipping) {
        handlers.onTooLong(line);
      }
      skipping = true;
    }
    if (skipping) {
      buffer.consume(buffer.length);
      searched = 0;
    }
    await handlers.onBlock();
    if (!(await buffer.fill())) {
      break;
    }
  }
  if (!skipping && buffer.length > 0) {
    emitLine(buffer, 0, buffer.length, line, handlers);
    buffer.consume(buffer.length);
  }
  await handlers.onBlock();
}

function emitLine(buffer: BlockBuffer, start: number, newline: number, line: number, handlers: LineHandlers): void {
  const end = newline > start && buffer.bytes[newline - 1] === 13 ? newline - 1 : newline;
  if (end > start) {
    handlers.onLine(buffer.bytes, start, end, buffer.baseOffset + start, line);
  }
}
