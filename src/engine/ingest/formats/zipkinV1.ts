/**
 * Zipkin version 1 in terms of version 2: a span holds core annotations (`cs`/`cr` client sent and received, `sr`/`ss` server received and
 * sent), each with the endpoint that wrote it, and tags are `binaryAnnotations`; the tag `sa` holds the server's endpoint as its client knows
 * it. Source: Zipkin's V1SpanConverter.
 */
import { isObject, type JsonObject } from '../fields/logFields.js';
import { listOf, textOf } from './otlpValues.js';

export function isZipkinV1(span: JsonObject): boolean {
  if (span.localEndpoint !== undefined) {
    return false;
  }
  return Array.isArray(span.binaryAnnotations) || listOf(span, 'annotations').some(({ endpoint }) => isObject(endpoint));
}

/** The client's half, the server's half, or both; a span of neither is local. */
export function toZipkinV2(span: JsonObject): JsonObject[] {
  const annotations = listOf(span, 'annotations');
  const tags = listOf(span, 'binaryAnnotations');
  const at = (value: string): JsonObject | undefined => annotations.find((annotation) => annotation.value === value);
  const [clientSent, clientReceived, serverReceived, serverSent] = [at('cs'), at('cr'), at('sr'), at('ss')];
  const common = {
    traceId: textOf(span, 'traceId'),
    id: textOf(span, 'id'),
    parentId: textOf(span, 'parentId'),
    name: textOf(span, 'name'),
    tags: Object.fromEntries(tags.map(({ key, value }) => [String(key), value])),
  };
  const halves: JsonObject[] = [];
  const client = clientSent ?? clientReceived;
  const server = serverReceived ?? serverSent;
  if (client !== undefined) {
    halves.push({
      ...common,
      kind: 'CLIENT',
      timestamp: clientSent?.timestamp ?? span.timestamp,
      duration: findDuration(clientSent, clientReceived) ?? span.duration,
      localEndpoint: client.endpoint,
      remoteEndpoint: tags.find(({ key }) => key === 'sa')?.endpoint,
    });
  }
  if (server !== undefined) {
    halves.push({
      ...common,
      kind: 'SERVER',
      timestamp: serverReceived?.timestamp ?? span.timestamp,
      // The span's own duration is the client's where there is one.
      duration: findDuration(serverReceived, serverSent) ?? (client === undefined ? span.duration : undefined),
      localEndpoint: server.endpoint,
    });
  }
  if (halves.length > 0) {
    return halves;
  }
  const local = [...tags.filter(({ key }) => key === 'lc'), ...annotations, ...tags].find(({ endpoint }) => isObject(endpoint));
  const timestamp = span.timestamp ?? annotations[0]?.timestamp;
  return [{ ...common, timestamp, duration: span.duration, localEndpoint: local?.endpoint }];
}

/** µs between two annotations, undefined when one is missing. */
function findDuration(start: JsonObject | undefined, end: JsonObject | undefined): number | undefined {
  const micros = Number(end?.timestamp) - Number(start?.timestamp);
  return Number.isFinite(micros) ? micros : undefined;
}
