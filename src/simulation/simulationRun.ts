import { scheduleChatter } from './telemetry/chatter.js';
import { Cluster } from './runtime/cluster.js';
import { scheduleDistractors } from './faults/distractors.js';
import { EventQueue } from './runtime/eventQueue.js';
import { scheduleFault } from './faults/faultEffects.js';
import type { PlannedFault } from './faults/faultPlan.js';
import type { LinkedSystem } from './system/linkedSystem.js';
import { LogWriter } from './telemetry/logWriter.js';
import { applyMemoryPressure } from './runtime/memoryPressure.js';
import { createLoadShape } from './runtime/loadShape.js';
import { MetricGaps } from './telemetry/metricGaps.js';
import { MetricRecorder } from './telemetry/metricRecorder.js';
import { MetricTable } from './telemetry/metricTable.js';
import { PartBuffer } from './telemetry/partBuffer.js';
import { Recording } from './telemetry/recording.js';
import { Random } from '../core/math/random.js';
import { RequestEngine } from './runtime/requestEngine.js';
import { SimulationClock } from './runtime/simulationClock.js';
import type { SimulationSettings } from './simulationSettings.js';
import type { SimulatedFile } from './simulationTypes.js';
import { SpanWriter } from './telemetry/spanWriter.js';
import type { FinishedSpan, LogLine, Telemetry } from './telemetry/telemetry.js';
import { Traffic } from './runtime/traffic.js';
import { WideMetrics } from './telemetry/wideMetrics.js';

const NS_PER_SECOND = 1e9;
const NS_PER_MINUTE = 6e10;
/** A batch of spans waits no longer than this for more. */
const BATCH_NS = 1e10;

/** One pass over the simulated time; used once. */
export class SimulationRun implements Telemetry {
  private readonly buffer: PartBuffer;
  private readonly table: MetricTable | WideMetrics;
  private readonly recording: Recording;
  private readonly queue = new EventQueue();
  private readonly clock: SimulationClock;
  private readonly spans: SpanWriter;
  private readonly logs: LogWriter;
  private readonly recorder: MetricRecorder | WideMetrics;
  private readonly cluster: Cluster;
  private readonly traffic: Traffic;
  private readonly pressureRandom: Random;

  private readonly settings: SimulationSettings;

  constructor(settings: SimulationSettings, system: LinkedSystem, faults: readonly PlannedFault[]) {
    this.settings = settings;
    this.buffer = new PartBuffer(settings.maxFileBytes);
    const { seed, startNs, requestsPerSecond, profile, vocabulary, metricStepSeconds, metricCoverage } = settings;
    this.recording = new Recording(profile?.recording, faults);
    const random = (name: string): Random => new Random(seed, name);
    this.pressureRandom = random('memory');
    this.clock = new SimulationClock(startNs);
    this.spans = new SpanWriter(this.buffer, this.clock, system.namespace, settings.withSpanStatus);
    this.logs = new LogWriter(this.buffer, this.clock, system.namespace, settings.logStyle, profile?.logs);
    const gaps = profile === undefined ? undefined : new MetricGaps(seed, this.clock.toEpochSeconds(0), profile.metrics);
    if ('columns' in vocabulary) {
      this.table = this.recorder = new WideMetrics(seed, metricCoverage, vocabulary, metricStepSeconds, gaps);
    } else {
      const table = new MetricTable(seed, metricCoverage, gaps);
      this.table = table;
      const what = { namespace: system.namespace, stepS: metricStepSeconds, withCallees: profile?.metrics.withCallees ?? false };
      this.recorder = new MetricRecorder(table, vocabulary, what, random('metrics'));
    }
    this.cluster = new Cluster(system, requestsPerSecond, settings.clockSkewMs, this.queue, random('cluster'));
    const engine = new RequestEngine(this.cluster, this.queue, random('requests'), this, settings.traceSampling);
    const startHour = Number((startNs / 1_000_000_000n) % 86_400n) / 3600;
    const shape = profile === undefined ? undefined : createLoadShape(profile.load, settings.minutes, random('load'));
    const onRequest = engine.request.bind(engine);
    this.traffic = new Traffic(system, requestsPerSecond, startHour, this.queue, random('traffic'), onRequest, shape);
    const scene = { cluster: this.cluster, traffic: this.traffic, queue: this.queue, telemetry: this, random: random('effects') };
    scheduleChatter(this.cluster, this.queue, this, random('chatter'));
    if (settings.withDistractors) {
      const perHour = (settings.distractorRate * system.services.length) / 10;
      scheduleDistractors(perHour, settings.distractorKinds, { ...scene, engine, random: random('distractors') });
    }
    for (const fault of faults) {
      scheduleFault(fault, scene);
    }
  }

  /** Runs second by second; hands files out when the buffer is full and at the end. */
  *files(): Iterable<SimulatedFile> {
    const endNs = Math.round(this.settings.minutes * NS_PER_MINUTE);
    this.traffic.start();
    for (let nowNs = 0; nowNs < endNs; nowNs += NS_PER_SECOND) {
      this.scrape(nowNs);
      this.queue.runUntil(Math.min(endNs, nowNs + NS_PER_SECOND));
      this.traffic.tick();
      this.cluster.tick();
      applyMemoryPressure(this.cluster, this.queue, this, this.pressureRandom);
      if (nowNs % BATCH_NS === 0) {
        this.spans.flush();
      }
      if (this.buffer.sizeChars + this.table.sizeChars > this.settings.maxPartBytes) {
        yield* this.takePart();
      }
    }
    yield* this.takePart();
  }

  span(span: FinishedSpan): void {
    if (this.settings.modalities.has('trace') && this.recording.keeps(span.startNs)) {
      this.spans.add(span);
    }
  }

  log(line: LogLine): void {
    if (this.settings.modalities.has('log') && line.pod.service.isLogged && this.recording.keeps(line.timeNs)) {
      this.logs.add(line);
    }
  }

  private scrape(nowNs: number): void {
    const seconds = Math.floor(this.clock.toEpochSeconds(nowNs));
    if (seconds % this.settings.metricStepSeconds !== 0 || !this.settings.modalities.has('metric')) {
      return;
    }
    for (const pod of this.cluster.allPods()) {
      if (pod.service.isMeasured) {
        this.recorder.scrape(pod, seconds, nowNs);
      }
    }
  }

  private takePart(): SimulatedFile[] {
    this.spans.flush();
    this.table.flush(this.buffer);
    return this.buffer.take();
  }
}
