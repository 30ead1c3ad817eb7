import { MORE_METRIC_VOCABULARIES } from './moreMetricVocabularies.js';
import type { Pod } from './pod.js';

/** How one monitoring set-up names what it measures. Values are converted by the recorder: bytes, seconds, cores. */
export interface MetricVocabulary {
  readonly id: string;
  /** Counter of CPU seconds, or gauge of cores in use. */
  readonly cpu: { readonly name: string; readonly isCounter: boolean };
  readonly throttled: string;
  readonly memory: string;
  readonly received: string;
  readonly sent: string;
  readonly retransmits: string;
  readonly written: string;
  readonly restarts: string;
  readonly requests: string;
  readonly operationLabel: string;
  readonly statusLabel: string;
  /** Gauge per quantile, in seconds or ms. */
  readonly latency: { readonly name: string; readonly perSecond: number };
  readonly inFlight: string;
  readonly failedCalls: string;
  readonly loggedErrors: string;
  /** Growth per second instead of cumulative counts; default false. */
  readonly areRates?: boolean;
  /** Of latencies; default 0.5, 0.95 and 0.99. */
  readonly quantiles?: readonly number[];
  /** Whether the runtimes of languages, databases and brokers are scraped as well; default true. */
  readonly withRuntime?: boolean;
  /** Labels of a pod, the inner part of a JSON object. */
  readonly labels: (pod: Pod, namespace: string) => string;
}

export const METRIC_VOCABULARIES: readonly MetricVocabulary[] = [
  {
    id: 'cadvisor',
    cpu: { name: 'container_cpu_usage_seconds_total', isCounter: true },
    throttled: 'container_cpu_cfs_throttled_seconds_total',
    memory: 'container_memory_working_set_bytes',
    received: 'container_network_receive_bytes_total',
    sent: 'container_network_transmit_bytes_total',
    retransmits: 'container_network_tcp_retransmits_total',
    written: 'container_fs_writes_bytes_total',
    restarts: 'kube_pod_container_status_restarts_total',
    requests: 'http_server_requests_seconds_count',
    operationLabel: 'uri',
    statusLabel: 'status',
    latency: { name: 'http_server_requests_seconds', perSecond: 1 },
    inFlight: 'http_server_active_requests',
    failedCalls: 'http_client_requests_failed_total',
    loggedErrors: 'logback_events_error_total',
    labels: (pod, namespace) => `"namespace":"${namespace}","pod":"${pod.name}","container":"${pod.service.name}"`,
  },
  {
    id: 'otel',
    cpu: { name: 'k8s_pod_cpu_usage', isCounter: false },
    throttled: 'k8s_container_cpu_throttled_time_seconds_total',
    memory: 'k8s_pod_memory_working_set_bytes',
    received: 'k8s_pod_network_receive_io_bytes_total',
    sent: 'k8s_pod_network_transmit_io_bytes_total',
    retransmits: 'k8s_pod_network_errors_total',
    written: 'k8s_pod_filesystem_written_bytes_total',
    restarts: 'k8s_container_restarts',
    requests: 'rpc_server_requests_total',
    operationLabel: 'rpc_method',
    statusLabel: 'http_response_status_code',
    latency: { name: 'rpc_server_duration_milliseconds', perSecond: 1000 },
    inFlight: 'rpc_server_active_requests',
    failedCalls: 'rpc_client_errors_total',
    loggedErrors: 'log_records_error_total',
    labels: (pod, namespace) => `"k8s_namespace_name":"${namespace}","k8s_pod_name":"${pod.name}","service_name":"${pod.service.name}"`,
  },
  {
    id: 'plain',
    cpu: { name: 'pod_cpu_usage_cores', isCounter: false },
    throttled: 'pod_cpu_throttled_seconds_total',
    memory: 'pod_memory_usage_bytes',
    received: 'pod_network_rx_bytes_total',
    sent: 'pod_network_tx_bytes_total',
    retransmits: 'pod_network_tcp_retrans_total',
    written: 'pod_disk_write_bytes_total',
    restarts: 'pod_restarts_total',
    requests: 'requests_total',
    operationLabel: 'endpoint',
    statusLabel: 'code',
    latency: { name: 'request_latency_ms', perSecond: 1000 },
    inFlight: 'requests_in_flight',
    failedCalls: 'upstream_errors_total',
    loggedErrors: 'errors_total',
    labels: (pod) => `"pod":"${pod.name}","service":"${pod.service.name}"`,
  },
  ...MORE_METRIC_VOCABULARIES,
];
