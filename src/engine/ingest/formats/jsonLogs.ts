import { resolveEntity, type EntityHints } from '../../../core/entities.js';
import { findSeverityInText } from '../../../core/logs/severity.js';
import { readLines } from '../files/blockBuffer.js';
import type { FileHead, FormatReader, ReadContext } from '../formatReader.js';
import { toSpanKey, toTraceKey } from '../fields/idKeys.js';
import { findJsonObject, firstText, isObject, readLogFields, type JsonObject, type LogFields } from '../fields/logFields.js';
import { toShownFields, unwrapPayload } from '../fields/payload.js';
import type { EntityIds, RecordSink } from '../recordSink.js';

/** Docker cuts lines at 16 KiB and marks a part by the missing line end; parts are joined up to this length. */
const MAX_JOINED_CHARS = 1024 * 1024;
const SNIFFED_LINES = 50;

export const jsonLogs: FormatReader = {
  id: 'json-logs',
  title: 'JSON lines of a logger',
  sniff: sniffJsonLogs,
  read: readJsonLogs,
};

function sniffJsonLogs(head: FileHead): number {
  const lines = head.lines.slice(0, SNIFFED_LINES);
  if (lines.length === 0 && head.text.startsWith('{')) {
    return /"(?:message|msg|log|textPayload|MESSAGE)"\s*:/.test(head.text) && /"(?:@?timestamp|time|ts|t)"\s*:/i.test(head.text) ? 0.5 : 0;
  }
  let usable = 0;
  for (const line of lines) {
    const record = line.trimStart().startsWith('{') ? findJsonObject(line) : undefined;
    const fields = record === undefined ? undefined : readLogFields(record, 0);
    usable += fields?.timeNs !== undefined ? 1 : 0;
  }
  return lines.length === 0 || usable < lines.length * 0.3 || usable === 0 ? 0 : 0.4 + 0.45 * (usable / lines.length);
}

/** The start of a docker record whose rest is in the lines that follow. */
interface PartialRecord {
  text: string;
  readonly record: JsonObject;
  readonly offset: number;
  readonly line: number;
}

async function readJsonLogs(context: ReadContext): Promise<void> {
  const { sink, head } = context;
  const partial = new Map<string, PartialRecord>();
  const writer = new LogWriter(sink, head.path, context.utcOffsetMinutes);

  const handleRecord = (record: JsonObject, offset: number, line: number): void => {
    const { log, stream } = record;
    if (typeof log !== 'string' || typeof stream !== 'string') {
      writer.add(record, offset, line);
      return;
    }
    const open = partial.get(stream);
    const text = (open?.text ?? '') + log;
    const start = open ?? { text, record, offset, line };
    if (!log.endsWith('\n') && text.length < MAX_JOINED_CHARS) {
      start.text = text;
      partial.set(stream, start);
      return;
    }
    partial.delete(stream);
    writer.add({ ...start.record, log: text }, start.offset, start.line);
  };

  await readLines(context.buffer, {
    onLine: (bytes, start, end, offset, line) => {
      const text = bytes.toString('utf8', start, end);
      const record = findJsonObject(text);
      if (record === undefined) {
        if (text.trim() !== '') {
          sink.reject(text.trimStart().startsWith('{') ? 'not a complete JSON object' : 'not a JSON object', line);
        }
        return;
      }
      handleRecord(record, offset, line);
    },
    onTooLong: (line) => {
      sink.reject('longer than 16 MiB', line);
    },
    onBlock: context.onBlock,
  });
  for (const { record, text, offset, line } of partial.values()) {
    writer.add({ ...record, log: text }, offset, line);
  }
  await context.onBlock();
}

/** Turns JSON records into log records. */
class LogWriter {
  readonly #sink: RecordSink;
  readonly #path: string;
  readonly #utcOffsetMinutes: number;
  readonly #entities = new Map<string, EntityIds>();

  public constructor(sink: RecordSink, path: string, utcOffsetMinutes: number) {
    this.#sink = sink;
    this.#path = path;
    this.#utcOffsetMinutes = utcOffsetMinutes;
  }

  public add(record: JsonObject, offset: number, line: number): void {
    const fields = readLogFields(record, this.#utcOffsetMinutes);
    if (fields.timeNs === undefined) {
      this.#sink.reject('no time', line);
      return;
    }
    const payload = fields.message === undefined ? undefined : unwrapPayload(fields.message, this.#utcOffsetMinutes, 1);
    const message = payload?.message ?? toShownFields(record);
    const severity = [fields.severity, payload?.severity ?? 0].find((level) => level !== 0) ?? findSeverityInText(message);
    const traceKey = toTraceKey(firstText(fields.traceId, payload?.fields?.traceId));
    const spanKey = traceKey === 0 ? 0 : toSpanKey(traceKey, firstText(fields.spanId, payload?.fields?.spanId));
    const entity = this.#entityOf(fields, payload?.fields);
    this.#sink.addLog(fields.timeNs, entity, this.#sink.internShape(message), severity, traceKey, spanKey, offset, line);
  }

  #entityOf(outer: LogFields, inner: LogFields | undefined): EntityIds {
    const hints = { ...definedHints(inner?.entity), ...definedHints(outer.entity) };
    const key = JSON.stringify(hints);
    let ids = this.#entities.get(key);
    if (ids === undefined) {
      ids = this.#sink.internEntity(resolveEntity({ ...hints, fileName: this.#path }));
      this.#entities.set(key, ids);
    }
    return ids;
  }
}

function definedHints(hints: EntityHints | undefined): EntityHints {
  return isObject(hints) ? Object.fromEntries(Object.entries(hints).filter(([, value]) => value !== '' && value !== undefined)) : {};
}
