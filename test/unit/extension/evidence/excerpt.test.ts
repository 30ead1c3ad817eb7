import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import zlib from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ExcerptRequest,
  fitsEditor,
  MAX_EDITOR_BYTES,
  readExcerpt,
  toExcerptText,
} from '../../../../src/extension/evidence/excerpt.js';

let folder = '';
const write = (name: string, content: string | Buffer): string => {
  const file = path.join(folder, name);
  fs.writeFileSync(file, content);
  return file;
};
const read = (file: string, changes: Partial<ExcerptRequest> = {}): ReturnType<typeof readExcerpt> =>
  readExcerpt({ path: file, line: 5, around: 2, maxLineLength: 100, ...changes });
const tenLines = Array.from({ length: 10 }, (_, index) => `line ${index + 1}`).join('\n');

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'excerpt-'));
});
afterAll(() => {
  fs.rmSync(folder, { recursive: true });
});

describe('readExcerpt', () => {
  it('reads the lines around one', async () => {
    expect(await read(write('a.log', tenLines))).toEqual({
      firstLine: 3,
      lines: ['line 3', 'line 4', 'line 5', 'line 6', 'line 7'],
      found: true,
    });
  });

  it('stops at the edges of the file, with or without a last line end', async () => {
    expect((await read(write('a.log', tenLines), { line: 1 })).lines).toEqual(['line 1', 'line 2', 'line 3']);
    for (const end of ['', '\n', '\r\n']) {
      expect(await read(write('a.log', tenLines + end), { line: 10 })).toEqual({
        firstLine: 8,
        lines: ['line 8', 'line 9', 'line 10'],
        found: true,
      });
    }
  });

  it('says when the file has no such line', async () => {
    expect((await read(write('a.log', tenLines), { line: 12 })).found).toBe(false);
    expect((await read(write('empty.log', ''), { line: 1 })).found).toBe(false);
  });

  it('finds lines far into a file, across chunks and multi-byte characters', async () => {
    const lines = Array.from({ length: 60_000 }, (_, index) => `${index + 1} ${'ü€😀'.repeat(8)}`);
    const excerpt = await read(write('large.log', lines.join('\n')), { line: 54_321 });
    expect(excerpt.lines).toEqual(lines.slice(54_318, 54_323));
  });

  it('reads gzip', async () => {
    expect((await read(write('a.log.gz', zlib.gzipSync(tenLines)))).lines[2]).toBe('line 5');
  });

  it('refuses damaged gzip rather than showing half of it', async () => {
    const whole = zlib.gzipSync(tenLines.repeat(1000));
    const file = write('cut.gz', whole.subarray(0, whole.length - 20));
    await expect(read(file, { line: 9_000_000 })).rejects.toThrow();
  });

  it('cuts lines that are too long and says how long they are', async () => {
    const excerpt = await read(write('one.json', `{${'x'.repeat(5000)}}`), { line: 1 });
    expect(excerpt.lines).toEqual([`{${'x'.repeat(99)} … (5002 characters)`]);
  });

  it('stops when cancelled', async () => {
    await expect(read(write('a.log', tenLines), { signal: AbortSignal.abort() })).rejects.toThrow();
  });

  it('rejects for a file that is gone', async () => {
    await expect(read(path.join(folder, 'gone.log'))).rejects.toThrow('ENOENT');
  });
});

describe('toExcerptText', () => {
  it('numbers lines as in the file', () => {
    expect(toExcerptText({ firstLine: 9, lines: ['a', 'b'], found: true })).toBe(' 9  a\n10  b');
  });
});

describe('fitsEditor', () => {
  it('refuses what VS Code will not open as text', async () => {
    const large = write('large.bin', '');
    fs.truncateSync(large, MAX_EDITOR_BYTES + 1);
    expect(await fitsEditor(large)).toBe(false);
    expect(await fitsEditor(write('b.gz', zlib.gzipSync('a')))).toBe(false);
    expect(await fitsEditor(write('b.log', 'a'))).toBe(true);
    expect(await fitsEditor(write('c.log', 'abc'), 2)).toBe(false);
  });
});
