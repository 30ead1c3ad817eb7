import { describe, expect, it } from 'vitest';
import { toMetricFamily } from '../../../../src/core/features/metricFamily.js';

describe('toMetricFamily', () => {
  it.each([
    ['http.server.request.duration_p95', 'metric-latency'],
    ['istio_request_duration_milliseconds_mean', 'metric-latency'],
    ['service.response.time.avg', 'metric-latency'],
    ['source_50', 'metric-latency'],
    ['client-p99', 'metric-latency'],
    // A number alone is no quantile: the source of what?
    ['source_5', 'metric-other'],
    // How often, and for how long in all: load.
    ['istio_request_duration_milliseconds_sum', 'metric-traffic'],
    ['http_server_requests_seconds_count', 'metric-traffic'],
    ['http.server.request.duration_count', 'metric-traffic'],
    ['istio_requests_total', 'metric-traffic'],
    ['envoy_cluster_upstream_rq_active', 'metric-traffic'],
    ['kafka_consumergroup_lag', 'metric-traffic'],
    ['redis_connected_clients', 'metric-traffic'],
    // What fails is an error before it is a request.
    ['http_requests_5xx_total', 'metric-errors'],
    ['success_rate', 'metric-errors'],
    ['dynamodb_throttled_requests_total', 'metric-errors'],
    // Seconds of CPU are CPU before they are a time.
    ['container_cpu_usage_seconds_total', 'metric-cpu'],
    ['container_cpu_cfs_throttled_seconds_total', 'metric-cpu'],
    ['process.cpu.time', 'metric-cpu'],
    ['CpuUsageRate(%)', 'metric-cpu'],
    ['jvm_memory_used_bytes', 'metric-memory'],
    ['jvm_gc_pause_seconds_sum', 'metric-memory'],
    ['memUsedBytes', 'metric-memory'],
    ['members_total', 'metric-other'],
    ['container_memory_failures_total', 'metric-memory'],
    ['container_network_receive_bytes_total', 'metric-io'],
    ['container_fs_io_time_seconds_total', 'metric-io'],
    // Of a thread nothing is read, and what is ready neither.
    ['jvm_threads_live_threads', 'metric-other'],
    ['kube_pod_status_ready', 'metric-other'],
    ['k8s.container.restart.count', 'metric-other'],
    ['process_start_time_seconds', 'metric-other'],
    // A node's CPU is shared by all pods on it.
    ['node_cpu_seconds_total', 'metric-other'],
    ['nodeCpu', 'metric-other'],
    ['zk_watch_level', 'metric-other'],
  ])('%s: %s', (metric, family) => {
    expect(toMetricFamily(metric)).toBe(family);
  });
});
