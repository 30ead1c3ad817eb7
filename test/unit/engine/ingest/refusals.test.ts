import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { onlyReport, readPaths, readText, withFolder } from './readRecords.js';

const REFUSED: readonly (readonly [string, string | Buffer, RegExp])[] = [
  ['empty.log', '', /empty/],
  ['random.bin', Buffer.alloc(4096), /binary/],
  ['table.parquet', Buffer.from('PAR1\u0015\u0004'), /Parquet.*CSV/],
  ['a.zip', Buffer.from('PK\u0003\u0004rest'), /zip archive: unpack/],
  [
    '2023-01-29-fault_list.json',
    '{"08":[{"inject_time":"2023-01-29 08:43:04","inject_pod":"a","inject_type":"return"}]}',
    /faults, not telemetry/,
  ],
  ['root_cause_ts.json', '{"ts-order-service":{"return":"c.s.Order#31"}}', /labels/],
  ['labels.csv', 'start,end,type,entity\n2023-11-14T22:13:20Z,2023-11-14T22:14:20Z,cpu,cart\n', /evaluate --labels/],
  ['08_50_traceid.csv', '0af7651916cd43dd8448eb211c80319c\n1af7651916cd43dd8448eb211c80319c\n', /trace ids/],
  ['dependency.csv', 'Source,Target,Weight\nweb,cart,1\n', /dependencies/],
  ['README.md', '# 2023-11-14 22:13:20 notes\n', /document/],
  ['numbers.csv', '0.1,0.2,0.3\n0.4,0.5,0.6\n', /without times/],
  ['poem.txt', 'Hello, World!\nNo time here.\n', /without lines that hold a time/],
  ['inject_time.txt', '1706000600\n', /and say something/],
  ['times.txt', '2024-01-23T09:00:00Z\n2024-01-23T09:05:00Z\n', /and say something/],
  ['other.json', '{"hello":"world"}', /JSON that is none/],
];

describe('refusals', () => {
  it.each(REFUSED)('%s', async (name, content, refusal) => {
    const result = await readText(name, content);
    expect(onlyReport(result)).toMatchObject({ format: 'refused', records: 0, refusal: expect.stringMatching(refusal) as string });
  });

  it('reports paths that do not exist, folders without files and unreadable files', async () => {
    await withFolder(async (folder) => {
      expect(onlyReport(await readPaths([path.join(folder, 'gone.log')])).refusal).toMatch(/does not exist/);
      expect((await readPaths([folder])).reports).toEqual([]);
      const locked = path.join(folder, 'locked.log');
      fs.writeFileSync(locked, 'x', { mode: 0o000 });
      const { refusal } = onlyReport(await readPaths([locked]));
      // The superuser reads everything: then the content is what is refused.
      expect(refusal).toMatch(process.getuid?.() === 0 ? /time/ : /permission/);
    });
  });
});

describe('broken records are counted, the rest is kept', () => {
  const good = '{"time":"2023-11-14T22:13:20Z","level":"info","msg":"kept"}';

  it.each([
    ['a truncated last line', `${good}\n{"time":"2023-11-14T22:13`, 'not a complete JSON object'],
    ['prose', `${good}\n${good}\nhello\n`, 'not a JSON object'],
    ['a time past every epoch', `${good}\n{"time":1e999,"msg":"x"}\n`, 'no time'],
    ['100,000 nested arrays', `${good}\n{"time":"2023-11-14T22:13:20Z","msg":${'['.repeat(100_000)}\n`, 'not a complete JSON object'],
  ])('%s', async (_, content, reason) => {
    const result = await readText('x.jsonl', content);
    expect(result.logs.filter(({ shape }) => shape === 'kept').length).toBeGreaterThan(0);
    expect(onlyReport(result).reasons.map((entry) => entry.reason)).toEqual([reason]);
  });

  it('reads __proto__ keys, deep nesting, lone surrogates and NUL without harm', async () => {
    const lines = [
      '{"__proto__":{"msg":"polluted","polluted":true},"time":"2023-11-14T22:13:20Z","level":"info"}',
      `{"time":"2023-11-14T22:13:20Z","msg":"deep","x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      '{"time":"2023-11-14T22:13:20Z","msg":"half \\ud800 pair"}',
      '{"time":"2023-11-14T22:13:20Z","msg":"a\\u0000b"}',
    ];
    const result = await readText('x.jsonl', lines.join('\n'));
    expect(result.logs).toHaveLength(4);
    expect(result.logs[2]?.shape).toBe('half \ufffd pair');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('goes on after broken JSON in the middle of OTLP lines', async () => {
    const span = (id: string): string =>
      `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"a1","spanId":"${id}","name":"n","startTimeUnixNano":"1700000000000000000","endTimeUnixNano":"1700000000000000001"}]}]}]}`;
    const result = await readText('x.jsonl', `${span('1')}\n{"resourceSpans":[{"x":\n${span('2')}\n${span('3')}\n${span('4')}\n`);
    expect(result.spans.length).toBeGreaterThanOrEqual(3);
    expect(onlyReport(result)).toMatchObject({ rejected: 1, reasons: [{ reason: 'not valid JSON' }] });
  });

  it('keeps a CSV readable after a quote that is never closed', async () => {
    const rows = Array.from({ length: 10 }, (_, i) => `170000000${i},${i}`);
    rows[4] = '"1700000004,4';
    const result = await readText('m.csv', `timestamp,a\n${rows.join('\n')}\n`);
    expect(result.points).toHaveLength(9);
    expect(onlyReport(result).reasons).toEqual([{ reason: 'a quote is never closed', count: 1, lines: [6] }]);
  });

  it('keeps unordered times as they are and reports the range', async () => {
    const result = await readText('m.csv', 'timestamp,a\n1700000030,3\n1700000010,1\n1700000020,2\n');
    expect(result.points.map(({ value }) => value)).toEqual([3, 1, 2]);
    expect(onlyReport(result)).toMatchObject({ firstNs: '1700000010000000000', lastNs: '1700000030000000000' });
  });

  it('reads a header without records as no records', async () => {
    const { refusal, records } = onlyReport(
      await readText('m.csv', 'TraceID,SpanID,ParentID,PodName,OperationName,StartTimeUnixNano,EndTimeUnixNano\n'),
    );
    expect([refusal, records]).toEqual([null, 0]);
  });
});
