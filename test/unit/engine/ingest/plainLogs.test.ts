import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { toSpanKey, toTraceKey } from '../../../../src/engine/ingest/fields/idKeys.js';
import { toIso, toEpochNs } from '../../../../src/core/time.js';
import { onlyReport, readPaths, readText, withFolder, type ReadResult } from './readRecords.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = '00f067aa0ba902b7';
const AT = '2023-11-14 22:13:20.123';

describe('trace context in plain lines', () => {
  it.each([
    ['Sleuth', `${AT}  INFO [payment,${TRACE},${SPAN},true] 1 --- [nio-8080] c.s.Charge : charged`, 'payment'],
    ['Sleuth, 64-bit ids', `${AT}  INFO [payment,${SPAN},${SPAN},false] 1 --- [nio-8080] c.s.Charge : charged`, 'payment'],
    ['Micrometer', `${AT}  INFO [payment,${TRACE},${SPAN}] 1 --- [nio-8080] c.s.Charge : charged`, 'payment'],
    ['Spring Boot 3.2', `${AT}  INFO 1 --- [payment] [nio-8080] [${TRACE}-${SPAN}] c.s.Charge : charged`, 'shop'],
    ['logback MDC', `${AT} [main] INFO c.s.Charge traceId=${TRACE} spanId=${SPAN} - charged`, 'shop'],
    ['Python, OpenTelemetry', `${AT} INFO [charge] [charge.py:12] [trace_id=${TRACE} span_id=${SPAN} resource.service.name=payment trace_sampled=True] - charged`, 'payment'],
    ['Serilog, NLog', `${AT} [INF] TraceID: ${TRACE} SpanID: ${SPAN} charged`, 'shop'],
  ])('%s', async (_, line, service) => {
    const { logs } = await readText('shop.log', `${line}\n`);
    const traceKey = toTraceKey(line.includes(TRACE) ? TRACE : SPAN);
    expect(logs).toMatchObject([{ service, traceKey, spanKey: toSpanKey(traceKey, SPAN), severity: 9 }]);
    expect(logs[0]?.shape).toContain('charged');
    expect(logs[0]?.shape).not.toMatch(/[0-9a-f]{8}/);
  }); // prettier-ignore

  it('is the same statement with and without a trace, and no bracket of numbers is taken for one', async () => {
    const lines = [
      `${AT} INFO [payment,${TRACE},${SPAN},true] 1 --- [main] c.s.Charge : charged`,
      `${AT} INFO [payment,,,] 1 --- [main] c.s.Charge : charged`,
      `${AT} INFO [payment,-,-] 1 --- [main] c.s.Charge : charged`,
      `${AT} INFO [1,2,3] points [,,]`,
    ];
    const { logs } = await readText('shop.log', lines.join('\n'));
    expect(new Set(logs.slice(0, 3).map(({ shape }) => shape)).size).toBe(1);
    expect(logs.map(({ traceKey }) => traceKey === 0)).toEqual([false, true, true, true]);
    expect(logs.map(({ service }) => service)).toEqual(['payment', 'payment', 'payment', 'shop']);
  });

  it('leaves the pod that the file names, and ignores the placeholder of the SDK', async () => {
    const python = (service: string): string => `${AT} INFO [trace_id=0 span_id=0 resource.service.name=${service}] - x\n`;
    const { logs } = await readText('payment-5b67c48447-mv5hb.log', python('payment') + python('unknown_service'));
    expect(logs.map(({ service, instance }) => [service, instance])).toEqual([
      ['payment', 'payment-5b67c48447-mv5hb'],
      ['payment', 'payment-5b67c48447-mv5hb'],
    ]);
    expect(logs.map(({ traceKey }) => traceKey)).toEqual([0, 0]);
  });
});

describe('order of month and day', () => {
  const days = ({ logs }: ReadResult): string[] => logs.map(({ timeNs }) => toIso(toEpochNs(timeNs)).slice(0, 10));
  const file = (...dates: string[]): string => dates.map((date) => `${date} 10:00:00 INFO x\n`).join('');

  it('is decided by the file: one day over twelve decides for all lines', async () => {
    const dayFirst = await readText('a.log', file('03/04/2021', '04/04/2021', '13/04/2021'));
    expect(days(dayFirst)).toEqual(['2021-04-03', '2021-04-04', '2021-04-13']);
    const monthFirst = await readText('a.log', file('03/04/2021', '04/04/2021', '04/13/2021'));
    expect(days(monthFirst)).toEqual(['2021-03-04', '2021-04-04', '2021-04-13']);
    expect([...onlyReport(dayFirst).reasons, ...onlyReport(monthFirst).reasons]).toEqual([]);
  });

  it('is decided by the age of the file where only one order lies in the past', async () => {
    await withFolder(async (folder) => {
      const log = path.join(folder, 'a.log');
      fs.writeFileSync(log, file('09/03/2021'));
      fs.utimesSync(log, new Date('2021-03-10T00:00:00Z'), new Date('2021-03-10T00:00:00Z'));
      const read = await readPaths([log]);
      expect(days(read)).toEqual(['2021-03-09']);
      expect(onlyReport(read).reasons).toEqual([]);
    });
  });

  it('is guessed where nothing decides, and the report says so', async () => {
    const read = await readText('a.log', file('03/04/2021', '04/04/2021'));
    expect(days(read)).toEqual(['2021-03-04', '2021-04-04']);
    expect(onlyReport(read)).toMatchObject({ rejected: 0, reasons: [{ count: 2, reason: expect.stringMatching(/month\/day.*yyyy-MM-dd/) as string }] });
  }); // prettier-ignore

  it('of a file with both is named', async () => {
    const read = await readText('a.log', file('13/04/2021', '04/14/2021'));
    expect(days(read)).toEqual(['2021-04-13', '2021-04-14']);
    expect(onlyReport(read).reasons).toMatchObject([{ reason: expect.stringMatching(/both orders/) as string, lines: [2] }]);
  });
});

describe('months of other languages', () => {
  it.each(['12 févr. 2024 10:00:00 INFO x', 'août 12 10:00:00 host app: x', '[12/dic/2024:10:00:00 +0000] x', '3 мая 2024 10:00:00 x', '2024年3月5日 10:00:00 x'])(
    '%s is refused',
    async (line) => {
      const read = await readText('a.log', `${line}\n`);
      expect(onlyReport(read).refusal).toMatch(/another language.*yyyy-MM-dd/);
      expect(read.logs).toEqual([]);
    },
  ); // prettier-ignore

  it('are rejected line by line where others can be read, never joined to the record before', async () => {
    const read = await readText('a.log', '31 Mars 2024 23:59:59 INFO ok\n1 avr. 2024 00:00:01 INFO lost\n  at lost.Trace\n2 Mars 2024 10:00:00 INFO ok\n');
    expect(read.logs.map(({ line }) => line)).toEqual([1, 4]);
    expect(onlyReport(read)).toMatchObject({ rejected: 1, reasons: [{ lines: [2], reason: expect.stringMatching(/another language/) as string }] });
  }); // prettier-ignore
});

describe('numbers of levels', () => {
  const levels = async (records: readonly object[]): Promise<number[]> =>
    (await readText('a.jsonl', records.map((record) => JSON.stringify({ time: '2023-11-14T22:13:20Z', ...record })).join('\n'))).logs.map(
      ({ severity }) => severity,
    );

  it('mean what their logger means', async () => {
    expect(
      await levels([
        { level: 50, msg: 'x', pid: 1 },
        { level: 30, msg: 'x', v: 0, name: 'cart' },
        { levelno: 30, message: 'x' },
        { level: 20, message: 'x', lineno: 4 },
        { level: 400, level_name: 'ERROR', message: 'x' },
        { level: 300, message: 'x' },
        { level: 3, short_message: 'x', version: '1.1', host: 'a' },
        { PRIORITY: '4', MESSAGE: 'x' },
        { severity: 3, facility: 16, message: 'x' },
        { severity_number: 17, body: 'x' },
      ]),
    ).toEqual([17, 9, 13, 9, 17, 13, 17, 13, 17, 17]);
  });

  it('that several loggers read differently are no level', async () => {
    expect(await levels([{ level: 3, message: 'x' }, { level: '4', message: 'x' }, { level: 0, message: 'x' }])).toEqual([0, 0, 0]); // prettier-ignore
  });
});
