/** Trace context inside plain lines, as the common loggers print it. */

export interface TraceContext {
  /** As written; empty where there is none. */
  readonly traceId: string;
  readonly spanId: string;
  /** Service that the line names beside the ids; empty where it names none. */
  readonly service: string;
  /** The line without a prefix that would differ between lines of one statement with and without a trace. */
  readonly body: string;
}

/** The prefix stands near the start of a line, before the message. */
const SEARCHED_CHARS = 240;
/** Spring Cloud Sleuth `[service,traceId,spanId,exportable]`, Micrometer `[service,traceId,spanId]`; ids are empty or `-` outside a trace. */
const SPRING_PREFIX =
  /\[\s*([A-Za-z0-9_][\w.:-]{0,63})?,\s*([0-9a-fA-F]{32}|[0-9a-fA-F]{16}|-?),\s*([0-9a-fA-F]{16}|-?)(?:,\s*(?:true|false)?)?\s*\]\s*/;
/** Spring Boot 3.2 and later: `[service] [thread] [traceId-spanId]`. */
const JOINED_IDS = /\[([0-9a-fA-F]{32})-([0-9a-fA-F]{16})\]\s*/;
const TRACE_ID = /\btrace[-_. ]?id["']?\s*[:=]\s*["']?([0-9a-fA-F]{16,32})\b/i;
/** Sixteen hex digits; up to twenty where an agent writes decimal numbers. */
const SPAN_ID = /\bspan[-_. ]?id["']?\s*[:=]\s*["']?([0-9a-fA-F]{16,20})\b/i;
/** OpenTelemetry's logging instrumentation of Python, and the same attribute in logfmt. */
const SERVICE_NAME = /\b(?:resource\.)?service\.name["']?\s*[:=]\s*["']?([\w.:/-]{1,64})/;

export function findTraceContext(text: string): TraceContext {
  const head = text.length > SEARCHED_CHARS ? text.slice(0, SEARCHED_CHARS) : text;
  if (head.includes('[')) {
    const spring = SPRING_PREFIX.exec(head);
    const [prefix = '', service = '', traceId = '', spanId = ''] = spring ?? [];
    if (spring !== null && (service !== '' || traceId.length > 1)) {
      return { traceId, spanId, service, body: without(text, spring.index, prefix.length) };
    }
    const joined = JOINED_IDS.exec(head);
    if (joined !== null) {
      const body = without(text, joined.index, joined[0].length);
      return { traceId: joined[1] ?? '', spanId: joined[2] ?? '', service: '', body };
    }
  }
  return {
    traceId: TRACE_ID.exec(text)?.[1] ?? '',
    spanId: SPAN_ID.exec(text)?.[1] ?? '',
    service: head.includes('service.name') ? (SERVICE_NAME.exec(head)?.[1] ?? '') : '',
    body: text,
  };
}

function without(text: string, start: number, length: number): string {
  return text.slice(0, start) + text.slice(start + length);
}
