import { toSeverityOfField, toSeverityOfName, type SeverityScale } from '../../../core/logs/severity.js';
import type { Severity } from '../../../core/records.js';
import type { EntityHints } from '../../../core/entities.js';
import { findEpochNs, findTimeNsOfField } from './timestamps.js';

/** A parsed JSON object; keys such as `__proto__` are own properties of it and are never merged into anything. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @returns undefined for anything but a JSON object */
export function findJsonObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What a JSON log record says; `undefined` where it says nothing. */
export interface LogFields {
  readonly timeNs: bigint | undefined;
  readonly severity: Severity;
  readonly message: string | undefined;
  readonly traceId: string;
  readonly spanId: string;
  readonly entity: EntityHints;
}

const TIME_KEYS = [
  'timestamp',
  '@timestamp',
  'time',
  'ts',
  'timeMillis',
  'datetime',
  'date',
  '@t',
  't',
  'asctime',
  'eventTime',
  'instant',
  'created',
  '_time',
  'receivedTimestamp',
  'EdgeStartTimestamp',
];
const MESSAGE_KEYS = [
  'message',
  'msg',
  '@m',
  '@mt',
  'MESSAGE',
  'log',
  'body',
  'textPayload',
  'text',
  'event',
  'short_message',
  'full_message',
  'RenderedMessage',
  'MessageTemplate',
  'content',
  'line',
  'logMessage',
];
const LEVEL_KEYS = [
  'level',
  'severity',
  'lvl',
  'log.level',
  'levelname',
  'loglevel',
  'log_level',
  '@l',
  'Level',
  'severity_text',
  'severityText',
  's',
  'PRIORITY',
  'level_name',
  'severity_number',
  'severityNumber',
  'SeverityNumber',
  'levelno',
];
const TRACE_KEYS = [
  'trace_id',
  'traceId',
  'traceID',
  'TraceId',
  'TraceID',
  'trace.id',
  'traceid',
  'dd.trace_id',
  '@tr',
  'logging.googleapis.com/trace',
  'otelTraceID',
  'X-B3-TraceId',
];
const SPAN_KEYS = [
  'span_id',
  'spanId',
  'spanID',
  'SpanId',
  'SpanID',
  'span.id',
  'spanid',
  'dd.span_id',
  '@sp',
  'logging.googleapis.com/spanId',
  'otelSpanID',
  'X-B3-SpanId',
];

/** Fields of the common loggers: pino, bunyan, zap, zerolog, logrus, ECS, GCP, Serilog (CLEF), journald export, MongoDB, log4j. */
export function readLogFields(record: JsonObject, utcOffsetMinutes: number): LogFields {
  const nested = findNested(record);
  return {
    timeNs: findTime(record, utcOffsetMinutes) ?? (nested === undefined ? undefined : findTime(nested, utcOffsetMinutes)),
    severity: findLevel(record) || (nested === undefined ? 0 : findLevel(nested)),
    message: findMessage(record) ?? (nested === undefined ? undefined : findMessage(nested)),
    traceId: findText(record, TRACE_KEYS) || textAt(record, 'trace', 'id') || lastSegment(textAt(record, 'trace')),
    spanId: findText(record, SPAN_KEYS) || textAt(record, 'span', 'id'),
    entity: findEntityHints(record),
  };
}

/** Some loggers wrap everything but the time in one object: logstash `@fields`, GCP `jsonPayload`. */
function findNested(record: JsonObject): JsonObject | undefined {
  for (const key of ['jsonPayload', '@fields', 'fields', 'Properties']) {
    const value = record[key];
    if (isObject(value)) {
      return value;
    }
  }
  return undefined;
}

function findTime(record: JsonObject, utcOffsetMinutes: number): bigint | undefined {
  const journal = record.__REALTIME_TIMESTAMP;
  if (typeof journal === 'string') {
    return findEpochNs(journal);
  }
  for (const key of TIME_KEYS) {
    const value = record[key];
    const ns = isObject(value) ? findTimeInObject(value, utcOffsetMinutes) : findTimeNsOfField(value, utcOffsetMinutes);
    if (ns !== undefined) {
      return ns;
    }
  }
  return undefined;
}

/** MongoDB `{"$date": …}`, log4j `{"epochSecond": …, "nanoOfSecond": …}`, protobuf `{"seconds": …, "nanos": …}`. */
function findTimeInObject(value: JsonObject, utcOffsetMinutes: number): bigint | undefined {
  const seconds = value.epochSecond ?? value.seconds;
  const nanos = value.nanoOfSecond ?? value.nanos ?? 0;
  if (
    (typeof seconds === 'number' || typeof seconds === 'string') &&
    typeof nanos === 'number' &&
    Number.isSafeInteger(Number(seconds)) &&
    Number.isSafeInteger(nanos)
  ) {
    return BigInt(Number(seconds)) * 1_000_000_000n + BigInt(nanos);
  }
  return findTimeNsOfField(value.$date, utcOffsetMinutes);
}

function findLevel(record: JsonObject): Severity {
  for (const key of LEVEL_KEYS) {
    const value = record[key];
    if (value !== undefined && value !== null) {
      const severity = isObject(value) ? toSeverityOfName(textAt(value, 'name')) : toSeverityOfLevel(value, key, record);
      if (severity !== 0) {
        return severity;
      }
    }
  }
  return isObject(record.log) ? toSeverityOfField(record.log.level) : 0;
}

/** Loggers number their levels differently; what else is in the record tells which one wrote it. */
function toSeverityOfLevel(value: unknown, key: string, record: JsonObject): Severity {
  const scale = findScale(key, record);
  if (scale === undefined && Number(value) < 10) {
    // 3 is an error to syslog, a warning to .NET and a trace to OpenTelemetry: better no level than a wrong one.
    return 0;
  }
  return toSeverityOfField(value, scale);
}

/** @returns undefined when only the size of the number can tell */
function findScale(key: string, record: JsonObject): SeverityScale | undefined {
  switch (key) {
    case 'PRIORITY':
      return 'syslog';
    case 'levelno':
      return 'python';
    case 'severity_number':
    case 'severityNumber':
    case 'SeverityNumber':
      return 'otlp';
    default:
  }
  const has = (...names: readonly string[]): boolean => names.some((name) => record[name] !== undefined);
  if (has('levelno', 'asctime', 'lineno', 'funcName', 'pathname')) {
    return 'python';
  }
  // GELF numbers by syslog; RFC 5424 calls the number severity and stands beside a facility.
  if (has('short_message', 'full_message', 'facility', 'facility_num', 'SYSLOG_FACILITY', 'syslog_severity')) {
    return 'syslog';
  }
  return undefined;
}

function findMessage(record: JsonObject): string | undefined {
  for (const key of MESSAGE_KEYS) {
    const value = record[key];
    if (typeof value === 'string') {
      return value;
    }
    if (key === 'MESSAGE' && Array.isArray(value) && value.every((byte) => typeof byte === 'number')) {
      return Buffer.from(value).toString('utf8');
    }
    if (isObject(value) && typeof value.message === 'string') {
      return value.message;
    }
  }
  const error = record.error ?? record.err ?? record.exception;
  return typeof error === 'string' ? error : isObject(error) && typeof error.message === 'string' ? error.message : undefined;
}

function findEntityHints(record: JsonObject): EntityHints {
  const kubernetes = isObject(record.kubernetes) ? record.kubernetes : {};
  const resource = isObject(record.resource) ? record.resource : {};
  const labels = isObject(resource.labels) ? resource.labels : {};
  return {
    serviceName:
      findText(record, ['service.name', 'service_name', 'serviceName', 'ServiceName', 'dd.service']) ||
      textAt(record, 'service', 'name') ||
      textAt(record, 'service') ||
      textAt(record, 'resource', 'service.name') ||
      findText(record, ['app', 'application', 'appName', 'SYSLOG_IDENTIFIER', '_SYSTEMD_UNIT']),
    workload: textAt(kubernetes, 'deployment', 'name'),
    pod:
      findText(record, ['pod', 'pod_name', 'podName', 'k8s.pod.name', 'PodName', 'kubernetes.pod_name']) ||
      textAt(kubernetes, 'pod_name') ||
      textAt(kubernetes, 'pod', 'name') ||
      textAt(labels, 'pod_name'),
    container:
      findText(record, ['container', 'container_name', 'k8s.container.name', 'CONTAINER_NAME']) ||
      textAt(kubernetes, 'container_name') ||
      textAt(kubernetes, 'container', 'name') ||
      textAt(labels, 'container_name'),
    host: findText(record, ['hostname', 'host.name', '_HOSTNAME', 'host']) || textAt(record, 'host', 'name'),
  };
}

function findText(record: JsonObject, keys: readonly string[]): string {
  for (const key of keys) {
    const value = record[key];
    if (typeof value === 'string' && value !== '') {
      return key.endsWith('/trace') ? lastSegment(value) : value;
    }
  }
  return '';
}

function textAt(record: JsonObject, ...path: readonly string[]): string {
  let value: unknown = record;
  for (const key of path) {
    value = isObject(value) ? value[key] : undefined;
  }
  return typeof value === 'string' ? value : '';
}

/** First text that is there and not empty. */
export function firstText(...texts: readonly (string | undefined)[]): string {
  return texts.find((text) => text !== undefined && text !== '') ?? '';
}

/** GCP writes a trace as `projects/<project>/traces/<id>`. */
function lastSegment(text: string): string {
  return text.slice(text.lastIndexOf('/') + 1);
}
