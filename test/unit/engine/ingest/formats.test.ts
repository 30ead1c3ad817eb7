import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { toSpanKey, toTraceKey } from '../../../../src/engine/ingest/fields/idKeys.js';
import { FIXTURES, onlyReport, readPaths, readText } from './readRecords.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const traceKey = toTraceKey(TRACE);
const read = (name: string): ReturnType<typeof readPaths> => readPaths([path.join(FIXTURES, name)]);

describe('CSV', () => {
  it('reads traces: exact times, roots, pods folded into services, quoted cells', async () => {
    const result = await read('spans.csv');
    expect(result.spans).toHaveLength(2);
    const [root, child] = result.spans;
    expect(root).toMatchObject({
      traceKey,
      parentKey: 0,
      startNs: 1700000000000000001n,
      durationNs: 5_000_000,
      service: 'shop-web',
      line: 2,
    });
    expect(child).toMatchObject({
      parentKey: root?.spanKey,
      operation: 'CartService.find, by user',
      instance: 'shop-cart-5c66d57d58-6mp2b',
    });
    expect(onlyReport(result)).toMatchObject({ format: 'csv-traces', records: 2, rejected: 2, refusal: null });
    expect(onlyReport(result).reasons).toEqual(
      expect.arrayContaining([
        { reason: 'ends before it starts', count: 1, lines: [4] },
        { reason: 'no trace id or span id', count: 1, lines: [5] },
      ]),
    );
  });

  it('reads logs: the outer time, docker and JSON envelopes taken off, trace context as keys', async () => {
    const result = await read('logs.csv');
    expect(result.logs).toEqual([
      expect.objectContaining({
        timeNs: 1700000000123456789n,
        service: 'shop-cart',
        severity: 13,
        shape: 'WARN c.s.CartService#42 [find][cart <num> is empty]',
        traceKey,
        spanKey: toSpanKey(traceKey, '00f067aa0ba902b7'),
      }),
      expect.objectContaining({ service: 'shop-pay', severity: 17, shape: 'card refused', traceKey: 0 }),
    ]);
    expect(onlyReport(result).reasons).toEqual([{ reason: 'time is not a time', count: 1, lines: [4] }]);
  });

  it('reads wide metrics: units from the header, empty cells absent, NaN counted', async () => {
    const result = await read('shop-cart-5c66d57d58-6mp2b_metric.csv');
    expect(result.points.map(({ series, value, timeNs }) => [series.metric, series.unit, value, timeNs])).toEqual([
      ['CpuUsage', 'm', 12.5, 1700000000000000000n],
      ['CpuUsageRate', '%', 1.25, 1700000000000000000n],
      ['CpuUsage', 'm', 14, 1700000060000000000n],
      ['Latency', 's', 0.25, 1700000060000000000n],
    ]);
    expect(result.points[0]?.series.entity).toEqual({ service: 'shop-cart', instance: 'shop-cart-5c66d57d58-6mp2b' });
    expect(onlyReport(result).reasons).toEqual([{ reason: 'value is NaN', count: 1, lines: [2] }]);
  });

  it('gives service pairs to the side that the file name says', async () => {
    const source = await read('source_50.csv');
    const destination = await read('destination_50.csv');
    expect(source.points.map(({ series }) => [series.entity.service, series.metric, series.labels])).toEqual([
      ['web', 'source_50', 'callee="cart"'],
      ['web', 'source_50', 'callee="pay"'],
      ['pay', 'source_50', 'callee="bank"'],
    ]);
    expect(source.points.map(({ series }) => series.callee)).toEqual(['cart', 'pay', 'bank']);
    expect(destination.points.map(({ series }) => [series.entity.service, series.labels])).toEqual([
      ['cart', 'caller="web"'],
      ['pay', 'caller="web"'],
      ['bank', 'caller="pay"'],
    ]);
    // Measured by the callee itself: of its caller it says nothing.
    expect(destination.points.every(({ series }) => series.callee === undefined)).toBe(true);
  });

  it('reads long metrics with semicolons, decimal commas and labels', async () => {
    const result = await readPaths([path.join(FIXTURES, 'long.csv')], { utcOffsetMinutes: 60 });
    expect(result.points.map(({ series, value }) => [series.entity.service, series.metric, series.kind, series.labels, value])).toEqual([
      ['cart', 'http_requests_total', 'counter', '', 17],
      ['cart', 'http_requests_total', 'counter', '', 3],
      ['cart', 'latency', 'gauge', '', 0.25],
    ]);
    expect(result.points[0]?.timeNs).toBe(1699996400000000000n);
  });

  it('guesses the unit of durations from the start time when there is no end', async () => {
    const header = 'traceid,spanid,parentid,service,name,start,duration\n';
    const micros = await readText('a.csv', `${header}a1,b1,,cart,find,1700000000000000,250\n`);
    const named = await readText('b.csv', `${header.replace('duration', 'duration_ms')}a1,b1,,cart,find,1700000000000000,250\n`);
    expect(micros.spans[0]?.durationNs).toBe(250_000);
    expect(named.spans[0]?.durationNs).toBe(250_000_000);
  });

  it('tells µs from ms by calls that lie within their callers where times are in ms', async () => {
    const table = (offsets: readonly number[], duration: number): string =>
      [
        'timestamp,cmdb_id,span_id,trace_id,duration,operation_name,parent_span',
        ...offsets.flatMap((offset, i) => [
          `${1646000000000 + 1000 * i},frontend-0,a${i},t${i},${duration},Recv,`,
          `${1646000000000 + 1000 * i + offset},cartservice-0,b${i},t${i},${duration / 2},GetCart,a${i}`,
        ]),
        '',
      ].join('\n');
    const lastsOf = async (offsets: readonly number[], duration: number): Promise<number | undefined> =>
      (await readText('trace_span.csv', table(offsets, duration))).spans[0]?.durationNs;
    expect(await lastsOf([2, 5, 9, 3], 25_000)).toBe(25e6);
    expect(await lastsOf([2, 5, 9, 3], 25)).toBe(25e6);
    // Too few pairs, or none that times in ms could tell: as before.
    expect(await lastsOf([2, 5], 25_000)).toBe(25e9);
    expect(await lastsOf([0, 1, 1, 0], 25_000)).toBe(25e9);
  });

  it('reads logs whose message is a value, where a column names the log; elsewhere values are metrics', async () => {
    const text = 'log_id,timestamp,cmdb_id,log_name,value\na,1646000000,frontend-0,app,"severity: info, message: request 1"\n';
    const { logs } = await readText('log_service.csv', text);
    expect(logs.map(({ service }) => service)).toEqual(['frontend']);
    const metrics = await readText('m.csv', 'timestamp,cmdb_id,kpi_name,value\n1646000000,node-1.cartservice-0,cpu,3\n');
    expect(metrics.points.map(({ series }) => series.entity)).toEqual([{ service: 'cartservice', instance: 'node-1.cartservice-0' }]);
  });
});

describe('OTLP', () => {
  it('reads a pretty-printed document whose resource stands last; numbers over 2^53 stay exact', async () => {
    const result = await read('traces.otlp.json');
    expect(result.spans).toEqual([
      expect.objectContaining({
        traceKey,
        service: 'cart',
        instance: 'cart-5c66d57d58-6mp2b',
        startNs: 1700000000000000001n,
        durationNs: 256,
        status: 2,
        line: 8,
      }),
    ]);
    expect(onlyReport(result)).toMatchObject({
      format: 'otlp-json',
      rejected: 1,
      reasons: [{ reason: 'no trace id or span id', lines: [18] }],
    });
  });

  it('reads mixed JSON lines: base64 ids, instrumentationLibrarySpans, logs, every kind of metric, a truncated last line', async () => {
    const result = await read('signals.otlp.jsonl');
    expect(result.spans).toEqual([
      expect.objectContaining({ traceKey, spanKey: toSpanKey(traceKey, '00F067AA0BA902B7'), operation: 'old', status: 1, line: 1 }),
    ]);
    expect(result.logs.map(({ severity, shape, line }) => [severity, shape, line])).toEqual([
      [17, 'cart <num> not found', 2],
      [9, 'items=<num>', 2],
    ]);
    expect(result.logs[0]).toMatchObject({ traceKey, spanKey: result.spans[0]?.spanKey });
    expect(result.points.map(({ series, value }) => [series.metric, series.kind, series.labels, value])).toEqual([
      ['requests', 'counter', 'code="500"', 9007199254740992],
      ['heap', 'gauge', '', 1.5],
      ['active', 'gauge', '', 4],
      ['duration_count', 'delta', '', 4],
      ['duration_sum', 'delta', '', 100],
      ['duration_mean', 'gauge', '', 25],
      ['duration_p95', 'gauge', '', 48],
    ]);
    expect(
      onlyReport(result)
        .reasons.map(({ reason }) => reason)
        .sort(),
    ).toEqual(['not valid JSON', 'value is NaN']);
  });

  it('takes mean and quantile of a cumulative histogram from what an interval added', async () => {
    const point = (second: number, count: number, sum: number, buckets: number[]): unknown => ({
      count: String(count), sum, bucketCounts: buckets, explicitBounds: [10], timeUnixNano: `170000000${second}000000000`,
    }); // prettier-ignore
    const metric = {
      name: 'd',
      histogram: { aggregationTemporality: 2, dataPoints: [point(0, 10, 50, [10, 0]), point(1, 12, 90, [10, 2])] },
    };
    const result = await readText('m.json', JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }] }));
    expect(result.points.map(({ series, value }) => [series.metric, series.kind, value])).toEqual([
      ['d_count', 'counter', 10],
      ['d_sum', 'counter', 50],
      ['d_count', 'counter', 12],
      ['d_sum', 'counter', 90],
      ['d_mean', 'gauge', 20],
      ['d_p95', 'gauge', 10],
    ]);
  });
});

describe('Jaeger, Zipkin, Prometheus', () => {
  it('reads Jaeger: processes after spans, padded ids, error tags', async () => {
    const result = await read('jaeger.json');
    expect(result.spans).toEqual([
      expect.objectContaining({ traceKey, parentKey: 0, service: 'web', startNs: 1700000000000001000n, durationNs: 50_000, line: 3 }),
      expect.objectContaining({ traceKey, parentKey: toSpanKey(traceKey, 'b7ad6b7169203331'), spanKey: toSpanKey(traceKey, '00f067aa0ba902b7'), service: 'cart', instance: 'node-1', status: 2, line: 4 }),
    ]); // prettier-ignore
  });

  it('makes the server half of a shared Zipkin id a child of the client half', async () => {
    const result = await read('zipkin.json');
    const [client, server, select] = result.spans;
    expect(server).toMatchObject({ parentKey: client?.spanKey, service: 'cart', status: 2 });
    expect(server?.spanKey).not.toBe(client?.spanKey);
    expect(select?.parentKey).toBe(server?.spanKey);
    expect(onlyReport(result).reasons).toEqual([{ reason: 'no duration (span was not finished)', count: 1, lines: [5] }]);
  });

  it('reads a Prometheus matrix: kinds by name, NaN and Inf counted, exporters are not owners', async () => {
    const result = await read('prometheus.json');
    expect(
      result.points.map(({ series, value, timeNs }) => [
        series.entity.service,
        series.entity.instance,
        series.kind,
        series.labels,
        value,
        timeNs,
      ]),
    ).toEqual([
      ['cart', '10.0.0.7', 'counter', 'code="500"', 17, 1700000000000000000n],
      ['cart', '10.0.0.7', 'counter', 'code="500"', 19, 1700000045000000000n],
      ['cart', 'cart-5c66d57d58-6mp2b', 'gauge', '', 1e6, 1700000000000000000n],
    ]);
    expect(onlyReport(result)).toMatchObject({ format: 'prometheus-json', rejected: 2 });
    expect(result.points[2]?.series.unit).toBe('bytes');
  });

  it('reads a Prometheus vector', async () => {
    const text =
      '{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"up","job":"cart"},"value":[1700000000.25,"1"]}]}}';
    const result = await readText('v.json', text);
    expect(result.points).toEqual([expect.objectContaining({ value: 1, timeNs: 1700000000250000000n })]);
  });
});

describe('logs', () => {
  it('reads the common JSON loggers', async () => {
    const result = await read('loggers.jsonl');
    expect(result.logs.map(({ severity, shape }) => [severity, shape])).toEqual([
      [9, 'pino started'],
      [17, 'bunyan failed'],
      [13, 'zap slow'],
      [5, 'zerolog hello'],
      [21, 'logrus gone'],
      [17, 'ecs broke'],
      [21, 'gcp down'],
      [13, 'serilog {Id} done'],
      [17, 'journal'],
    ]);
    expect(result.logs.map(({ timeNs }) => timeNs)).toEqual([
      1700000000123000000n, 1700000000123000000n, 1700000000500000000n, 1700000000000000000n, 1699971200000000000n,
      1700000000123000000n, 1700000000000000000n, 1700000000123456700n, 1700000000123456000n,
    ]); // prettier-ignore
    expect(result.logs.filter((log) => log.traceKey === traceKey)).toHaveLength(3);
    expect(result.logs[3]?.service).toBe('cart');
    expect(result.logs[6]).toMatchObject({ service: 'cart', instance: 'cart-5c66d57d58-6mp2b' });
  });

  it('joins partial docker lines of one stream and unwraps nested JSON', async () => {
    const result = await read('docker.log');
    expect(result.logs.map(({ shape, severity, line }) => [shape, severity, line])).toEqual([
      ['other stream', 0, 2],
      ['ERROR first part, second part', 17, 1],
      ['nested <num>', 9, 4],
    ]);
  });

  it('joins continuation lines, strips colours and CRLF', async () => {
    // Written with CRLF here, since a checkout may change the line ends of the fixture.
    const text = fs.readFileSync(path.join(FIXTURES, 'cart.log'), 'utf8').replace(/\r?\n/g, '\r\n');
    const result = await readText('cart.log', text);
    expect(result.logs.map(({ shape, severity, line, timeNs }) => [shape, severity, line, timeNs])).toEqual([
      ['ERROR [main] c.s.Cart - cart <num> failed', 17, 1, 1700000000123000000n],
      ['INFO [main] c.s.Cart - cart <num> found', 9, 6, 1700000001456000000n],
    ]);
    expect(result.logs[0]?.service).toBe('cart');
    expect(onlyReport(result).rejected).toBe(0);
  });
});
