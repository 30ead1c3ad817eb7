import { resolveEntity } from '../../../core/entities.js';
import { SPAN_STATUS_CODES } from '../../../core/records.js';
import type { FileHead, FormatReader, ReadContext } from '../formatReader.js';
import { toSpanKey, toTraceKey } from '../fields/idKeys.js';
import { findJsonElements, parseElement, hasLineDocuments, readJsonElements, type JsonElement } from '../json/jsonElements.js';
import type { JsonPath } from '../json/jsonPathScanner.js';
import { isObject, type JsonObject } from '../fields/logFields.js';
import { listOf, textOf } from './otlpValues.js';
import type { EntityIds, RecordSink } from '../recordSink.js';
import { SpanPeer } from '../fields/spanPeer.js';

const NS_PER_MICRO = 1_000;

export const jaegerJson: FormatReader = {
  id: 'jaeger-json',
  title: 'Jaeger JSON (traces)',
  sniff: sniffJaeger,
  read: readJaeger,
};

function sniffJaeger(head: FileHead): number {
  if (!/^\s*[[{]/.test(head.text)) {
    return 0;
  }
  const hasSpans = /"spanID"\s*:/.test(head.text) && /"traceID"\s*:/.test(head.text);
  return hasSpans && /"(?:operationName|processID|spans|references)"\s*:/.test(head.text) ? 0.95 : 0;
}

/** The answer of the query service, an array of traces, or bare traces one after the other. */
function findTracePath(head: FileHead): JsonPath {
  const text = head.text.trimStart();
  if (text.startsWith('[')) {
    return ['[]'];
  }
  const data = text.search(/"data"\s*:\s*\[/);
  const spans = text.search(/"spans"\s*:\s*\[/);
  return data >= 0 && (spans < 0 || data < spans) ? ['data', '[]'] : [];
}

async function readJaeger(context: ReadContext): Promise<void> {
  const { sink, head } = context;
  const peer = new SpanPeer(sink);
  await readJsonElements(context.buffer, [findTracePath(head)], {
    lineDocuments: hasLineDocuments(head),
    onElement: (element) => {
      readTrace(element, sink, head.path, peer);
    },
    onReject: (reason, line) => {
      sink.reject(reason, line);
    },
    onBlock: context.onBlock,
  });
}

/** Processes may stand after the spans, so a trace is held whole; its spans are parsed one by one. */
function readTrace(trace: JsonElement, sink: RecordSink, path: string, peer: SpanPeer): void {
  let parts: JsonElement[];
  const processes = new Map<string, EntityIds>();
  try {
    parts = findJsonElements(trace, [['processes'], ['spans', '[]']]);
    for (const part of parts) {
      const table = part.path === 0 ? parseElement(part) : undefined;
      if (isObject(table)) {
        for (const [id, process] of Object.entries(table)) {
          processes.set(id, toEntityIds(process, sink, path));
        }
      }
    }
  } catch {
    sink.reject('not valid JSON', trace.line);
    return;
  }
  for (const part of parts) {
    if (part.path === 1) {
      readSpan(part, processes, sink, path, peer);
    }
  }
}

function readSpan(part: JsonElement, processes: ReadonlyMap<string, EntityIds>, sink: RecordSink, path: string, peer: SpanPeer): void {
  let span: unknown;
  try {
    span = parseElement(part);
  } catch {
    sink.reject('not valid JSON', part.line);
    return;
  }
  if (!isObject(span)) {
    sink.reject('not a JSON object', part.line);
    return;
  }
  const traceId = textOf(span, 'traceID', 'traceId');
  const traceKey = toTraceKey(traceId);
  const spanKey = traceKey === 0 ? 0 : toSpanKey(traceKey, textOf(span, 'spanID', 'spanId'));
  if (spanKey === 0) {
    sink.reject('no trace id or span id', part.line);
    return;
  }
  const startMicros = Number(span.startTime);
  const micros = Number(span.duration);
  if (!Number.isFinite(startMicros) || !(micros >= 0) || !Number.isFinite(micros)) {
    sink.reject(Number.isFinite(startMicros) ? 'no duration' : 'no start time', part.line);
    return;
  }
  const entity = processes.get(textOf(span, 'processID')) ?? toEntityIds(span.process, sink, path);
  const operation = sink.intern(textOf(span, 'operationName') || '(no operation name)');
  const tags = listOf(span, 'tags');
  const startNs = BigInt(Math.round(startMicros)) * BigInt(NS_PER_MICRO);
  sink.addSpan(
    traceKey,
    spanKey,
    toSpanKey(traceKey, findParentId(span, traceKey)),
    startNs,
    micros * NS_PER_MICRO,
    entity,
    operation,
    findStatus(tags),
    part.offset,
    part.line,
    findPeer(tags, peer),
  );
}

/** CHILD_OF inside the same trace first, then FOLLOWS_FROM; old exports have a `parentSpanID`. */
function findParentId(span: JsonObject, traceKey: number): string {
  const references = listOf(span, 'references').filter((reference) => {
    const other = textOf(reference, 'traceID', 'traceId');
    return other === '' || toTraceKey(other) === traceKey;
  });
  const parent = references.find((reference) => reference.refType === 'CHILD_OF') ?? references[0];
  return parent === undefined ? textOf(span, 'parentSpanID', 'parentSpanId') : textOf(parent, 'spanID', 'spanId');
}

function findStatus(tags: readonly JsonObject[]): number {
  let code: number = SPAN_STATUS_CODES.unset;
  for (const { key, value } of tags) {
    if (key === 'error' && (value === true || value === 'true')) {
      return SPAN_STATUS_CODES.error;
    }
    if (key === 'otel.status_code') {
      code = value === 'ERROR' ? SPAN_STATUS_CODES.error : value === 'OK' ? SPAN_STATUS_CODES.ok : code;
    } else if ((key === 'http.status_code' || key === 'http.response.status_code') && Number(value) >= 500) {
      code = SPAN_STATUS_CODES.error;
    }
  }
  return code;
}

/** @returns string id + 1 of the callee, 0 when the span calls nobody or does not say whom */
function findPeer(tags: readonly JsonObject[], peer: SpanPeer): number {
  peer.begin();
  for (const { key, value } of tags) {
    peer.see(key, value);
  }
  return peer.take();
}

function toEntityIds(process: unknown, sink: RecordSink, path: string): EntityIds {
  const tags = new Map(listOf(process, 'tags').map(({ key, value }) => [String(key), typeof value === 'string' ? value : '']));
  return sink.internEntity(
    resolveEntity({
      serviceName: isObject(process) ? textOf(process, 'serviceName') : '',
      pod: tags.get('k8s.pod.name') ?? tags.get('pod.name'),
      host: tags.get('host.name') ?? tags.get('hostname'),
      fileName: path,
    }),
  );
}
