import type { FamilyId } from './families.js';

/** First match wins: a success rate is an error metric before it is a rate, a latency quantile is latency before it is `…Ops`. */
const PATTERNS: readonly (readonly [RegExp, FamilyId])[] = [
  // What a node shows belongs to every pod on it, so it must not count as the pod's own CPU or memory.
  [/^(node|host|machine|instance)(?![a-z])|^Node[A-Z]|^node_/u, 'metric-other'],
  [/error|fail|exception|5xx|4xx|success|drop|timeout|retr(y|ies)|reject/iu, 'metric-errors'],
  [/latency|duration|response_?time|_seconds(_|$)|quantile|[pP](50|75|90|95|99)\b|rtt|elapsed/iu, 'metric-latency'],
  [/cpu|processor|throttl|load_?(avg|average|1|5)/iu, 'metric-cpu'],
  [/mem(ory)?(?![a-z])|memory|heap|rss|gc_|working_?set|swap|cache_bytes/iu, 'metric-memory'],
  [/network|net_|bytes|packet|disk|(^|_)io(_|$)|syscall|read|write|transmit|receive|fs_/iu, 'metric-io'],
  [/request|workload|rps|qps|\bops\b|throughput|calls|messages|count|rate|connections|queue/iu, 'metric-traffic'],
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
