import { resolveEntity } from '../../../core/entities.js';
import { findSeverityInText } from '../../../core/logs/severity.js';
import { readLines } from '../files/blockBuffer.js';
import type { FileHead, FormatReader, ReadContext } from '../formatReader.js';
import { toSpanKey, toTraceKey } from '../fields/idKeys.js';
import { firstText } from '../fields/logFields.js';
import { unwrapPayload } from '../fields/payload.js';
import type { EntityIds, RecordSink } from '../recordSink.js';
import { findDateOrder, FOREIGN_MONTHS, GUESSED_ORDER, hasForeignMonth, MIXED_ORDER } from '../fields/slashDates.js';
import {
  DATELESS_LAYOUT,
  findTextTime,
  MAX_TIME_COLUMN,
  SLASH_DATE_LAYOUT,
  type FoundTime,
  type TimeDefaults,
} from '../fields/textTimes.js';
import { findTraceContext } from '../fields/traceContext.js';

const SNIFFED_LINES = 200;
/** Of a record with its continuation lines this much is looked at for stack traces and levels. */
const MAX_RECORD_CHARS = 4_096;
/** How much of a line is decoded: a timestamp, and more than its shape keeps. */
const MAX_DECODED_BYTES = 8_192;

const ANSI_SEQUENCE = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007]*\u0007|[@-Z\\-_])/g;
const CONTINUATION =
  /^(?:\s|at |Caused by:|Suppressed:|\.\.\. \d+ more|Traceback \(|[A-Za-z_][\w.$]*(?:Error|Exception)\b|#\d+ |\[stacktrace\]|goroutine \d+ \[|\}|\])/;
/** Container runtimes write `<time> stdout F <line>`. */
const CRI_TAG = /^\s*(?:stdout|stderr) [FP] /;

export const DATELESS_NOTE = 'times without a date: taken to be of the day the file was last changed';

export const plainLogs: FormatReader = {
  id: 'plain-logs',
  title: 'text log with a timestamp in each record',
  sniff: sniffPlainLogs,
  read: readPlainLogs,
};

function sniffPlainLogs(head: FileHead): number {
  const lines = head.lines.length > 0 ? head.lines.slice(0, SNIFFED_LINES) : [head.text.slice(0, 1_000)];
  const defaults = { offsetMinutes: 0, latestNs: BigInt(Date.now()) * 1_000_000n };
  let timed = 0;
  let said = 0;
  let continued = 0;
  let hint: FoundTime | undefined;
  for (const raw of lines) {
    const line = raw.includes('\u001b') ? raw.replace(ANSI_SEQUENCE, '') : raw;
    const found = findTextTime(line.slice(0, MAX_TIME_COLUMN + 64), defaults, hint);
    if (found !== undefined) {
      timed++;
      said += toBody(line, found).trim() === '' ? 0 : 1;
      hint = found;
    } else if (CONTINUATION.test(line)) {
      continued++;
    }
  }
  const share = timed / Math.max(1, lines.length - continued);
  // A note of times, such as when a fault was injected, is no log.
  return said === 0 || timed < lines.length * 0.02 ? 0 : 0.31 + 0.2 * Math.min(1, share);
}

async function readPlainLogs(context: ReadContext): Promise<void> {
  const writer = new PlainWriter(context);
  await readLines(context.buffer, {
    onLine: (bytes, start, end, offset, line) => {
      writer.addLine(bytes.toString('utf8', start, Math.min(end, start + MAX_DECODED_BYTES)), offset, line);
    },
    onTooLong: (line) => {
      context.sink.reject('longer than 16 MiB', line);
    },
    onBlock: context.onBlock,
  });
  writer.finish();
  await context.onBlock();
}

interface OpenRecord {
  readonly ns: bigint;
  text: string;
  readonly offset: number;
  readonly line: number;
}

/** Joins continuation lines to the record before them. */
class PlainWriter {
  readonly #sink: RecordSink;
  readonly #context: ReadContext;
  readonly #entity: EntityIds;
  readonly #fileService: string;
  /** Entities of services that lines name. */
  readonly #entities = new Map<string, EntityIds>();
  readonly #defaults: TimeDefaults;
  readonly #isGuessedOrder: boolean;
  #hint: FoundTime | undefined;
  #open: OpenRecord | undefined;
  #startsIndented = false;
  /** Whether the last record was rejected, with its continuation lines. */
  #isSkipping = false;
  /** Days gone by in a log whose times have no date. */
  #days = 0n;
  #lastDateless = 0n;

  public constructor(context: ReadContext) {
    this.#sink = context.sink;
    this.#context = context;
    const entity = resolveEntity({ fileName: context.head.path });
    this.#fileService = entity.service;
    this.#entity = context.sink.internEntity(entity);
    const order = findDateOrder(context.head.lines, context.latestNs);
    this.#isGuessedOrder = order?.isGuess === true;
    this.#defaults = { offsetMinutes: context.utcOffsetMinutes, latestNs: context.latestNs, dayFirst: order?.dayFirst === true };
  }

  public addLine(raw: string, offset: number, line: number): void {
    const text = raw.includes('\u001b') ? raw.replace(ANSI_SEQUENCE, '') : raw;
    const found = this.#findTime(text);
    if (found === undefined) {
      if (hasForeignMonth(text)) {
        // A record of its own, so what follows belongs to it and not to the one before.
        this.finish();
        this.#sink.reject(FOREIGN_MONTHS, line);
        this.#isSkipping = true;
      } else if (!this.#isSkipping) {
        this.#continue(text, line);
      }
      return;
    }
    this.finish();
    this.#isSkipping = false;
    if (found.layout === SLASH_DATE_LAYOUT) {
      this.#noteOrder(text, found, line);
    }
    if (this.#hint === undefined) {
      this.#startsIndented = /^\s/.test(text);
    }
    this.#hint = found;
    this.#open = { ns: this.#toDated(found), text: toBody(text, found), offset, line };
  }

  /** Hands on the record that is being collected. */
  public finish(): void {
    const record = this.#open;
    if (record === undefined) {
      return;
    }
    this.#open = undefined;
    const context = findTraceContext(record.text.replace(CRI_TAG, ''));
    const { body } = context;
    const payload = unwrapPayload(body, this.#context.utcOffsetMinutes);
    const severity = payload.severity === 0 && record.text.includes('\n') ? findSeverityInText(record.text) : payload.severity;
    const traceKey = toTraceKey(firstText(payload.fields?.traceId, context.traceId));
    const spanKey = traceKey === 0 ? 0 : toSpanKey(traceKey, firstText(payload.fields?.spanId, context.spanId));
    this.#sink.addLog(
      record.ns,
      this.#entityOf(context.service),
      this.#sink.internShape(payload.message),
      severity,
      traceKey,
      spanKey,
      record.offset,
      record.line,
    );
  }

  /** The file may know the pod; so it decides where the line names no other service. */
  #entityOf(service: string): EntityIds {
    if (service === '' || service === this.#fileService) {
      return this.#entity;
    }
    let ids = this.#entities.get(service);
    if (ids === undefined) {
      ids = this.#sink.internEntity(resolveEntity({ serviceName: service, fileName: this.#context.head.path }));
      this.#entities.set(service, ids);
    }
    return ids;
  }

  #noteOrder(text: string, found: FoundTime, line: number): void {
    if (this.#isGuessedOrder) {
      this.#sink.note(GUESSED_ORDER, line);
      return;
    }
    const [first = 0, second = 0] = text.slice(found.start, found.end).split(/[/-]/, 2).map(Number);
    if (this.#defaults.dayFirst === true ? second > 12 : first > 12) {
      this.#sink.note(MIXED_ORDER, line);
    }
  }

  #findTime(text: string): FoundTime | undefined {
    const isIndented = text.charCodeAt(0) === 0x20 || text.charCodeAt(0) === 0x09;
    if (isIndented && !this.#startsIndented && this.#hint !== undefined) {
      return undefined;
    }
    const found = findTextTime(text.length > MAX_TIME_COLUMN + 64 ? text.slice(0, MAX_TIME_COLUMN + 64) : text, this.#defaults, this.#hint);
    // A time elsewhere in a line that looks like a continuation belongs to its text.
    return found !== undefined && this.#hint !== undefined && found.start !== this.#hint.start && CONTINUATION.test(text)
      ? undefined
      : found;
  }

  #continue(text: string, line: number): void {
    const record = this.#open;
    if (record === undefined) {
      if (text.trim() !== '') {
        this.#sink.reject('no time, and no record before that it could continue', line);
      }
    } else if (record.text.length < MAX_RECORD_CHARS) {
      record.text += `\n${text}`;
    }
  }

  #toDated(found: FoundTime): bigint {
    if (found.layout !== DATELESS_LAYOUT) {
      return found.ns;
    }
    this.#sink.note(DATELESS_NOTE, 0);
    if (found.ns < this.#lastDateless - 43_200_000_000_000n) {
      this.#days++;
    }
    this.#lastDateless = found.ns;
    return found.ns + this.#days * 86_400_000_000_000n;
  }
}

/** The line without its timestamp: what stood before it (host, level) and what follows. */
function toBody(text: string, found: FoundTime): string {
  const before = text
    .slice(0, found.start)
    .replace(/[[("'\s]+$/, '')
    .replace(/\b(?:time|ts|t|timestamp)=$/, '');
  const after = text.slice(found.end).replace(/^[\])"']*\s*(?:[-|:;,]+(?=\s|[A-Za-z[]))?\s*/, '');
  return before.trim() === '' ? after : `${before.trim()} ${after}`;
}
