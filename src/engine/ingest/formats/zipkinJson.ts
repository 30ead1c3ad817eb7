import { resolveEntity } from '../../../core/entities.js';
import { SPAN_STATUS_CODES } from '../../../core/records.js';
import type { FileHead, FormatReader, ReadContext } from '../formatReader.js';
import { toSpanKey, toTraceKey } from '../fields/idKeys.js';
import { parseElement, hasLineDocuments, readJsonElements, type JsonElement } from '../json/jsonElements.js';
import type { JsonPath } from '../json/jsonPathScanner.js';
import { isObject, type JsonObject } from '../fields/logFields.js';
import { textOf } from './otlpValues.js';
import type { EntityIds, RecordSink } from '../recordSink.js';
import { SpanPeer, toCallKind } from '../fields/spanPeer.js';
import { isZipkinV1, toZipkinV2 } from './zipkinV1.js';

/**
 * Client and server may share an id, and which do is only known when both were seen: so many spans are held before they are
 * handed on. Traces that lie further apart in one file than this keep their shared ids.
 */
const HELD_SPANS = 200_000;

export const zipkinJson: FormatReader = {
  id: 'zipkin-json',
  title: 'Zipkin JSON, version 2 or 1 (traces)',
  sniff: sniffZipkin,
  read: readZipkin,
};

function sniffZipkin(head: FileHead): number {
  if (!/^\s*[[{]/.test(head.text) || !/"traceId"\s*:/.test(head.text)) {
    return 0;
  }
  const isSpan = /"id"\s*:\s*"[0-9a-fA-F]+"/.test(head.text);
  return isSpan && /"(?:localEndpoint|remoteEndpoint|annotations|binaryAnnotations|timestamp)"\s*:/.test(head.text) ? 0.9 : 0;
}

/** A list of spans, a list of traces, or bare spans one after the other. */
function findSpanPath(head: FileHead): JsonPath {
  return /^\s*\[\s*\[/.test(head.text) ? ['[]', '[]'] : /^\s*\[/.test(head.text) ? ['[]'] : [];
}

async function readZipkin(context: ReadContext): Promise<void> {
  const { sink, head } = context;
  const spans = new SharedIdSpans(sink);
  const peer = new SpanPeer(sink);
  await readJsonElements(context.buffer, [findSpanPath(head)], {
    lineDocuments: hasLineDocuments(head),
    onElement: (element) => {
      for (const span of readSpans(element, sink, head.path, peer)) {
        spans.add(span);
      }
    },
    onReject: (reason, line) => {
      sink.reject(reason, line);
    },
    onBlock: async () => {
      spans.flushWhenFull();
      await context.onBlock();
    },
  });
  spans.flush();
  await context.onBlock();
}

interface ZipkinSpan {
  readonly traceKey: number;
  readonly spanKey: number;
  readonly parentKey: number;
  /** Key that the span takes when a client span has its id. */
  readonly serverKey: number;
  readonly isServer: boolean;
  readonly startNs: bigint;
  readonly durationNs: number;
  readonly entity: EntityIds;
  readonly operation: number;
  readonly status: number;
  /** String id + 1 of the callee, 0 = none. */
  readonly peer: number;
  readonly offset: number;
  readonly line: number;
}

/** One span; of version 1, which keeps both halves of a call in one, up to two. */
function readSpans(element: JsonElement, sink: RecordSink, path: string, peer: SpanPeer): ZipkinSpan[] {
  let span: unknown;
  try {
    span = parseElement(element);
  } catch {
    sink.reject('not valid JSON', element.line);
    return [];
  }
  if (!isObject(span)) {
    sink.reject('not a JSON object', element.line);
    return [];
  }
  const halves = isZipkinV1(span) ? toZipkinV2(span) : [span];
  return halves.flatMap((half) => readSpan(half, element, sink, path, peer) ?? []);
}

function readSpan(span: JsonObject, element: JsonElement, sink: RecordSink, path: string, peer: SpanPeer): ZipkinSpan | undefined {
  const traceKey = toTraceKey(textOf(span, 'traceId'));
  const id = textOf(span, 'id');
  const spanKey = traceKey === 0 ? 0 : toSpanKey(traceKey, id);
  const startMicros = Number(span.timestamp);
  if (spanKey === 0) {
    sink.reject('no trace id or span id', element.line);
    return undefined;
  }
  if (!(startMicros > 0) || !Number.isFinite(startMicros)) {
    sink.reject('no start time', element.line);
    return undefined;
  }
  const micros = span.duration === undefined ? NaN : Number(span.duration);
  const isMessage = span.kind === 'PRODUCER' || span.kind === 'CONSUMER';
  if (!(micros >= 0 && Number.isFinite(micros)) && !isMessage) {
    sink.reject('no duration (span was not finished)', element.line);
    return undefined;
  }
  const endpoint = isObject(span.localEndpoint) ? span.localEndpoint : {};
  const entity = sink.internEntity(
    resolveEntity({
      serviceName: textOf(endpoint, 'serviceName'),
      host: textOf(endpoint, 'ipv4') || textOf(endpoint, 'ipv6'),
      fileName: path,
    }),
  );
  return {
    traceKey,
    spanKey,
    parentKey: toSpanKey(traceKey, textOf(span, 'parentId')),
    serverKey: toSpanKey(traceKey, `${id}~server`),
    isServer: span.kind === 'SERVER' || span.shared === true,
    startNs: BigInt(Math.round(startMicros)) * 1_000n,
    durationNs: Number.isFinite(micros) ? micros * 1_000 : 0,
    entity,
    operation: sink.intern(textOf(span, 'name') || '(no operation name)'),
    status: findStatus(span.tags),
    peer: findPeer(span, peer),
    offset: element.offset,
    line: element.line,
  };
}

/** The `error` tag marks a failure whatever its value; 5xx codes do as well. */
function findStatus(tags: unknown): number {
  if (!isObject(tags)) {
    return SPAN_STATUS_CODES.unset;
  }
  const failed = (tags.error !== undefined && tags.error !== 'false') || httpStatus(tags) >= 500;
  return failed ? SPAN_STATUS_CODES.error : SPAN_STATUS_CODES.unset;
}

/**
 * `remoteEndpoint` is the other side of the connection, recorded for the case that it is not traced itself (Zipkin v2 API); exporters
 * of OpenTelemetry may leave it out and write their own attributes as tags.
 */
function findPeer(span: JsonObject, peer: SpanPeer): number {
  const kind = toCallKind(span.kind);
  if (kind !== 'client' && kind !== 'producer') {
    return 0;
  }
  peer.begin();
  if (isObject(span.tags)) {
    for (const key of Object.keys(span.tags)) {
      peer.see(key, span.tags[key]);
    }
  }
  // Seen under the key that outranks all others.
  peer.see('service.peer.name', isObject(span.remoteEndpoint) ? span.remoteEndpoint.serviceName : undefined);
  return peer.take(kind);
}

function httpStatus(tags: JsonObject): number {
  return Number(tags['http.status_code'] ?? tags['http.response.status_code'] ?? 0);
}

/** Makes the server half of a shared id a child of the client half, and moves the server's own children below it. */
class SharedIdSpans {
  readonly #sink: RecordSink;
  #held: ZipkinSpan[] = [];

  public constructor(sink: RecordSink) {
    this.#sink = sink;
  }

  public add(span: ZipkinSpan): void {
    this.#held.push(span);
  }

  public flushWhenFull(): void {
    if (this.#held.length >= HELD_SPANS) {
      this.flush();
    }
  }

  public flush(): void {
    const clients = new Set<number>();
    for (const span of this.#held) {
      if (!span.isServer) {
        clients.add(span.spanKey);
      }
    }
    /** Service of the server half, by the shared key. */
    const servers = new Map<number, number>();
    for (const span of this.#held) {
      if (span.isServer && clients.has(span.spanKey)) {
        servers.set(span.spanKey, span.entity.service);
      }
    }
    const serverKeys = new Map(this.#held.filter((span) => span.isServer).map((span) => [span.spanKey, span.serverKey]));
    for (const span of this.#held) {
      const isShared = span.isServer && servers.has(span.spanKey);
      const isChildOfServer = !isShared && servers.get(span.parentKey) === span.entity.service;
      const spanKey = isShared ? span.serverKey : span.spanKey;
      const parentKey = isShared ? span.spanKey : isChildOfServer ? (serverKeys.get(span.parentKey) ?? span.parentKey) : span.parentKey;
      this.#sink.addSpan(
        span.traceKey,
        spanKey,
        parentKey,
        span.startNs,
        span.durationNs,
        span.entity,
        span.operation,
        span.status,
        span.offset,
        span.line,
        span.peer,
      );
    }
    this.#held = [];
  }
}
