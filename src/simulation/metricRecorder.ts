import type { MetricTable } from './metricTable.js';
import type { MetricVocabulary } from './metricVocabulary.js';
import type { Pod } from './pod.js';
import type { Random } from './random.js';
import { recordRuntimeMetrics } from './runtimeMetrics.js';

const QUANTILES = [0.5, 0.95, 0.99] as const;
const MB = 1 << 20;

/** Reads a pod's counters at each scrape, as an agent would, and adds the points of its series. */
export class MetricRecorder {
  private readonly table: MetricTable;
  private readonly vocabulary: MetricVocabulary;
  private readonly namespace: string;
  private readonly stepS: number;
  private readonly random: Random;

  constructor(table: MetricTable, vocabulary: MetricVocabulary, namespace: string, stepS: number, random: Random) {
    this.table = table;
    this.vocabulary = vocabulary;
    this.namespace = namespace;
    this.stepS = stepS;
    this.random = random;
  }

  /** @param seconds epoch seconds of the scrape; @param nowNs the same in simulated time. */
  scrape(pod: Pod, seconds: number, nowNs: number): void {
    const { vocabulary: names, table } = this;
    const labels = names.labels(pod, this.namespace);
    const add = (metric: string, value: number, extra = ''): void => {
      table.add(metric, labels + extra, seconds, value);
    };
    const usedCores = this.updateResources(pod, nowNs);
    const { counters } = pod;
    add(names.cpu.name, names.cpu.isCounter ? counters.cpuSeconds : usedCores);
    add(names.throttled, counters.throttledSeconds);
    add(names.memory, pod.memoryMb() * MB);
    add(names.received, counters.receivedBytes);
    add(names.sent, counters.sentBytes);
    add(names.retransmits, counters.lostMessages);
    add(names.written, counters.writtenBytes);
    add(names.restarts, counters.restarts);
    if (pod.service.kind === 'service') {
      this.addRequests(pod, add);
    }
    recordRuntimeMetrics(pod, pod.memoryMb() / pod.size.memoryMb, this.random, add);
    counters.durationsMs.clear();
    counters.callsMs = [];
    counters.busyMs = 0;
  }

  private addRequests(pod: Pod, add: (metric: string, value: number, extra?: string) => void): void {
    const { vocabulary: names } = this;
    const { counters } = pod;
    add(names.inFlight, pod.running);
    add(names.loggedErrors, counters.loggedErrors);
    for (const [key, count] of counters.requests) {
      const [operation = '', status = ''] = key.split('\n');
      add(names.requests, count, `,"${names.operationLabel}":${JSON.stringify(operation)},"${names.statusLabel}":"${status}"`);
    }
    for (const [callee, count] of counters.failedCalls) {
      add(names.failedCalls, count, `,"peer":"${callee}"`);
    }
    for (const [operation, durations] of counters.durationsMs) {
      durations.sort((left, right) => left - right);
      for (const quantile of QUANTILES) {
        const ms = durations[Math.min(durations.length - 1, Math.floor(quantile * durations.length))] ?? 0;
        const extra = `,"${names.operationLabel}":${JSON.stringify(operation)},"quantile":"${quantile}"`;
        add(names.latency.name, (ms / 1000) * names.latency.perSecond, extra);
      }
    }
  }

  /** Adds what the interval used to the counters. @returns cores in use over the interval. */
  private updateResources(pod: Pod, nowNs: number): number {
    const { counters, size, combined } = pod;
    const own = counters.busyMs / (this.stepS * 1000 * size.capacity);
    const isRunning = pod.accepts(nowNs) || nowNs < pod.readyNs;
    const idle = isRunning ? 0.02 + 0.01 * Math.abs(this.random.normal()) : 0;
    const wanted = own + idle + combined.cpuShare;
    const used = Math.min(1, wanted) * size.cores;
    counters.cpuSeconds += used * this.stepS;
    counters.throttledSeconds += Math.max(0, wanted + pod.node.stolenShare * 0.5 - 0.8) * this.stepS;
    counters.writtenBytes += isRunning ? this.random.logNormal(4000 + 40 * counters.busyMs, 0.3) * this.stepS : 0;
    // Probes and housekeeping talk a little even when nobody calls.
    counters.receivedBytes += isRunning ? Math.round(this.random.logNormal(900, 0.1) * this.stepS) : 0;
    counters.sentBytes += isRunning ? Math.round(this.random.logNormal(700, 0.1) * this.stepS) : 0;
    return used;
  }
}
