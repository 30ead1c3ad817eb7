import type { BlockBuffer } from './files/blockBuffer.js';
import type { RecordSink } from './recordSink.js';

/** How much of a file is looked at to decide its format. */
export const HEAD_BYTES = 64 * 1024;

/** Start of a file after decompression, as UTF-8. */
export interface FileHead {
  readonly path: string;
  /** Up to `HEAD_BYTES`. */
  readonly bytes: Buffer;
  readonly text: string;
  /** Non-empty lines that are complete within the head, without line ends; a last line without line end counts when the file ends there. */
  readonly lines: readonly string[];
  /** True when the head is the whole file. */
  readonly complete: boolean;
}

export interface ReadContext {
  readonly head: FileHead;
  readonly buffer: BlockBuffer;
  readonly sink: RecordSink;
  /** East of UTC, for times without a zone. */
  readonly utcOffsetMinutes: number;
  /** When the file was last changed: no record is later, which gives times without a year or date theirs. */
  readonly latestNs: bigint;
  /** To be awaited between blocks: hands chunks on, reports progress, throws when cancelled. */
  readonly onBlock: () => Promise<void>;
}

/** One format. `sniff` must not throw; `read` throws `IngestRefusal` when the file as a whole cannot be used. */
export interface FormatReader {
  readonly id: string;
  /** For a person: `CSV with traces`. */
  readonly title: string;
  /** @returns confidence in [0, 1]; 0 = certainly not this format */
  sniff(head: FileHead): number;
  /** Reads records into `context.sink`. */
  read(context: ReadContext): Promise<void>;
}

/** @param complete whether `bytes` is the whole file */
export function toHead(path: string, bytes: Buffer, complete: boolean): FileHead {
  const text = bytes.toString('utf8');
  const parts = text.split('\n');
  if (!complete) {
    parts.pop();
  }
  const lines = parts.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line)).filter((line) => line.trim() !== '');
  return { path, bytes, text, lines, complete };
}
