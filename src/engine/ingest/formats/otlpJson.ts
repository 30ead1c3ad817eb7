import { resolveEntity } from '../../../core/entities.js';
import { toSeverityOfField, toSeverityOfNumber, findSeverityInText } from '../../../core/logs/severity.js';
import { SPAN_STATUS_CODES, type EntityName } from '../../../core/records.js';
import type { FileHead, FormatReader, ReadContext } from '../formatReader.js';
import { toSpanKey, toTraceKey } from '../fields/idKeys.js';
import { elementText, findJsonElements, parseElement, hasLineDocuments, readJsonElements, type JsonElement } from '../json/jsonElements.js';
import { isObject, type JsonObject } from '../fields/logFields.js';
import { OtlpMetrics } from './otlpMetrics.js';
import { anyValueText, findNsField, fieldOf, readAttributes, textOf, toEntityHints, type Attributes } from './otlpValues.js';
import { unwrapPayload } from '../fields/payload.js';
import { SpanPeer, toCallKind } from '../fields/spanPeer.js';

/** Where resources stand: OTLP documents, arrays of them, and Tempo's spellings. Even the index tells the signal. */
const ROOTS = [
  { path: ['resourceSpans', '[]'], signal: 'spans' },
  { path: ['resourceLogs', '[]'], signal: 'logs' },
  { path: ['resourceMetrics', '[]'], signal: 'metrics' },
  { path: ['[]', 'resourceSpans', '[]'], signal: 'spans' },
  { path: ['[]', 'resourceLogs', '[]'], signal: 'logs' },
  { path: ['[]', 'resourceMetrics', '[]'], signal: 'metrics' },
  { path: ['batches', '[]'], signal: 'spans' },
  { path: ['trace', 'resourceSpans', '[]'], signal: 'spans' },
  { path: ['resource_spans', '[]'], signal: 'spans' },
  { path: ['resource_logs', '[]'], signal: 'logs' },
  { path: ['resource_metrics', '[]'], signal: 'metrics' },
] as const;

const RESOURCE = ['resource'];
const INSIDE = {
  spans: [RESOURCE, ...['scopeSpans', 'instrumentationLibrarySpans', 'scope_spans'].map((scope) => [scope, '[]', 'spans', '[]'])],
  logs: [
    RESOURCE,
    ...['scopeLogs', 'instrumentationLibraryLogs', 'scope_logs'].flatMap((scope) =>
      ['logRecords', 'logs', 'log_records'].map((list) => [scope, '[]', list, '[]']),
    ),
  ],
  metrics: [RESOURCE, ...['scopeMetrics', 'instrumentationLibraryMetrics', 'scope_metrics'].map((scope) => [scope, '[]', 'metrics', '[]'])],
} as const;

export const otlpJson: FormatReader = {
  id: 'otlp-json',
  title: 'OTLP JSON or JSON lines (traces, logs, metrics)',
  sniff: sniffOtlp,
  read: readOtlp,
};

function sniffOtlp(head: FileHead): number {
  if (!/^\s*[[{]/.test(head.text)) {
    return 0;
  }
  if (/"resource_?(?:Spans|Logs|Metrics|spans|logs|metrics)"\s*:\s*\[/.test(head.text)) {
    return 0.98;
  }
  return /"batches"\s*:\s*\[\s*\{\s*"(?:resource|scopeSpans|instrumentationLibrarySpans)"/.test(head.text) ? 0.95 : 0;
}

async function readOtlp(context: ReadContext): Promise<void> {
  const { sink } = context;
  const metrics = new OtlpMetrics(sink);
  const peer = new SpanPeer(sink);
  await readJsonElements(
    context.buffer,
    ROOTS.map(({ path }) => path),
    {
      lineDocuments: hasLineDocuments(context.head),
      onElement: (element) => {
        readResource(element, ROOTS[element.path]?.signal ?? 'spans', context, metrics, peer);
      },
      onReject: (reason, line) => {
        sink.reject(reason, line);
      },
      onBlock: context.onBlock,
    },
  );
}

/** One resource with its records. Records are found before they are parsed, so that each keeps its own place and fails alone. */
function readResource(element: JsonElement, signal: keyof typeof INSIDE, context: ReadContext, metrics: OtlpMetrics, peer: SpanPeer): void {
  const { sink } = context;
  let inner: JsonElement[];
  let resource: Attributes;
  try {
    inner = findJsonElements(element, INSIDE[signal]);
    const found = inner.find(({ path }) => path === 0);
    const parsed = found === undefined ? {} : parseElement(found);
    resource = readAttributes(isObject(parsed) ? parsed.attributes : undefined);
  } catch {
    sink.reject('not valid JSON', element.line);
    return;
  }
  const entity = resolveEntity({ ...toEntityHints(resource), fileName: context.head.path });
  for (const item of inner) {
    if (item.path === 0) {
      continue;
    }
    const text = elementText(item);
    let record: unknown;
    try {
      record = JSON.parse(text);
    } catch {
      sink.reject('not valid JSON', item.line);
      continue;
    }
    if (!isObject(record)) {
      sink.reject('not a JSON object', item.line);
    } else if (signal === 'spans') {
      addSpan(record, text, entity, item, context, peer);
    } else if (signal === 'logs') {
      addLog(record, text, entity, item, context);
    } else {
      metrics.add(record, text, resource.has('service.name') ? entity : undefined, entity, item);
    }
  }
}

function addSpan(record: JsonObject, text: string, entity: EntityName, item: JsonElement, { sink }: ReadContext, peer: SpanPeer): void {
  const traceKey = toTraceKey(textOf(record, 'traceId', 'trace_id'));
  const spanKey = traceKey === 0 ? 0 : toSpanKey(traceKey, textOf(record, 'spanId', 'span_id'));
  if (spanKey === 0) {
    sink.reject('no trace id or span id', item.line);
    return;
  }
  const startNs = findNsField(record, text, 'startTimeUnixNano', 'start_time_unix_nano');
  const endNs = findNsField(record, text, 'endTimeUnixNano', 'end_time_unix_nano');
  if (startNs === undefined || endNs === undefined) {
    sink.reject(startNs === undefined ? 'no start time' : 'no end time (span was not finished)', item.line);
    return;
  }
  if (endNs < startNs) {
    sink.reject('ends before it starts', item.line);
    return;
  }
  const name = textOf(record, 'name');
  const parentKey = toSpanKey(traceKey, textOf(record, 'parentSpanId', 'parent_span_id'));
  const operation = sink.intern(name === '' ? '(no operation name)' : name);
  sink.addSpan(
    traceKey,
    spanKey,
    parentKey,
    startNs,
    Number(endNs - startNs),
    sink.internEntity(entity),
    operation,
    toStatusCode(record.status),
    item.offset,
    item.line,
    findPeer(record, peer),
  );
}

/** @returns string id + 1 of the callee, 0 when the span calls nobody or does not say whom */
function findPeer(record: JsonObject, peer: SpanPeer): number {
  const kind = toCallKind(record.kind);
  if (kind === 'none' || !Array.isArray(record.attributes)) {
    return 0;
  }
  peer.begin();
  for (const attribute of record.attributes as readonly unknown[]) {
    if (isObject(attribute) && isObject(attribute.value)) {
      peer.see(attribute.key, fieldOf(attribute.value, 'stringValue', 'boolValue', 'string_value', 'bool_value'));
    }
  }
  return peer.take(kind);
}

function toStatusCode(status: unknown): number {
  const code = isObject(status) ? status.code : undefined;
  if (code === 2 || code === 'STATUS_CODE_ERROR' || code === 'ERROR' || code === '2') {
    return SPAN_STATUS_CODES.error;
  }
  return code === 1 || code === 'STATUS_CODE_OK' || code === 'OK' ? SPAN_STATUS_CODES.ok : SPAN_STATUS_CODES.unset;
}

function addLog(record: JsonObject, text: string, entity: EntityName, item: JsonElement, context: ReadContext): void {
  const { sink } = context;
  const timeNs =
    findNsField(record, text, 'timeUnixNano', 'time_unix_nano') ??
    findNsField(record, text, 'observedTimeUnixNano', 'observed_time_unix_nano');
  if (timeNs === undefined) {
    sink.reject('no time', item.line);
    return;
  }
  const body = anyValueText(record.body) ?? (typeof record.body === 'string' ? record.body : '');
  const event = textOf(record, 'eventName', 'event_name');
  const payload = unwrapPayload(body, context.utcOffsetMinutes);
  const message = event === '' ? payload.message : `${event} ${payload.message}`;
  const level = fieldOf(record, 'severityNumber', 'severity_number');
  const severity =
    (typeof level === 'number'
      ? toSeverityOfNumber(level, 'otlp')
      : typeof level === 'string'
        ? toSeverityOfField(level.replace(/^SEVERITY_NUMBER_/, ''))
        : 0) ||
    toSeverityOfField(textOf(record, 'severityText', 'severity_text')) ||
    payload.severity ||
    findSeverityInText(message);
  const traceKey = toTraceKey(textOf(record, 'traceId', 'trace_id'));
  const spanKey = traceKey === 0 ? 0 : toSpanKey(traceKey, textOf(record, 'spanId', 'span_id'));
  sink.addLog(timeNs, sink.internEntity(entity), sink.internShape(message), severity, traceKey, spanKey, item.offset, item.line);
}
