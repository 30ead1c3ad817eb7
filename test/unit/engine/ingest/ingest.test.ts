import fs from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { MAX_CHUNK_RECORDS } from '../../../../src/core/records.js';
import { ingest, toSettingsKey } from '../../../../src/engine/ingest/ingest.js';
import type { IngestEvent, ParsedFile, ParsedFileCache } from '../../../../src/engine/ingest/ingestTypes.js';
import { FIXTURES, onlyReport, readPaths, readText, withFolder } from './readRecords.js';

const LOG_LINE = '2023-11-14T22:13:20Z INFO cart ready\n';

function createMemoryCache(): ParsedFileCache & { readonly files: Map<string, ParsedFile> } {
  const files = new Map<string, ParsedFile>();
  const key = (hash: string, settings: string): string => `${hash} ${settings}`;
  return {
    files,
    find: (identity, settings) => files.get(key(identity.contentHash, settings)),
    put: (identity, settings, file) => {
      files.set(key(identity.contentHash, settings), file);
    },
  };
}

describe('ingest', () => {
  it('walks folders in order, reads every fixture, and brackets chunks by file and fileDone', async () => {
    const result = await readPaths([FIXTURES]);
    expect(result.reports.map(({ path: file }) => path.basename(file))).toEqual(fs.readdirSync(FIXTURES).sort());
    expect(result.reports.filter(({ refusal }) => refusal !== null)).toEqual([]);
    const open = new Set<number>();
    for (const event of result.events) {
      if (event.type === 'file') {
        open.add(event.fileId);
      } else if (event.type === 'chunk') {
        expect(open.has(event.fileId)).toBe(true);
      } else if (event.type === 'fileDone') {
        expect(open.delete(event.fileId)).toBe(true);
      }
    }
    expect(open.size).toBe(0);
    const last = result.events.at(-1);
    expect(last).toMatchObject({ type: 'progress' });
    expect(last?.type === 'progress' && last.bytesDone === last.bytesTotal && last.bytesTotal > 0).toBe(true);
  });

  it('reads gzip, also of concatenated members, and refuses what a damaged one does not hold', async () => {
    const one = gzipSync(LOG_LINE);
    const two = await readText('cart.log.gz', Buffer.concat([one, one]));
    expect(two.logs.map(({ service, line }) => [service, line])).toEqual([['cart', 1], ['cart', 2]]); // prettier-ignore
    const big = gzipSync(Buffer.from(Array.from({ length: 20_000 }, (_, i) => `2023-11-14T22:13:20Z INFO n${i * 7919}\n`).join('')));
    const damaged = Buffer.from(big);
    damaged.fill(0xff, Math.floor(big.length / 2), Math.floor(big.length / 2) + 64);
    const report = onlyReport(await readText('cart.log.gz', damaged));
    expect(report.refusal).toMatch(/gzip data is damaged/);
  });

  it('finds byte offsets and lines that lead back to the record, past multi-byte text and block borders', async () => {
    const lines = Array.from(
      { length: 60_000 },
      (_, i) => `2023-11-14T22:13:20.${String(i).padStart(9, '0')}Z INFO größe 商品 ${'x'.repeat(i % 37)}`,
    );
    const content = Buffer.from(`${lines.join('\n')}\n`);
    expect(content.length).toBeGreaterThan(2 * 1024 * 1024);
    const result = await readText('cart.log', content);
    expect(result.logs).toHaveLength(lines.length);
    for (const [index, log] of result.logs.entries()) {
      if (
        log.line !== index + 1 ||
        log.timeNs !== 1700000000000000000n + BigInt(index) ||
        content.toString('utf8', log.offset, log.offset + 20) !== '2023-11-14T22:13:20.'
      ) {
        throw new Error(`record ${index} leads to line ${log.line}, byte ${log.offset}`);
      }
    }
    expect(new Set(result.logs.map(({ shape }) => shape.startsWith('INFO größe 商品')))).toEqual(new Set([true]));
  });

  it('reads UTF-16 and UTF-8 with byte order marks', async () => {
    const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(LOG_LINE, 'utf16le')]);
    const utf8 = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(LOG_LINE)]);
    expect((await readText('a.log', utf16)).logs).toHaveLength(1);
    expect((await readText('a.log', utf8)).logs).toHaveLength(1);
  });

  it('cuts a million points into chunks of the stated size, in file order', async () => {
    const rows = ['timestamp,a,b'];
    for (let i = 0; i < 500_000; i++) {
      rows.push(`${1_700_000_000 + i},${i},${-i}`);
    }
    await withFolder(async (folder) => {
      const file = path.join(folder, 'm.csv');
      fs.writeFileSync(file, rows.join('\n'));
      let next = 2;
      let points = 0;
      const sizes: number[] = [];
      await ingest(
        [file],
        {},
        (event) => {
          if (event.type === 'chunk') {
            const { line } = event.chunk.points;
            sizes.push(line.length);
            points += line.length;
            expect(line[0]).toBeGreaterThanOrEqual(next - 1);
            next = line.at(-1) ?? 0;
          }
        },
        new AbortController().signal,
      );
      expect(points).toBe(1_000_000);
      expect(Math.max(...sizes)).toBe(MAX_CHUNK_RECORDS);
    });
  }, 60_000);

  it('counts files of one name and content once, and keeps equal content of different names', async () => {
    await withFolder(async (folder) => {
      for (const name of ['a/cart-0.log', 'b/cart-0.log', 'a/cart-1.log']) {
        fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
        fs.writeFileSync(path.join(folder, name), LOG_LINE);
      }
      const result = await readPaths([folder]);
      expect(result.reports.map(({ format, records }) => [format, records])).toEqual([['plain-logs', 1], ['plain-logs', 1], ['duplicate', 0]]); // prettier-ignore
    });
  });

  it('takes unchanged files from the cache, and parses again after a change or with other settings', async () => {
    await withFolder(async (folder) => {
      const file = path.join(folder, 'cart.log');
      fs.writeFileSync(file, LOG_LINE);
      const cache = createMemoryCache();
      const first = await readPaths([file], { cache });
      const second = await readPaths([file], { cache });
      expect([onlyReport(first).cached, onlyReport(second).cached]).toEqual([false, true]);
      expect(second.logs).toEqual(first.logs);
      expect(onlyReport(await readPaths([file], { cache, utcOffsetMinutes: 60 })).cached).toBe(false);
      fs.appendFileSync(file, LOG_LINE);
      const third = await readPaths([file], { cache });
      expect([onlyReport(third).cached, third.logs.length]).toEqual([false, 2]);
      expect(toSettingsKey(file, {})).not.toBe(toSettingsKey(file, { formatByPath: new Map([[file, 'plain-logs']]) }));
    });
  });

  it('uses a forced format, and names the known ones when it is unknown', async () => {
    await withFolder(async (folder) => {
      const file = path.join(folder, 'x.csv');
      fs.writeFileSync(file, 'timestamp,message\n2023-11-14T22:13:20Z,hello\n');
      expect(onlyReport(await readPaths([file])).format).toBe('csv-logs');
      expect(onlyReport(await readPaths([file], { formatByPath: new Map([[file, 'plain-logs']]) })).format).toBe('plain-logs');
      expect(onlyReport(await readPaths([file], { formatByPath: new Map([[file, 'xml']]) })).refusal).toMatch(/known are .*plain-logs/);
    });
  });
});

describe('cancellation and failure', () => {
  async function withBigLog(use: (file: string) => Promise<void>): Promise<void> {
    await withFolder(async (folder) => {
      const file = path.join(folder, 'big.log');
      fs.writeFileSync(file, LOG_LINE.repeat(400_000));
      await use(file);
    });
  }

  it('stops in the middle of a file', async () => {
    await withBigLog(async (file) => {
      const controller = new AbortController();
      const events: IngestEvent[] = [];
      const reading = ingest(
        [file],
        {},
        (event) => {
          events.push(event);
          if (event.type === 'chunk') {
            controller.abort();
          }
        },
        controller.signal,
      );
      await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
      expect(events.filter(({ type }) => type === 'fileDone')).toEqual([]);
      expect(events.filter(({ type }) => type === 'chunk').length).toBeLessThan(4);
    });
  });

  it('reads nothing when it is cancelled before it starts', async () => {
    const events: IngestEvent[] = [];
    await expect(ingest([FIXTURES], {}, (event) => void events.push(event), AbortSignal.abort())).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(events).toEqual([]);
  });

  it('throws what the receiver throws, also where progress waits behind it', async () => {
    await withBigLog(async (file) => {
      const fail = ingest(
        [file],
        {},
        async ({ type }) => {
          if (type === 'chunk') {
            await new Promise((resolve) => setTimeout(resolve, 300));
            throw new Error('store is full');
          }
        },
        new AbortController().signal,
      );
      await expect(fail).rejects.toThrow('store is full');
    });
  });

  it('throws what the receiver throws, and waits for a slow one', async () => {
    await withBigLog(async (file) => {
      let active = 0;
      let most = 0;
      const fail = ingest(
        [file],
        {},
        async (event) => {
          active++;
          most = Math.max(most, active);
          await new Promise((resolve) => setTimeout(resolve, 5));
          active--;
          if (event.type === 'chunk') {
            throw new Error('store is full');
          }
        },
        new AbortController().signal,
      );
      await expect(fail).rejects.toThrow('store is full');
      expect(most).toBe(1);
    });
  });
});
