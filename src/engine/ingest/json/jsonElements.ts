import type { BlockBuffer } from '../files/blockBuffer.js';
import type { FileHead } from '../formatReader.js';
import { JsonPathScanner, JsonSyntaxError, type JsonPath } from './jsonPathScanner.js';

/** A value at one of the paths (a trace, a resource with its spans) larger than this is rejected: it has to be held whole. */
export const MAX_ELEMENT_BYTES = 64 * 1024 * 1024;

/** A value inside `bytes[start, end)`, and where it stands in the file. */
export interface JsonElement {
  /** Index into the paths. */
  readonly path: number;
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  /** Byte of the value in the decompressed file. */
  readonly offset: number;
  /** 1-based line of that byte. */
  readonly line: number;
}

/**
 * Whether every line is a document of its own: then a line that was cut costs only itself. Where the first 64 KiB hold no line end
 * only OTLP counts as such (the collector's file exporter writes one line per batch); others may have line ends between elements.
 */
export function hasLineDocuments(head: FileHead): boolean {
  const first = head.lines[0];
  if (first === undefined) {
    return /^\s*\{\s*"resource(?:Spans|Logs|Metrics)"/.test(head.text);
  }
  try {
    JSON.parse(first);
    return true;
  } catch {
    return false;
  }
}

export interface ElementHandlers {
  /** See `hasLineDocuments`. */
  readonly lineDocuments: boolean;
  readonly onElement: (element: JsonElement) => void;
  readonly onReject: (reason: string, line: number) => void;
  readonly onBlock: () => Promise<void>;
}

/**
 * Streams the values at `paths` of one or many concatenated JSON documents. After broken JSON reading goes on at the next line that
 * starts a document.
 */
export async function readJsonElements(buffer: BlockBuffer, paths: readonly JsonPath[], handlers: ElementHandlers): Promise<void> {
  const lines = new LineCounter();
  const scanner = new JsonPathScanner(paths, (path, start, end) => {
    const { bytes, baseOffset } = buffer;
    lines.countTo(bytes, baseOffset, start);
    handlers.onElement({ path, bytes, start: start - baseOffset, end: end - baseOffset, offset: start, line: lines.line });
  });
  let position = buffer.baseOffset;
  let resyncing = false;
  for (;;) {
    const end = buffer.baseOffset + buffer.length;
    while (position < end) {
      if (resyncing) {
        const found = findDocumentStart(buffer, position);
        if (found === undefined) {
          position = end - 1;
          break;
        }
        position = found;
        resyncing = false;
      }
      const newline = handlers.lineDocuments ? buffer.bytes.indexOf(10, position - buffer.baseOffset) : -1;
      const lineEnd = newline === -1 ? end : Math.min(newline + buffer.baseOffset, end);
      try {
        position = scanner.scan(buffer.bytes, buffer.baseOffset, position, lineEnd);
        if (lineEnd < end) {
          scanner.finish(lineEnd);
          if (!scanner.atRest) {
            throw new JsonSyntaxError(lineEnd);
          }
          position = lineEnd + 1;
        }
      } catch (error) {
        if (!(error instanceof JsonSyntaxError)) {
          throw error;
        }
        lines.countTo(buffer.bytes, buffer.baseOffset, error.offset);
        handlers.onReject('not valid JSON', lines.line);
        scanner.reset();
        position = error.offset;
        resyncing = true;
      }
    }
    if (buffer.length > MAX_ELEMENT_BYTES && scanner.holdStart !== undefined) {
      handlers.onReject('a single element is larger than 64 MiB', lines.line);
      scanner.dropMatch();
    }
    const keep = Math.min(scanner.holdStart ?? position, position, end);
    lines.countTo(buffer.bytes, buffer.baseOffset, keep);
    buffer.consume(keep - buffer.baseOffset);
    await handlers.onBlock();
    if (!(await buffer.fill())) {
      break;
    }
  }
  scanner.finish(position);
  if (!scanner.atRest) {
    handlers.onReject('the document ends early (truncated file)', lines.line);
  }
  buffer.consume(buffer.length);
  await handlers.onBlock();
}

/** Absolute offset of the first `{` or `[` that starts a line after `from`; undefined when there is none yet. */
function findDocumentStart(buffer: BlockBuffer, from: number): number | undefined {
  const { bytes, length, baseOffset } = buffer;
  for (let at = bytes.indexOf(10, from - baseOffset); at !== -1 && at + 1 < length; at = bytes.indexOf(10, at + 1)) {
    if (bytes[at + 1] === 0x7b || bytes[at + 1] === 0x5b) {
      return at + 1 + baseOffset;
    }
  }
  return undefined;
}

/** The values at `paths` inside one element. @throws JsonSyntaxError */
export function findJsonElements(outer: JsonElement, paths: readonly JsonPath[]): JsonElement[] {
  const found: JsonElement[] = [];
  const lines = new LineCounter(outer.start, outer.line);
  const scanner = new JsonPathScanner(paths, (path, start, end) => {
    lines.countTo(outer.bytes, 0, start);
    found.push({ path, bytes: outer.bytes, start, end, offset: outer.offset + (start - outer.start), line: lines.line });
  });
  scanner.scan(outer.bytes, 0, outer.start, outer.end);
  return found;
}

/** @throws SyntaxError */
export function parseElement(element: JsonElement): unknown {
  return JSON.parse(elementText(element));
}

export function elementText(element: JsonElement): string {
  return element.bytes.toString('utf8', element.start, element.end);
}

class LineCounter {
  #counted: number;
  #line: number;

  public constructor(counted = 0, line = 1) {
    this.#counted = counted;
    this.#line = line;
  }

  public get line(): number {
    return this.#line;
  }

  /** Counts the line ends before absolute offset `to`; `bytes` starts at `base` and must reach back to what was counted last. */
  public countTo(bytes: Buffer, base: number, to: number): void {
    const from = Math.max(this.#counted, base) - base;
    if (to - base > from) {
      // Bounded by `to`: a document without line ends would otherwise be searched to its end for every element.
      const passed = bytes.subarray(from, to - base);
      for (let at = passed.indexOf(10); at !== -1; at = passed.indexOf(10, at + 1)) {
        this.#line++;
      }
    }
    this.#counted = Math.max(this.#counted, to);
  }
}
