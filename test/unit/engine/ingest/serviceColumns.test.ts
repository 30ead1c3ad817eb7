import { describe, expect, it } from 'vitest';
import { findServiceColumns } from '../../../../src/engine/ingest/csv/serviceColumns.js';
import { readText } from './readRecords.js';

/** `service: metric` of the columns that belong to a service; the others are left out. */
function ownersOf(...names: readonly string[]): string[] {
  return [...findServiceColumns(names, [...names.keys()]).values()].map(({ service, metric }) => `${service}: ${metric}`);
}

const grid = (services: readonly string[], metrics: readonly string[], separator = '_'): string[] =>
  services.flatMap((service) => metrics.map((metric) => `${service}${separator}${metric}`));

describe('columns of many services', () => {
  it.each(['_', '/', ':', '|', '.'])('are told by the names that metrics share, parted by %s', (separator) => {
    const names = grid(['front-end', 'carts-db', 'queue-master', 'orders'], ['cpu', 'mem', 'latency-90'], separator);
    expect(ownersOf(...names)).toEqual(names.map((name) => name.replace(separator, ': ')));
  });

  it('need not all have the same metrics, and some column may be of none', () => {
    const names = [
      ...grid(['ts-auth-service', 'ts-order-service', 'ts-food-service'], ['cpu', 'memory', 'workload']),
      'mysql_cpu',
      'total',
    ];
    expect(ownersOf(...names)).toEqual(names.slice(0, -1).map((name) => name.replace('_', ': ')));
    expect(
      ownersOf('cart_cpu', 'cart_http_request_count', 'web_cpu', 'web_http_request_count', 'pay_cpu', 'pay_http_request_count'),
    ).toContain('cart: http_request_count');
  });

  it('may begin as parts of a machine do', () => {
    const names = grid(['location', 'login', 'core-api', 'hostel', 'nodes-registry'], ['cpu', 'memory']);
    expect(ownersOf(...names)).toHaveLength(names.length);
  });

  it.each([
    ['of one machine', grid(['cpu', 'mem', 'disk', 'net'], ['usage', 'limit', 'request'])],
    ['of its devices', grid(['eth0', 'eth1', 'eth2', 'eth3'], ['rx_bytes', 'tx_bytes', 'errors'])],
    ['of its disks', grid(['sda', 'sdb', 'nvme0n1', 'xvda1'], ['read_bytes', 'write_bytes'])],
    ['of many machines', grid(['node-1', 'node-2', 'host3'], ['read_bytes', 'write_bytes'])],
    ['of its modes of work', grid(['user', 'system', 'idle'], ['cpu_seconds', 'cpu_share_errors'])],
    ['of statistics', grid(['avg', 'max', 'p95', 'p99'], ['latency', 'cpu'])],
    ['of two services, which may be anything', grid(['cart', 'web'], ['cpu', 'memory'])],
    ['with one metric, which may be a word', grid(['cart', 'web', 'pay'], ['cpu'])],
    ['of which most fit no grid', [...grid(['cart', 'web', 'pay'], ['cpu', 'memory']), 'a', 'b', 'c', 'd']],
    ['that say nothing', grid(['cart', 'web', 'pay'], ['x', 'y', 'z'])],
    ['without names', ['', '_cpu', 'cart_']],
  ])('are not those %s', (_, names) => {
    expect(ownersOf(...names)).toEqual([]);
  });

  it('make a series of each service', async () => {
    const header = `time,${grid(['adservice', 'cartservice', 'frontend'], ['cpu', 'latency-90 (ms)']).join(',')}`;
    const result = await readText('data.csv', `${header}\n1706000000,1,2,3,4,5,6\n1706000001,1,2,3,4,5,7\n`);
    expect(result.points.filter(({ line }) => line === 3).map(({ series, value }) => [series.entity.service, series.metric, series.unit, value])).toEqual([
      ['adservice', 'cpu', '', 1],
      ['adservice', 'latency-90', 'ms', 2],
      ['cartservice', 'cpu', '', 3],
      ['cartservice', 'latency-90', 'ms', 4],
      ['frontend', 'cpu', '', 5],
      ['frontend', 'latency-90', 'ms', 7],
    ]); // prettier-ignore
  });

  it('are of whom a column names, where one does', async () => {
    const header = `time,service,${grid(['adservice', 'cartservice', 'frontend'], ['cpu', 'memory']).join(',')}`;
    const { points } = await readText('data.csv', `${header}\n1706000000,shop,1,2,3,4,5,6\n`);
    expect(new Set(points.map(({ series }) => series.entity.service))).toEqual(new Set(['shop']));
  });
});
