import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { toPeerName } from '../../../../src/engine/ingest/fields/peerNames.js';
import { FIXTURES, onlyReport, readPaths, readText } from './readRecords.js';

/** Callee by operation. */
async function readPeers(name: string, format: string): Promise<Record<string, string>> {
  const result = await readPaths([path.join(FIXTURES, name)]);
  expect(onlyReport(result)).toMatchObject({ format, rejected: 0 });
  return Object.fromEntries(result.spans.map(({ operation, peer }) => [operation, peer]));
}

describe('the callee that a span names', () => {
  it('OTLP: the service before the host, hosts that are names, a queue of a producer, never the peer of a server', async () => {
    expect(await readPeers('peers.otlp.jsonl', 'otlp-json')).toEqual({
      both: 'stock',
      SELECT: 'mysql',
      'by address': '',
      publish: 'orders.created',
      reply: '',
      serve: '',
      'no kind': 'pay',
      'no kind, own host': '',
      'no kind, database': 'redis',
      'no attributes': '',
    });
  });

  it('Jaeger: tags in any order, span.kind last or first', async () => {
    expect(await readPeers('peers.jaeger.json', 'jaeger-json')).toEqual({
      'SQL SELECT': 'mysql',
      publish: 'orders',
      serve: '',
      GET: 'redis',
    });
  });

  it('Zipkin 2: remoteEndpoint of clients and producers, else their tags', async () => {
    expect(await readPeers('peers.zipkin.json', 'zipkin-json')).toEqual({
      select: 'mysql',
      send: 'kafka',
      get: '',
      'by address': '',
      'by tag': 'stock',
      local: '',
    });
  });

  it('Zipkin 1: the endpoint of sa, for the half of the client alone', async () => {
    const cart = { serviceName: 'cart' };
    const at = (value: string, timestamp: number): object => ({ value, timestamp: 1_700_000_000_000_000 + timestamp, endpoint: cart });
    const span = (id: string, name: string, annotations: object[], tags: object[]): object => ({
      traceId: 'a1b2c3d4e5f60718', id, name, annotations, binaryAnnotations: tags,
    }); // prettier-ignore
    const address = (key: string, serviceName: string): object => ({ key, value: true, endpoint: { serviceName, ipv4: '10.0.0.1' } });
    const spans = [
      span('1', 'select', [at('cs', 0), at('cr', 9)], [address('sa', 'mysql')]),
      span('2', 'get', [at('sr', 0), at('ss', 9)], [address('ca', 'web')]),
      span('3', 'plain', [at('cs', 0), at('cr', 9)], []),
    ];
    const { spans: read } = await readText('spans.json', JSON.stringify(spans));
    expect(read.map(({ operation, peer }) => [operation, peer])).toEqual([
      ['select', 'mysql'],
      ['get', ''],
      ['plain', ''],
    ]);
  });

  it('CSV: a column of services before a column of addresses; kinds where there are any', async () => {
    expect(await readPeers('peers.csv', 'csv-traces')).toEqual({
      named: 'MySQL',
      host: 'mysql',
      address: '',
      serve: '',
      none: '',
      'no kind': '',
    });
    const header = 'traceid,spanid,service,name,start,duration_ms,peer_address\n';
    const withoutKinds = await readText('a.csv', `${header}a1,b1,cart,find,1700000000000000000,5,redis:6379\n`);
    expect(withoutKinds.spans[0]?.peer).toBe('redis');
  });

  it('costs no text in files whose spans name nobody', async () => {
    const { events, spans } = await readPaths([path.join(FIXTURES, 'zipkin.json')]);
    expect(spans.map(({ peer }) => peer)).toEqual(['', '', '']);
    expect(events.flatMap((event) => (event.type === 'chunk' ? event.chunk.newStrings : [])).filter((text) => text === '')).toEqual([]);
  });
});

describe('names of callees', () => {
  it.each([
    ['stock', 'stock'],
    [' stock:8080 ', 'stock'],
    ['stock.shop.svc.cluster.local:80', 'stock'],
    ['stock.shop.svc', 'stock'],
    ['mysql-0.mysql.shop.svc.cluster.local', 'mysql'],
    ['My.Billing', 'My.Billing'],
    ['redis-1', 'redis-1'],
    ['10.0.0.7', ''],
    ['10.0.0.7:443', ''],
    ['fd00::7', ''],
    ['[fd00::7]:443', ''],
    ['localhost:3306', ''],
    ['unknown', ''],
    ['', ''],
  ])('service %j → %j', (text, name) => {
    expect(toPeerName(text, 'service')).toBe(name);
  });

  it.each([
    ['mysql', 'mysql'],
    ['mysql.prod', 'mysql'],
    ['mysql.prod.', 'mysql'],
    ['mysql-0.mysql', 'mysql'],
    ['cart-5c66d57d58-6mp2b', 'cart'],
    ['db-1', 'db-1'],
    ['stripe.com', 'stripe.com'],
    ['api.stripe.com:443', 'api.stripe.com'],
    ['ip-10-0-0-7.ec2.internal', ''],
    ['10-0-0-7.shop.pod.cluster.local', ''],
    ['3f4e5d6c7b8a', ''],
    ['/var/run/mysqld.sock', ''],
    ['::1', ''],
    ['-', ''],
  ])('host %j → %j', (text, name) => {
    expect(toPeerName(text, 'host')).toBe(name);
  });

  it('of queues stay as they are', () => {
    expect(toPeerName('orders.created', 'queue')).toBe('orders.created');
  });
});
