import type { MetricGaps } from './metricGaps.js';
import type { PartBuffer } from './partBuffer.js';
import type { Pod } from '../runtime/pod.js';
import { updateResources } from '../runtime/podResources.js';
import { Random } from '../../core/math/random.js';
import type { PodInterval, WideColumn, WideVocabulary } from './wideVocabulary.js';

interface Totals {
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly writtenBytes: number;
  readonly lostMessages: number;
}

const NONE: Totals = { receivedBytes: 0, sentBytes: 0, writtenBytes: 0, lostMessages: 0 };

/** Writes one CSV table per pod, one row per scrape: `metrics/<pod>_metric.csv`. */
export class WideMetrics {
  private readonly rows = new Map<Pod, string[]>();
  private readonly before = new Map<Pod, Totals>();
  private readonly requestsBefore = new Map<Pod, ReadonlyMap<string, number>>();
  private readonly columns: readonly WideColumn[];
  private chars = 0;

  private readonly vocabulary: WideVocabulary;
  private readonly stepS: number;
  private readonly gaps: MetricGaps | undefined;
  private readonly random: Random;

  /** @param coverage share of columns that are kept, drawn by `seed` and name; the first always is. */
  constructor(seed: number, coverage: number, vocabulary: WideVocabulary, stepS: number, gaps: MetricGaps | undefined) {
    this.vocabulary = vocabulary;
    this.stepS = stepS;
    this.gaps = gaps;
    this.random = new Random(seed, 'metrics');
    this.columns = vocabulary.columns.filter(({ name }, index) => index === 0 || new Random(seed, `collected/${name}`).next() < coverage);
  }

  get sizeChars(): number {
    return this.chars;
  }

  scrape(pod: Pod, seconds: number, nowNs: number): void {
    const interval = this.measure(pod, nowNs);
    const cells = this.columnsOf(pod).map(({ name, value }) => {
      const observed = this.gaps === undefined ? value(interval) : this.gaps.observe(name, pod.name, seconds, value(interval));
      return observed === undefined || Number.isNaN(observed) ? '' : String(Number(observed.toPrecision(6)));
    });
    if (cells.every((cell) => cell === '')) {
      return;
    }
    const row = `${seconds},${pod.name},${cells.join(',')}`;
    const rows = this.rows.get(pod);
    if (rows === undefined) {
      this.rows.set(pod, [row]);
    } else {
      rows.push(row);
    }
    this.chars += row.length + 1;
  }

  /** Moves all rows to the buffer. */
  flush(buffer: PartBuffer): void {
    for (const [pod, rows] of this.rows) {
      const path = `metrics/${pod.name}_metric.csv`;
      const header = [this.vocabulary.timeColumn, this.vocabulary.podColumn, ...this.columnsOf(pod).map(({ name }) => name)];
      buffer.append(path, header.join(','));
      rows.forEach((row) => {
        buffer.append(path, row);
      });
    }
    this.rows.clear();
    this.chars = 0;
  }

  private columnsOf(pod: Pod): readonly WideColumn[] {
    return pod.service.kind === 'service' ? this.columns : this.columns.filter(({ isOfService = false }) => !isOfService);
  }

  private measure(pod: Pod, nowNs: number): PodInterval {
    const usedCores = updateResources(pod, this.stepS, nowNs, this.random);
    const { counters } = pod;
    const last = this.before.get(pod) ?? NONE;
    const counted = this.countRequests(pod);
    const interval: PodInterval = {
      pod,
      stepSeconds: this.stepS,
      usedCores,
      // Others on the machine: a base load, what a noisy neighbour takes, and a part of the pod's own.
      nodeShare: Math.min(1, 0.25 + pod.node.stolenShare + 0.2 * (usedCores / pod.size.cores) + 0.02 * Math.abs(this.random.normal())),
      receivedBytes: counters.receivedBytes - last.receivedBytes,
      sentBytes: counters.sentBytes - last.sentBytes,
      writtenBytes: counters.writtenBytes - last.writtenBytes,
      lostMessages: counters.lostMessages - last.lostMessages,
      ...counted,
      servedMs: toSorted([...counters.durationsMs.values()].flat()),
      calledMs: toSorted(counters.callsMs),
    };
    const { receivedBytes, sentBytes, writtenBytes, lostMessages } = counters;
    this.before.set(pod, { receivedBytes, sentBytes, writtenBytes, lostMessages });
    counters.durationsMs.clear();
    counters.callsMs = [];
    counters.busyMs = 0;
    return interval;
  }

  /** Since the last scrape. */
  private countRequests(pod: Pod): { readonly requests: number; readonly failedRequests: number } {
    const known = this.requestsBefore.get(pod);
    let requests = 0;
    let failedRequests = 0;
    for (const [key, count] of pod.counters.requests) {
      const added = count - (known?.get(key) ?? 0);
      requests += added;
      failedRequests += Number(key.split('\n')[1]) >= 500 ? added : 0;
    }
    this.requestsBefore.set(pod, new Map(pod.counters.requests));
    return { requests, failedRequests };
  }
}

function toSorted(values: readonly number[]): number[] {
  return values.toSorted((left, right) => left - right);
}
