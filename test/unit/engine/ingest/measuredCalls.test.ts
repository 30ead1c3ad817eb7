import { describe, expect, it } from 'vitest';
import { findMeasuredCalls, nameMeasured } from '../../../../src/engine/ingest/fields/measuredCalls.js';
import { readText } from './readRecords.js';

const find = (metric: string, labels: Record<string, string>): string => {
  const { owner, callee } = findMeasuredCalls(metric, Object.entries(labels));
  return `${owner}→${callee}`;
};

const ISTIO = {
  source_canonical_service: 'web',
  source_workload: 'web-v2',
  destination_canonical_service: 'cart',
  destination_workload: 'cart-v1',
};

describe('findMeasuredCalls', () => {
  it.each([
    ['http.client.request.duration', { 'server.address': 'cart.shop.svc.cluster.local', 'server.port': '80' }, '→cart'],
    ['http.client.request.duration', { 'service.peer.name': 'cart', 'server.address': 'gateway' }, '→cart'],
    ['http_client_request_duration_seconds_sum', { server_address: 'api.stripe.com' }, '→api.stripe.com'],
    ['http_client_requests_seconds_count', { client_name: 'payment', uri: '/charge' }, '→payment'],
    ['db.client.operation.duration', { 'db.system.name': 'mysql', 'server.address': 'mysql-0.mysql' }, '→mysql'],
    ['grpc.client.attempt.duration', { 'grpc.target': 'dns:///cart:7070' }, '→cart'],
    ['rpc.client.duration', { 'net.peer.name': '10.0.0.7' }, '→'],
    // A server says where it was reached, not whom it calls.
    ['http.server.request.duration', { 'server.address': 'cart' }, '→'],
    ['istio_requests_total', { reporter: 'source', ...ISTIO }, 'web→cart'],
    ['istio_requests_total', { reporter: 'destination', ...ISTIO }, 'cart→'],
    ['istio_requests_total', { reporter: 'waypoint', ...ISTIO }, '→'],
    ['istio_requests_total', { reporter: 'source', source_workload: 'web', destination_service_name: 'PassthroughCluster' }, 'web→'],
    ['istio_requests_total', { reporter: 'source', source_app: 'unknown', source_workload: 'web', destination_workload: 'web' }, 'web→'],
    ['traces_service_graph_request_total', { client: 'web', server: 'cart' }, 'web→cart'],
    ['traces_service_graph_request_client_seconds_sum', { client: 'web', server: 'cart' }, 'web→cart'],
    ['traces_service_graph_request_server_seconds_sum', { client: 'web', server: 'cart' }, 'cart→'],
    ['traces.service.graph.request.server', { client: 'web', server: 'cart' }, 'cart→'],
    ['response_latency_ms_sum', { direction: 'outbound', dst_deployment: 'cart', dst_service: 'cart-grpc' }, '→cart'],
    ['response_latency_ms_sum', { direction: 'inbound', dst_deployment: 'cart' }, '→'],
    ['envoy_cluster_upstream_rq_time_sum', { envoy_cluster_name: 'outbound|9080||reviews.shop.svc.cluster.local' }, '→reviews'],
    ['envoy_cluster_upstream_rq_time_sum', { envoy_cluster_name: 'inbound|9080||' }, '→'],
    ['process_cpu_seconds_total', { server: 'cart', client: 'web' }, '→'],
  ])('%s %j: %s', (metric, labels, expected) => {
    expect(find(metric, labels as Record<string, string>)).toBe(expected);
  });
});

describe('nameMeasured', () => {
  it('keeps the replica of a sidecar, and takes what others measured from them', () => {
    const labels = [
      ['client', 'web'],
      ['server', 'cart'],
    ] as const;
    const name = (service: string, instance: string, metric = 'traces_service_graph_request_total') =>
      nameMeasured({ service, instance }, metric, labels);
    const sidecar = { service: 'shop-web', instance: 'web-5c66d57d58-6mp2b' };
    expect(name(sidecar.service, sidecar.instance)).toEqual({ entity: sidecar, callee: 'cart' });
    expect(name('tempo', 'tempo-0')).toEqual({ entity: { service: 'web', instance: 'web' }, callee: 'cart' });
    expect(name('tempo', 'tempo-0', 'tempo_build_info')).toEqual({ entity: { service: 'tempo', instance: 'tempo-0' } });
  });
});

describe('series of calls', () => {
  it('name their callee in Prometheus JSON: a sum over pods belongs to the caller', async () => {
    const series = (labels: object): object => ({ metric: labels, values: [[1700000000, '1']] });
    const result = [
      series({ __name__: 'istio_requests_total', reporter: 'source', ...ISTIO, response_code: '503' }),
      series({ __name__: 'istio_requests_total', reporter: 'source', ...ISTIO, app: 'web', pod: 'web-v2-5c66d57d58-6mp2b' }),
      series({ __name__: 'up', app: 'web', server_address: 'cart' }),
    ];
    const { points } = await readText('istio.json', JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } }));
    expect(points.map(({ series: { entity, callee } }) => [entity.service, entity.instance, callee])).toEqual([
      ['web', 'web', 'cart'],
      ['web', 'web-v2-5c66d57d58-6mp2b', 'cart'],
      ['web', 'web', undefined],
    ]);
  });

  it('name their callee in OTLP, all series of a histogram', async () => {
    const attribute = (key: string, value: string): object => ({ key, value: { stringValue: value } });
    const point = {
      count: '4', sum: 2, bucketCounts: [4, 0], explicitBounds: [1], timeUnixNano: '1700000000000000000',
      attributes: [attribute('server.address', 'cart'), attribute('http.request.method', 'GET')],
    }; // prettier-ignore
    const metric = { name: 'http.client.request.duration', unit: 's', histogram: { aggregationTemporality: 1, dataPoints: [point] } };
    const resource = { attributes: [attribute('service.name', 'web')] };
    const { points } = await readText('m.json', JSON.stringify({ resourceMetrics: [{ resource, scopeMetrics: [{ metrics: [metric] }] }] }));
    expect(points.map(({ series }) => [series.metric, series.entity.service, series.callee])).toEqual(
      ['count', 'sum', 'mean', 'p95'].map((part) => [`http.client.request.duration_${part}`, 'web', 'cart']),
    );
  });

  it('name their callee in long tables', async () => {
    const text = 'time,metric,client,server,value\n1700000000,traces_service_graph_request_total,web,cart,3\n';
    const { points } = await readText('graph.csv', text);
    expect(points.map(({ series }) => [series.entity.service, series.callee])).toEqual([['web', 'cart']]);
  });
});
