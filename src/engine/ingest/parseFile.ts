import type { RecordChunk } from '../../core/records.js';
import type { FileReport } from '../../protocol/views.js';
import { BlockBuffer } from './files/blockBuffer.js';
import { readDecodedBytes } from './files/byteSource.js';
import { IngestCancelled, type CancelFlag } from './cancelFlag.js';
import { HEAD_BYTES, toHead, type FileHead, type FormatReader } from './formatReader.js';
import { FORMATS, findFormat, findFormatById } from './formats.js';
import { IngestRefusal } from './ingestRefusal.js';
import { findBinaryRefusal, findNotTelemetry } from './notTelemetry.js';
import { FOREIGN_MONTHS, hasForeignMonth } from './fields/slashDates.js';
import { RecordSink, type SinkTotals } from './recordSink.js';

export interface ParseJob {
  readonly path: string;
  readonly sizeBytes: number;
  readonly mtimeMs: number;
  /** East of UTC, for times without a zone. */
  readonly utcOffsetMinutes: number;
  /** Format id forced by the user. */
  readonly format: string | undefined;
}

export interface ParseHandlers {
  /** Waits while the receiver is behind. */
  readonly onChunk: (chunk: RecordChunk) => Promise<void>;
  /** `bytesDone`: of the file as stored. */
  readonly onProgress: (bytesDone: number, records: number) => void;
}

/**
 * Reads one file. Whatever is wrong with it ends up in the report; only cancellation throws.
 * @throws IngestCancelled
 */
export async function parseFile(job: ParseJob, cancel: CancelFlag, handlers: ParseHandlers): Promise<FileReport> {
  const sink = new RecordSink(handlers.onChunk);
  let bytesDone = 0;
  let format = 'refused';
  const buffer = new BlockBuffer(
    readDecodedBytes(job.path, cancel, (done) => {
      bytesDone = done;
    }),
  );
  try {
    const head = await readHead(job.path, buffer);
    const reader = chooseFormat(head, job.format);
    format = reader.id;
    await reader.read({
      head,
      buffer,
      sink,
      utcOffsetMinutes: job.utcOffsetMinutes,
      latestNs: BigInt(Math.ceil(job.mtimeMs)) * 1_000_000n,
      onBlock: async () => {
        cancel.throwIfCancelled();
        handlers.onProgress(bytesDone, sink.records);
        await sink.drain();
      },
    });
    return toReport(job, format, await sink.finish(), null);
  } catch (error) {
    if (error instanceof IngestCancelled || cancel.isCancelled) {
      throw new IngestCancelled();
    }
    const totals = await sink.finish();
    const records = totals.spans + totals.logs + totals.points;
    return toReport(job, records === 0 ? 'refused' : format, totals, toRefusal(error));
  } finally {
    await buffer.close();
  }
}

/** Report of a file that was not opened, or of which nothing was read. */
export function toRefusedReport(path: string, sizeBytes: number, refusal: string, format = 'refused'): FileReport {
  const none: SinkTotals = { spans: 0, logs: 0, points: 0, rejected: 0, firstNs: null, lastNs: null, reasons: [] };
  return toReport({ path, sizeBytes }, format, none, refusal);
}

async function readHead(path: string, buffer: BlockBuffer): Promise<FileHead> {
  while (buffer.length < HEAD_BYTES && (await buffer.fill())) {
    // `fill` appends; the head is complete when there is enough or the file ends
  }
  const complete = buffer.ended && buffer.length <= HEAD_BYTES;
  return toHead(path, Buffer.from(buffer.bytes.subarray(0, Math.min(buffer.length, HEAD_BYTES))), complete);
}

function chooseFormat(head: FileHead, forced: string | undefined): FormatReader {
  if (head.bytes.length === 0) {
    throw new IngestRefusal('the file is empty');
  }
  const binary = findBinaryRefusal(head);
  if (binary !== undefined) {
    throw new IngestRefusal(binary);
  }
  if (forced !== undefined) {
    const reader = findFormatById(forced);
    if (reader === undefined) {
      throw new IngestRefusal(`format ${forced} is unknown; known are ${FORMATS.map(({ id }) => id).join(', ')}`);
    }
    return reader;
  }
  const notTelemetry = findNotTelemetry(head);
  if (notTelemetry !== undefined) {
    throw new IngestRefusal(notTelemetry);
  }
  const reader = findFormat(head);
  if (reader === undefined) {
    throw new IngestRefusal(`${describe(head)}; choose a format if it is telemetry (${FORMATS.map(({ id }) => id).join(', ')})`);
  }
  return reader;
}

/** What an unrecognised file looks like, without its content. */
function describe(head: FileHead): string {
  if (head.lines.some(hasForeignMonth)) {
    return FOREIGN_MONTHS;
  }
  const first = head.text.trimStart().charAt(0);
  if (first === '{' || first === '[') {
    return 'JSON that is none of the known telemetry documents';
  }
  if (head.lines.length === 0) {
    return `one line of more than ${HEAD_BYTES} bytes in no known format`;
  }
  return 'text without lines that hold a time in their first 80 characters and say something, and without a known header';
}

function toRefusal(error: unknown): string {
  if (error instanceof IngestRefusal) {
    return error.message;
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  switch (code) {
    case 'ENOENT':
      return 'the file does not exist (any more)';
    case 'EACCES':
    case 'EPERM':
      return 'no permission to read the file; change its access rights';
    case 'EISDIR':
      return 'a folder stands where a file is expected';
    default:
      // The message of an unexpected error may quote content: only its kind and place are shown.
      return `reading failed (${code === '' ? (error instanceof Error ? error.name : 'unknown error') : code}); please report this file's format`;
  }
}

function toReport(job: Pick<ParseJob, 'path' | 'sizeBytes'>, format: string, totals: SinkTotals, refusal: string | null): FileReport {
  return {
    path: job.path,
    format,
    sizeBytes: job.sizeBytes,
    records: totals.spans + totals.logs + totals.points,
    recordsByModality: { log: totals.logs, trace: totals.spans, metric: totals.points },
    rejected: totals.rejected,
    firstNs: totals.firstNs?.toString() ?? null,
    lastNs: totals.lastNs?.toString() ?? null,
    reasons: totals.reasons,
    refusal,
    cached: false,
  };
}
