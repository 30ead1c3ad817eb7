import type { Pod } from '../runtime/pod.js';
import type { Random } from '../../core/math/random.js';

const MB = 1 << 20;

/**
 * Series that a language's runtime, a database or a broker exports by itself.
 * @param memoryShare share of the pod's memory limit in use, 0–1
 */
export function recordRuntimeMetrics(
  pod: Pod,
  memoryShare: number,
  random: Random,
  add: (metric: string, value: number, extra?: string) => void,
): void {
  const { counters, service, running, size } = pod;
  const noise = (sd: number): number => Math.exp(sd * random.normal());
  if (service.kind === 'database') {
    add('pg_stat_activity_count', 4 + running + pod.waiting.length);
    add('pg_stat_database_xact_commit_total', sumOf(counters.requests.values()));
    add('pg_query_duration_seconds', toMedianMs(pod) / 1000, ',"quantile":"0.5"');
    return;
  }
  if (service.kind === 'cache') {
    add('redis_connected_clients', 12 + running);
    add('redis_commands_processed_total', sumOf(counters.requests.values()));
    add('redis_memory_used_bytes', memoryShare * size.memoryMb * MB * noise(0.01));
    return;
  }
  if (service.kind === 'queue') {
    add('kafka_server_messages_in_total', sumOf(counters.requests.values()));
    add('kafka_consumergroup_lag', Math.max(0, Math.round(running + 2 * Math.abs(random.normal()))));
    return;
  }
  switch (service.language) {
    case 'java':
      // The heap rises and falls with collections: the sawtooth hides slow changes.
      add('jvm_memory_used_bytes', memoryShare * size.memoryMb * MB * random.uniform(0.45, 0.8), ',"area":"heap"');
      counters.gcSeconds += 0.02 * noise(0.4) + (memoryShare > 0.8 ? 4 * (memoryShare - 0.8) : 0);
      add('jvm_gc_pause_seconds_sum', counters.gcSeconds);
      add('jvm_threads_live_threads', 28 + running + Math.min(3, pod.waiting.length));
      add('hikaricp_connections_pending', counters.poolWaiting);
      return;
    case 'go':
      add('go_goroutines', 18 + 3 * running);
      add('go_memstats_heap_inuse_bytes', memoryShare * size.memoryMb * MB * random.uniform(0.5, 0.75));
      return;
    case 'node':
      add('nodejs_heap_size_used_bytes', memoryShare * size.memoryMb * MB * random.uniform(0.5, 0.8));
      add('nodejs_eventloop_lag_seconds', 0.001 * noise(0.3) * (1 + 20 * pod.combined.cpuShare ** 2));
      return;
    case 'python':
      add('process_resident_memory_bytes', memoryShare * size.memoryMb * MB * noise(0.005));
      return;
    case 'dotnet':
      add('dotnet_gc_heap_size_bytes', memoryShare * size.memoryMb * MB * random.uniform(0.5, 0.8));
      add('dotnet_threadpool_threads_count', 6 + running);
      return;
  }
}

function sumOf(values: Iterable<number>): number {
  let sum = 0;
  for (const value of values) {
    sum += value;
  }
  return sum;
}

function toMedianMs(pod: Pod): number {
  const all = [...pod.counters.durationsMs.values()].flat().sort((left, right) => left - right);
  return all[Math.floor(all.length / 2)] ?? 0;
}
