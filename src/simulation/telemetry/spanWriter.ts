import type { PartBuffer } from './partBuffer.js';
import type { Pod } from '../runtime/pod.js';
import type { SimulationClock } from '../runtime/simulationClock.js';
import type { FinishedSpan } from './telemetry.js';

const BATCH_SPANS = 64;
const PATH = 'traces/traces.jsonl';

/** Spans as the OpenTelemetry collector's file exporter writes them: one document per batch of one pod. */
export class SpanWriter {
  private readonly batches = new Map<Pod, string[]>();
  spans = 0;

  private readonly buffer: PartBuffer;
  private readonly clock: SimulationClock;
  private readonly namespace: string;
  private readonly withStatus: boolean;

  constructor(buffer: PartBuffer, clock: SimulationClock, namespace: string, withStatus: boolean) {
    this.buffer = buffer;
    this.clock = clock;
    this.namespace = namespace;
    this.withStatus = withStatus;
  }

  add(span: FinishedSpan): void {
    if (!span.trace.isSampled) {
      return;
    }
    this.spans += 1;
    const batch = this.batches.get(span.pod);
    if (batch === undefined) {
      this.batches.set(span.pod, [this.toJson(span)]);
    } else if (batch.push(this.toJson(span)) >= BATCH_SPANS) {
      this.writeBatch(span.pod, batch);
      this.batches.delete(span.pod);
    }
  }

  flush(): void {
    for (const [pod, batch] of this.batches) {
      this.writeBatch(pod, batch);
    }
    this.batches.clear();
  }

  private writeBatch(pod: Pod, batch: readonly string[]): void {
    const resource = toResourceJson(pod, this.namespace);
    const scope = `{"name":"${pod.service.language}-instrumentation","version":"1.9.0"}`;
    this.buffer.append(PATH, `{"resourceSpans":[{"resource":${resource},"scopeSpans":[{"scope":${scope},"spans":[${batch.join(',')}]}]}]}`);
  }

  private toJson(span: FinishedSpan): string {
    const { failure, exceptionType, peer } = span;
    const { skewNs } = span.pod.node;
    const start = this.clock.toEpochNsText(span.startNs + skewNs);
    const end = this.clock.toEpochNsText(span.endNs + skewNs);
    const parent = span.parentId === '' ? '' : `,"parentSpanId":"${span.parentId}"`;
    const attributes: string[] = [];
    if (peer !== undefined) {
      attributes.push(toAttribute('peer.service', peer.name));
      if (peer.kind === 'database' || peer.kind === 'cache') {
        attributes.push(toAttribute('db.system', peer.kind === 'cache' ? 'redis' : 'postgresql'));
      }
    }
    if (this.withStatus && failure?.kind !== 'timeout' && failure?.kind !== 'connection') {
      attributes.push(`{"key":"http.response.status_code","value":{"intValue":"${failure?.status ?? 200}"}}`);
    }
    const status =
      !this.withStatus || failure === undefined || failure.status < 500 ? '{}' : `{"code":2,"message":${JSON.stringify(failure.message)}}`;
    const events =
      exceptionType === undefined || !this.withStatus
        ? ''
        : `,"events":[{"timeUnixNano":"${end}","name":"exception","attributes":[${toAttribute('exception.type', exceptionType)}]}]`;
    return (
      `{"traceId":"${span.trace.traceId}","spanId":"${span.spanId}"${parent},"name":${JSON.stringify(span.name)},"kind":${span.kind}` +
      `,"startTimeUnixNano":"${start}","endTimeUnixNano":"${end}","attributes":[${attributes.join(',')}]${events},"status":${status}}`
    );
  }
}

export function toResourceJson(pod: Pod, namespace: string): string {
  const attributes = [
    toAttribute('service.name', pod.service.name),
    toAttribute('service.namespace', namespace),
    toAttribute('k8s.pod.name', pod.name),
    toAttribute('k8s.node.name', pod.node.name),
  ];
  return `{"attributes":[${attributes.join(',')}]}`;
}

export function toAttribute(key: string, value: string): string {
  return `{"key":"${key}","value":{"stringValue":${JSON.stringify(value)}}}`;
}
