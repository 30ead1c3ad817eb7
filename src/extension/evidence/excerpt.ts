/** The lines around one line of a file of any size, read by streaming; for files that VS Code will not open as text. */
import fs from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import zlib from 'node:zlib';
import type { Readable } from 'node:stream';

export interface ExcerptRequest {
  readonly path: string;
  /** 1-based. */
  readonly line: number;
  /** Lines kept before and after. */
  readonly around: number;
  /** Longer lines are cut, with their length noted: one line of a JSON export can be the whole file. */
  readonly maxLineLength: number;
  readonly signal?: AbortSignal;
}

export interface Excerpt {
  /** 1-based number of `lines[0]`. */
  readonly firstLine: number;
  readonly lines: readonly string[];
  /** False when the file has fewer lines than asked for. */
  readonly found: boolean;
}

export const EXCERPT_AROUND = 200;
export const EXCERPT_LINE_LENGTH = 4000;

/** VS Code does not hand documents above this size to extensions. */
export const MAX_EDITOR_BYTES = 50 * 1024 * 1024;

/** @throws when the file cannot be read or decompressed, or `signal` aborts. */
export async function readExcerpt(request: ExcerptRequest): Promise<Excerpt> {
  const { line, around, signal } = request;
  const first = Math.max(1, line - around);
  const last = line + around;
  const kept: string[] = [];
  let lineNumber = 1;
  let current = '';
  let currentLength = 0;
  const decoder = new StringDecoder('utf8');
  const keep = (text: string): void => {
    if (lineNumber >= first && lineNumber <= last) {
      current += text.slice(0, Math.max(0, request.maxLineLength - currentLength));
      currentLength += text.length;
    }
  };
  const endLine = (): void => {
    if (lineNumber >= first && lineNumber <= last) {
      const cut = currentLength > request.maxLineLength;
      kept.push(cut ? `${current} … (${currentLength} characters)` : current.replace(/\r$/, ''));
    }
    current = '';
    currentLength = 0;
    lineNumber += 1;
  };
  const stream = await openText(request.path);
  try {
    for await (const chunk of stream) {
      signal?.throwIfAborted();
      const text = decoder.write(chunk as Buffer);
      let from = 0;
      for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', from)) {
        keep(text.slice(from, at));
        endLine();
        from = at + 1;
        if (lineNumber > last) {
          return { firstLine: first, lines: kept, found: true };
        }
      }
      keep(text.slice(from));
    }
    keep(decoder.end());
    if (currentLength > 0) {
      endLine();
    }
    return { firstLine: first, lines: kept, found: kept.length > line - first };
  } finally {
    stream.destroy();
  }
}

/** A remote VS Code asks before it shows a file above this size, which at 3 a.m. reads like a failure. Local ones ask from 1 GB. */
export const REMOTE_CONFIRMATION_BYTES = 10 * 1024 * 1024;

/** Whether VS Code shows the file itself without a question: at most `maxBytes` and not compressed. @throws when the file is gone. */
export async function fitsEditor(path: string, maxBytes = MAX_EDITOR_BYTES): Promise<boolean> {
  const { size } = await stat(path);
  return size <= Math.min(maxBytes, MAX_EDITOR_BYTES) && !(await isGzip(path));
}

async function openText(path: string): Promise<Readable> {
  const gzip = await isGzip(path);
  const file = fs.createReadStream(path, { highWaterMark: 1 << 20 });
  if (!gzip) {
    return file;
  }
  const unzipped = zlib.createGunzip();
  file.on('error', (error) => unzipped.destroy(error));
  unzipped.on('close', () => file.destroy());
  return file.pipe(unzipped);
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const head = Buffer.alloc(2);
    const { bytesRead } = await file.read(head, 0, 2, 0);
    return bytesRead === 2 && head[0] === 0x1f && head[1] === 0x8b;
  } finally {
    await file.close();
  }
}

/** Each line with its number in the file, as a read-only document shows it; the line asked for stands in row `min(line - 1, around)`. */
export function toExcerptText(excerpt: Excerpt): string {
  const width = String(excerpt.firstLine + excerpt.lines.length).length;
  return excerpt.lines.map((content, index) => `${String(excerpt.firstLine + index).padStart(width)}  ${content}`).join('\n');
}
