/**
 * What a metric is about, by its name alone: the metrics of cAdvisor and kube-state-metrics, of OpenTelemetry's semantic conventions, of Micrometer,
 * of the runtimes' Prometheus clients, of Istio and Envoy, of common databases and queues, and names that people make up.
 */
import type { FamilyId } from './families.js';

/** First match wins: a success rate is an error metric before it is a rate, seconds of CPU are CPU before they are a time. */
const PATTERNS: readonly (readonly [RegExp, FamilyId])[] = [
  // What a node shows belongs to every pod on it, so it must not count as the pod's own CPU or memory.
  [/^(node|host|machine|instance)(?![a-z])|^Node[A-Z]|^node_/u, 'metric-other'],
  // When something began tells nothing of how long anything takes.
  [/start_?time|up_?time|timestamp|[._]created$/iu, 'metric-other'],
  // Page faults (cAdvisor: `container_memory_failures_total`).
  [/memory_fail/iu, 'metric-memory'],
  [/error|fail|exception|5xx|4xx|success|drop|timeout|retr(y|ies)|reject|throttled_?requests|requests_?throttled/iu, 'metric-errors'],
  [/cpu/iu, 'metric-cpu'],
  [/(^|[^a-z])gc([^a-z]|$)|garbage/iu, 'metric-memory'],
  [/(^|[^a-z])(disk|fs|filesystem)([^a-z]|$)/iu, 'metric-io'],
  // How many times a histogram of times has measured, and for how long in all: load, and not how long anything takes.
  [/(latency|duration|time|seconds|_ms)[._](count|sum|bucket)$/iu, 'metric-traffic'],
  [/latency|duration|seconds(_|$)|_ms(_|$)|quantile|rtt|elapsed|delay/iu, 'metric-latency'],
  // A quantile is of times unless the name says that it is of sizes.
  [/^(?!.*(bytes|size)).*p(50|75|90|95|99)\b/iu, 'metric-latency'],
  [/(response|request|service|processing|query|wait)[._]?time/iu, 'metric-latency'],
  // Quantiles of calls as service meshes' tables have them: `source_50`.
  [/(^|[._-])(source|destination|client|server|upstream|downstream)[._-]p?(50|75|90|95|99)$/iu, 'metric-latency'],
  [/processor|throttl|load_?(avg|average|1|5)/iu, 'metric-cpu'],
  [/(^|[^a-zA-Z])[mM]em[A-Z]/u, 'metric-memory'],
  [/mem(ory)?(?![a-z])|memory|heap|rss|working_?set|swap|cache_bytes/iu, 'metric-memory'],
  [/in_?flight|active|busy|pending/iu, 'metric-traffic'],
  [/thread|goroutine|restart|ready|file_?descriptor|open_?(fds|files)/iu, 'metric-other'],
  [/network|net_|retrans|bytes|packet|disk|(^|[._])io([._]|$)|syscall|read|write|written|transmit|receive|fs_/iu, 'metric-io'],
  [
    /request|workload|rps|qps|\bops\b|throughput|calls|messages|commands|transactions|xact|count|rate|connections|clients|queue|(^|_)(rq|lag)(_|$)/iu,
    'metric-traffic',
  ],
];

/** Family of a metric from its name alone; `metric-other` when nothing is recognised. */
export function toMetricFamily(metric: string): FamilyId {
  for (const [pattern, family] of PATTERNS) {
    if (pattern.test(metric)) {
      return family;
    }
  }
  return 'metric-other';
}
