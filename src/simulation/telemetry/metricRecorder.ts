import type { MetricTable } from './metricTable.js';
import type { ClientVocabulary, MetricVocabulary } from './metricVocabulary.js';
import type { Pod } from '../runtime/pod.js';
import { updateResources } from '../runtime/podResources.js';
import type { Random } from '../../core/math/random.js';
import { recordRuntimeMetrics } from './runtimeMetrics.js';

const QUANTILES = [0.5, 0.95, 0.99] as const;
const MB = 1 << 20;

type Add = (metric: string, value: number, extra?: string) => void;

/** Reads a pod's counters at each scrape, as an agent would, and adds the points of its series. */
export class MetricRecorder {
  private readonly table: MetricTable;
  private readonly vocabulary: MetricVocabulary;
  private readonly namespace: string;
  private readonly stepS: number;
  private readonly withCallees: boolean;
  private readonly random: Random;
  /** Counters at the last scrape, for vocabularies of rates. */
  private readonly before = new Map<string, number>();

  constructor(
    table: MetricTable,
    vocabulary: MetricVocabulary,
    { namespace, stepS, withCallees }: { readonly namespace: string; readonly stepS: number; readonly withCallees: boolean },
    random: Random,
  ) {
    this.table = table;
    this.vocabulary = vocabulary;
    this.namespace = namespace;
    this.stepS = stepS;
    this.withCallees = withCallees;
    this.random = random;
  }

  /** @param seconds epoch seconds of the scrape; @param nowNs the same in simulated time. */
  scrape(pod: Pod, seconds: number, nowNs: number): void {
    const { vocabulary: names, table } = this;
    const labels = names.labels(pod, this.namespace);
    const add = (metric: string, value: number, extra = ''): void => {
      table.add(metric, labels + extra, seconds, value);
    };
    const usedCores = updateResources(pod, this.stepS, nowNs, this.random);
    const { counters } = pod;
    add(names.cpu.name, names.cpu.isCounter ? counters.cpuSeconds : usedCores);
    const count = (metric: string, value: number, extra = ''): void => {
      add(metric, names.areRates === true ? this.toRate(metric + labels + extra, value) : value, extra);
    };
    count(names.throttled, counters.throttledSeconds);
    add(names.memory, pod.memoryMb() * MB);
    count(names.received, counters.receivedBytes);
    count(names.sent, counters.sentBytes);
    count(names.retransmits, counters.lostMessages);
    count(names.written, counters.writtenBytes);
    add(names.restarts, counters.restarts);
    if (pod.service.kind === 'service') {
      this.addRequests(pod, add, count);
      if (this.withCallees && names.client !== undefined) {
        this.addCalls(pod, names.client, seconds);
      }
    }
    if (names.withRuntime !== false) {
      recordRuntimeMetrics(pod, pod.memoryMb() / pod.size.memoryMb, this.random, add);
    }
    counters.durationsMs.clear();
    counters.callsMs = [];
    counters.busyMs = 0;
  }

  private addRequests(pod: Pod, add: Add, count: Add): void {
    const { vocabulary: names } = this;
    const { counters } = pod;
    add(names.inFlight, pod.running);
    count(names.loggedErrors, counters.loggedErrors);
    for (const [key, served] of counters.requests) {
      const [operation = '', status = ''] = key.split('\n');
      count(names.requests, served, `,"${names.operationLabel}":${JSON.stringify(operation)},"${names.statusLabel}":"${status}"`);
    }
    for (const [callee, { failed }] of counters.calls) {
      if (failed > 0) {
        count(names.failedCalls, failed, `,"peer":"${callee}"`);
      }
    }
    for (const [operation, durations] of counters.durationsMs) {
      durations.sort((left, right) => left - right);
      for (const quantile of names.quantiles ?? QUANTILES) {
        const ms = durations[Math.min(durations.length - 1, Math.floor(quantile * durations.length))] ?? 0;
        const extra = `,"${names.operationLabel}":${JSON.stringify(operation)},"quantile":"${quantile}"`;
        add(names.latency.name, (ms / 1000) * names.latency.perSecond, extra);
      }
    }
  }

  private addCalls(pod: Pod, client: ClientVocabulary, seconds: number): void {
    const { name, perSecond, calleeLabel, labels = this.vocabulary.labels } = client;
    for (const [callee, { count, sumMs }] of pod.counters.calls) {
      const allLabels = `${labels(pod, this.namespace)},"${calleeLabel}":"${callee}"`;
      const sum = (sumMs / 1000) * perSecond;
      if (this.vocabulary.areRates !== true) {
        this.table.add(`${name}_count`, allLabels, seconds, count);
        this.table.add(`${name}_sum`, allLabels, seconds, sum);
        continue;
      }
      const [calls, took] = [this.toRate(`count ${name}${allLabels}`, count), this.toRate(`sum ${name}${allLabels}`, sum)];
      if (calls > 0) {
        this.table.add(name, allLabels, seconds, took / calls);
      }
    }
  }

  /** Growth per second since the last scrape. */
  private toRate(series: string, total: number): number {
    const last = this.before.get(series) ?? 0;
    this.before.set(series, total);
    return (total - last) / this.stepS;
  }
}
