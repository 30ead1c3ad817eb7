import type { Pod } from '../runtime/pod.js';

/** What a scrape of a pod measured over one interval, in base units. */
export interface PodInterval {
  readonly pod: Pod;
  readonly stepSeconds: number;
  readonly usedCores: number;
  /** Of the node's CPU, 0–1. */
  readonly nodeShare: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly writtenBytes: number;
  readonly lostMessages: number;
  readonly requests: number;
  readonly failedRequests: number;
  /** Sorted, of requests answered. */
  readonly servedMs: readonly number[];
  /** Sorted, of calls made. */
  readonly calledMs: readonly number[];
}

export interface WideColumn {
  readonly name: string;
  /** NaN: nothing was measured, the cell stays empty. */
  readonly value: (interval: PodInterval) => number;
  /** Only of services, not of databases, caches and queues. */
  readonly isOfService?: boolean;
}

/** Tables with one row per scrape and one column per metric, as monitoring scripts and published data sets write them. */
export interface WideVocabulary {
  readonly id: string;
  readonly timeColumn: string;
  readonly podColumn: string;
  readonly columns: readonly WideColumn[];
}

const MIB = 1 << 20;

export const WIDE_VOCABULARIES: readonly WideVocabulary[] = [
  {
    id: 'pod-table',
    timeColumn: 'TimeStamp',
    podColumn: 'PodName',
    columns: [
      { name: 'CpuUsage(m)', value: ({ usedCores }) => usedCores * 1000 },
      { name: 'CpuUsageRate(%)', value: cpuPercent },
      { name: 'MemoryUsage(Mi)', value: ({ pod }) => pod.memoryMb() },
      { name: 'MemoryUsageRate(%)', value: memoryPercent },
      { name: 'SyscallWrite', value: ({ writtenBytes, stepSeconds }) => writtenBytes / 4096 / stepSeconds },
      { name: 'NetworkReceiveBytes', value: ({ receivedBytes, stepSeconds }) => receivedBytes / stepSeconds },
      { name: 'NetworkTransmitBytes', value: ({ sentBytes, stepSeconds }) => sentBytes / stepSeconds },
      { name: 'PodClientLatencyP90(s)', value: ({ calledMs }) => quantile(calledMs, 0.9) / 1000, isOfService: true },
      { name: 'PodClientLatencyP95(s)', value: ({ calledMs }) => quantile(calledMs, 0.95) / 1000, isOfService: true },
      { name: 'PodServerLatencyP90(s)', value: ({ servedMs }) => quantile(servedMs, 0.9) / 1000, isOfService: true },
      { name: 'PodServerLatencyP95(s)', value: ({ servedMs }) => quantile(servedMs, 0.95) / 1000, isOfService: true },
      { name: 'PodServerLatencyP99(s)', value: ({ servedMs }) => quantile(servedMs, 0.99) / 1000, isOfService: true },
      { name: 'PodWorkload(Ops)', value: perSecond, isOfService: true },
      { name: 'PodSuccessRate(%)', value: (interval) => 100 * (1 - errorShare(interval)), isOfService: true },
      { name: 'NodeCpuUsageRate(%)', value: ({ nodeShare }) => 100 * nodeShare },
      { name: 'NodeNetworkReceiveBytes', value: ({ receivedBytes, stepSeconds }) => (8 * receivedBytes) / stepSeconds },
    ],
  },
  {
    id: 'snake-table',
    timeColumn: 'timestamp',
    podColumn: 'pod',
    columns: [
      { name: 'cpu_usage_percent', value: cpuPercent },
      { name: 'mem_used_mb', value: ({ pod }) => pod.memoryMb() },
      { name: 'disk_write_kb', value: ({ writtenBytes }) => writtenBytes / 1024 },
      { name: 'net_in_kbps', value: ({ receivedBytes, stepSeconds }) => (8 * receivedBytes) / 1000 / stepSeconds },
      { name: 'net_out_kbps', value: ({ sentBytes, stepSeconds }) => (8 * sentBytes) / 1000 / stepSeconds },
      { name: 'tcp_retrans', value: ({ lostMessages }) => lostMessages },
      { name: 'rps', value: perSecond, isOfService: true },
      { name: 'latency_p50_ms', value: ({ servedMs }) => quantile(servedMs, 0.5), isOfService: true },
      { name: 'latency_p99_ms', value: ({ servedMs }) => quantile(servedMs, 0.99), isOfService: true },
      { name: 'error_ratio', value: errorShare, isOfService: true },
    ],
  },
  {
    id: 'agent-table',
    timeColumn: 'time',
    podColumn: 'pod_name',
    columns: [
      { name: 'system.cpu.pct', value: ({ pod, usedCores }) => usedCores / pod.size.cores },
      { name: 'system.memory.actual.used.bytes', value: ({ pod }) => pod.memoryMb() * MIB },
      { name: 'system.network.in.bytes', value: ({ receivedBytes }) => receivedBytes },
      { name: 'system.network.out.bytes', value: ({ sentBytes }) => sentBytes },
      { name: 'system.process.threads', value: ({ pod }) => 24 + pod.running + Math.min(8, pod.waiting.length) },
      { name: 'host.cpu.usage', value: ({ nodeShare }) => nodeShare },
      { name: 'service.throughput', value: ({ requests }) => requests, isOfService: true },
      { name: 'service.response.time.avg', value: ({ servedMs }) => mean(servedMs), isOfService: true },
      { name: 'service.response.errors', value: ({ failedRequests }) => failedRequests, isOfService: true },
    ],
  },
];

function cpuPercent({ pod, usedCores }: PodInterval): number {
  return (100 * usedCores) / pod.size.cores;
}

function memoryPercent({ pod }: PodInterval): number {
  return (100 * pod.memoryMb()) / pod.size.memoryMb;
}

function perSecond({ requests, stepSeconds }: PodInterval): number {
  return requests / stepSeconds;
}

function errorShare({ requests, failedRequests }: PodInterval): number {
  return requests === 0 ? 0 : failedRequests / requests;
}

function quantile(sortedMs: readonly number[], share: number): number {
  return sortedMs[Math.min(sortedMs.length - 1, Math.floor(share * sortedMs.length))] ?? NaN;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? NaN : values.reduce((sum, value) => sum + value, 0) / values.length;
}
