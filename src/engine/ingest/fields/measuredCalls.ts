/**
 * Whose calls a series measures, and who measured them, by its name and labels. What a caller measures speaks of its callee as well:
 * without the callee's name a slow database is its callers' fault.
 * Sources: OpenTelemetry's semantic conventions for metrics of clients (`http.client.…`, `rpc.client.…`, `db.client.…`), also as Prometheus
 * spells them; Micrometer (`http.client.requests` with `client.name`); Istio's standard metrics (`reporter`, `source_…`, `destination_…`);
 * Linkerd's proxy metrics (`direction`, `dst_…`); Envoy's clusters as Istio names them; service graphs of traces (the OpenTelemetry
 * Collector's connector and Tempo: `client`, `server`).
 */
import { resolveEntity } from '../../../core/entities.js';
import type { EntityName, SeriesDefinition } from '../../../core/records.js';
import { toPeerName, type PeerSource } from './peerNames.js';

export interface MeasuredCalls {
  /** Service that measured; empty where the labels do not say so, and the series belongs to whom it would otherwise. */
  readonly owner: string;
  /** Service whose calls their caller measured; empty where a callee measured, or no calls at all. */
  readonly callee: string;
}

const CLIENT = /^(?:http|rpc|db|grpc)[._]client[._]/;
const CLIENT_PEERS: readonly (readonly [string, PeerSource])[] = [
  ['service_peer_name', 'service'],
  ['peer_service', 'service'],
  ['server_address', 'host'],
  ['net_peer_name', 'host'],
  ['client_name', 'host'],
  ['grpc_target', 'host'],
];
/** Of gRPC's target names (`dns:///cart:7070`). */
const SCHEME = /^[a-z][a-z0-9+.-]*:\/{2,3}/i;
/** Names that Istio writes for any host outside of the mesh. */
const NO_CLUSTER = /^(?:PassthroughCluster|BlackHoleCluster|InboundPassthroughCluster.*|allow_any|block_all)$/;
/** What the side of a call is named by; its canonical name is its `app` label unless somebody said otherwise, as with other series of the pod. */
const ISTIO_NAMES = ['canonical_service', 'service_name', 'app', 'workload'];
const SERVICE_GRAPH = /^traces[._]service[._]graph[._]/;
const SERVER_SIDE = /[._]server(?:[._]|$)/;
/** `outbound|port|subset|host`, as Istio names what a sidecar calls. */
const OUTBOUND_CLUSTER = /^outbound\|[^|]*\|[^|]*\|(.+)$/;
const LINKERD_NAMES = ['deployment', 'statefulset', 'daemonset', 'service'];

/**
 * Whose series it is, and whose calls it measures. A sidecar writes of its own pod, whose names are kept; a collector, a mesh's node proxy or a sum
 * over pods of others.
 * @param writer whose it would be without the labels
 * @param labels as in `findMeasuredCalls`
 */
export function nameMeasured(
  writer: EntityName,
  metric: string,
  labels: readonly (readonly [string, string])[],
): Pick<SeriesDefinition, 'entity' | 'callee'> {
  const { owner, callee } = findMeasuredCalls(metric, labels);
  const isOwn = owner === '' || writer.service === owner || writer.instance.startsWith(`${owner}-`);
  return { entity: isOwn ? writer : resolveEntity({ serviceName: owner }), ...(callee === '' ? {} : { callee }) };
}

/** @param labels names as written, with dots (OTLP) or underscores (Prometheus) */
export function findMeasuredCalls(metric: string, labels: readonly (readonly [string, string])[]): MeasuredCalls {
  const valueOf = (label: string): string => labels.find(([name]) => name.replaceAll('.', '_') === label)?.[1] ?? '';
  const sideOf = (side: string, names: readonly string[]): string => firstOf(names.map((name) => toService(valueOf(`${side}_${name}`))));

  if (CLIENT.test(metric)) {
    return { owner: '', callee: firstOf(CLIENT_PEERS.map(([label, source]) => toPeerName(valueOf(label).replace(SCHEME, ''), source))) };
  }
  if (metric.startsWith('istio_')) {
    const [reporter, destination] = [valueOf('reporter'), sideOf('destination', ISTIO_NAMES)];
    return reporter === 'source'
      ? toCalls(sideOf('source', ISTIO_NAMES), destination)
      : { owner: reporter === 'destination' ? destination : '', callee: '' };
  }
  if (SERVICE_GRAPH.test(metric)) {
    const [client, server] = [toService(valueOf('client')), toService(valueOf('server'))];
    return SERVER_SIDE.test(metric) ? { owner: server, callee: '' } : toCalls(client, server);
  }
  if (valueOf('direction') === 'outbound') {
    return toCalls('', sideOf('dst', LINKERD_NAMES));
  }
  return toCalls('', toPeerName(OUTBOUND_CLUSTER.exec(valueOf('envoy_cluster_name'))?.[1] ?? '', 'host'));
}

/** Whoever calls itself has no callee to speak of. */
function toCalls(owner: string, callee: string): MeasuredCalls {
  return { owner, callee: callee === owner ? '' : callee };
}

function firstOf(names: readonly string[]): string {
  return names.find((name) => name !== '') ?? '';
}

function toService(name: string): string {
  return NO_CLUSTER.test(name) ? '' : toPeerName(name, 'service');
}
