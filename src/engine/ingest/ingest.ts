import type { RecordChunk } from '../../core/records.js';
import type { FileReport } from '../../protocol/views.js';
import { CancelFlag, IngestCancelled } from './cancelFlag.js';
import { DuplicateFinder } from './files/duplicateFinder.js';
import { readFileIdentity } from './files/fileIdentity.js';
import type { FileIdentity, IngestEvent, IngestOptions } from './ingestTypes.js';
import { toRefusedReport } from './parseFile.js';
import { createParserPool, type ParserPool } from './workers/parserPool.js';
import { walkPaths, type WalkedFile } from './files/walkPaths.js';

/** Raised whenever the same file would give other records: part of the cache's settings key. */
export const INGEST_VERSION = 4;

const PROGRESS_INTERVAL_MS = 120;
/** Shorter than the interval: a timer that fires a little early would otherwise leave out every other event. */
const PROGRESS_TIMER_MS = 50;
/** Parsers see a cancellation between blocks; those that take longer (one very large element) are ended. */
const CANCEL_GRACE_MS = 500;
/** Parsed files over this size are not cached: their chunks would have to be held until the file is done. */
export const MAX_CACHED_BYTES = 192 * 1024 * 1024;

/** What besides a file's content decides how it is parsed. */
export function toSettingsKey(path: string, options: IngestOptions): string {
  return `v${INGEST_VERSION};utc=${options.utcOffsetMinutes ?? 0};format=${options.formatByPath?.get(path) ?? 'auto'}`;
}

/**
 * Reads files and folders and reports everything through `onEvent`, one call at a time: `file`, its `chunk`s, `fileDone`; `progress`
 * at least every 200 ms while something is read. Files that cannot be read are reported, not thrown.
 * @throws an AbortError when `signal` is aborted, and whatever `onEvent` throws
 */
export async function ingest(
  paths: readonly string[],
  options: IngestOptions,
  onEvent: (event: IngestEvent) => void | Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const cancel = new CancelFlag();
  const run = new IngestRun(options, onEvent, cancel);
  let patience: NodeJS.Timeout | undefined;
  const abort = (): void => {
    cancel.cancel();
    patience = setTimeout(() => {
      void run.endParsers();
    }, CANCEL_GRACE_MS);
  };
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) {
    cancel.cancel();
  }
  try {
    await run.all(paths);
  } catch (error) {
    cancel.cancel();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
    clearTimeout(patience);
    await run.close();
  }
}

class IngestRun {
  readonly #options: IngestOptions;
  readonly #onEvent: (event: IngestEvent) => void | Promise<void>;
  readonly #cancel: CancelFlag;
  readonly #pool: ParserPool;
  readonly #duplicates = new DuplicateFinder();
  /** Bytes and records of files in work, by file id. */
  readonly #current = new Map<number, { bytes: number; records: number }>();
  #events = Promise.resolve();
  /** What the receiver threw first: all else ends because of it. */
  #failure: { readonly error: unknown } | undefined;
  #bytesTotal = 0;
  #bytesDone = 0;
  #records = 0;
  #path = '';
  #lastProgress = 0;

  public constructor(options: IngestOptions, onEvent: (event: IngestEvent) => void | Promise<void>, cancel: CancelFlag) {
    this.#options = options;
    this.#onEvent = onEvent;
    this.#cancel = cancel;
    this.#pool = createParserPool(options, cancel);
  }

  public async all(paths: readonly string[]): Promise<void> {
    this.#cancel.throwIfCancelled();
    const files = await walkPaths(paths, () => {
      this.#cancel.throwIfCancelled();
    });
    this.#bytesTotal = files.reduce((sum, file) => sum + file.sizeBytes, 0);
    const timer = setInterval(() => {
      this.#reportProgress();
    }, PROGRESS_TIMER_MS);
    try {
      await this.#readAll(files);
      this.#reportProgress(true);
      await this.#events;
    } catch (error) {
      throw this.#failure === undefined ? error : this.#failure.error;
    } finally {
      clearInterval(timer);
    }
  }

  public endParsers(): Promise<void> {
    return this.#pool.close();
  }

  public async close(): Promise<void> {
    await this.endParsers();
    // A failed event has been thrown by `all` already; here only its end matters.
    await this.#events.catch(() => undefined);
  }

  /** Identities are taken in order (so that of two equal files the first is read), parsers work side by side. */
  async #readAll(files: readonly WalkedFile[]): Promise<void> {
    const working = new Set<Promise<void>>();
    let failure: { readonly error: unknown } | undefined;
    for (const [fileId, file] of files.entries()) {
      while (working.size >= this.#pool.size) {
        await Promise.race(working);
      }
      if (failure !== undefined || this.#cancel.isCancelled) {
        break;
      }
      const start = await this.#prepare(fileId, file);
      const work: Promise<void> = start()
        .catch((error: unknown) => {
          failure ??= { error };
          this.#cancel.cancel();
        })
        .finally(() => {
          working.delete(work);
          this.#current.delete(fileId);
          this.#bytesDone += file.sizeBytes;
        });
      working.add(work);
    }
    await Promise.all(working);
    if (failure !== undefined) {
      throw failure.error;
    }
    this.#cancel.throwIfCancelled();
  }

  async #prepare(fileId: number, file: WalkedFile): Promise<() => Promise<void>> {
    this.#path = file.path;
    let identity: FileIdentity = { path: file.path, sizeBytes: file.sizeBytes, mtimeMs: file.mtimeMs, contentHash: '' };
    let refusal = file.refusal;
    let twin: string | undefined;
    if (refusal === undefined) {
      try {
        identity = await readFileIdentity(file);
        twin = await this.#duplicates.findTwin(identity);
      } catch (error) {
        refusal = toOpenRefusal(error);
      }
    }
    await this.#send({ type: 'file', fileId, identity });
    if (refusal !== undefined) {
      const report = toRefusedReport(file.path, file.sizeBytes, refusal);
      return () => this.#send({ type: 'fileDone', fileId, report });
    }
    if (twin !== undefined) {
      const report = toRefusedReport(file.path, file.sizeBytes, `same name and content as ${twin}; counted once`, 'duplicate');
      return () => this.#send({ type: 'fileDone', fileId, report });
    }
    return () => this.#read(fileId, identity);
  }

  async #read(fileId: number, identity: FileIdentity): Promise<void> {
    const settingsKey = toSettingsKey(identity.path, this.#options);
    const cached = this.#options.cache?.find(identity, settingsKey);
    if (cached !== undefined) {
      for (const chunk of cached.chunks) {
        this.#cancel.throwIfCancelled();
        await this.#send({ type: 'chunk', fileId, chunk });
      }
      this.#records += cached.report.records;
      await this.#send({ type: 'fileDone', fileId, report: { ...cached.report, path: identity.path, cached: true } });
      return;
    }
    const kept = this.#options.cache === undefined ? undefined : new KeptChunks();
    const progress = { bytes: 0, records: 0 };
    this.#current.set(fileId, progress);
    const job = {
      path: identity.path,
      sizeBytes: identity.sizeBytes,
      mtimeMs: identity.mtimeMs,
      utcOffsetMinutes: this.#options.utcOffsetMinutes ?? 0,
      format: this.#options.formatByPath?.get(identity.path),
    };
    const report = await this.#pool.parse(job, {
      onChunk: async (chunk) => {
        kept?.add(chunk);
        await this.#send({ type: 'chunk', fileId, chunk });
      },
      onProgress: (bytesDone, records) => {
        progress.bytes = bytesDone;
        progress.records = records;
        this.#path = identity.path;
        this.#reportProgress();
      },
    });
    this.#records += report.records;
    await this.#keep(identity, settingsKey, report, kept);
    await this.#send({ type: 'fileDone', fileId, report });
  }

  /** Only files that were read completely and did not change meanwhile are worth keeping. */
  async #keep(identity: FileIdentity, settingsKey: string, report: FileReport, kept: KeptChunks | undefined): Promise<void> {
    const chunks = kept?.all;
    if (chunks === undefined || report.refusal !== null) {
      return;
    }
    const again = await readFileIdentity({ ...identity, refusal: undefined }).catch(() => undefined);
    if (again?.contentHash === identity.contentHash) {
      this.#options.cache?.put(identity, settingsKey, { report, chunks });
    }
  }

  #send(event: IngestEvent): Promise<void> {
    this.#events = this.#events
      .then(() => this.#onEvent(event))
      .catch((error: unknown) => {
        this.#failure ??= { error };
        throw error;
      });
    return this.#events;
  }

  #reportProgress(force = false): void {
    const now = performance.now();
    if ((!force && now - this.#lastProgress < PROGRESS_INTERVAL_MS) || this.#cancel.isCancelled) {
      return;
    }
    this.#lastProgress = now;
    let bytesDone = this.#bytesDone;
    let records = this.#records;
    for (const current of this.#current.values()) {
      bytesDone += current.bytes;
      records += current.records;
    }
    const event = {
      type: 'progress',
      bytesDone: Math.min(bytesDone, this.#bytesTotal),
      bytesTotal: this.#bytesTotal,
      path: this.#path,
      records,
    } as const;
    // A failure is seen by whoever awaits the event chain next.
    this.#send(event).catch(() => {
      this.#cancel.cancel();
    });
  }
}

/** Chunks of a file for the cache, given up when they grow too large. */
class KeptChunks {
  #chunks: RecordChunk[] | undefined = [];
  #bytes = 0;

  public get all(): readonly RecordChunk[] | undefined {
    return this.#chunks;
  }

  public add(chunk: RecordChunk): void {
    this.#bytes += chunk.spans.line.length * 81 + chunk.logs.line.length * 49 + chunk.points.line.length * 32;
    for (const text of chunk.newStrings) {
      this.#bytes += text.length * 2;
    }
    if (this.#bytes > MAX_CACHED_BYTES) {
      this.#chunks = undefined;
    }
    this.#chunks?.push(chunk);
  }
}

function toOpenRefusal(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  if (code === 'EACCES' || code === 'EPERM') {
    return 'no permission to read the file; change its access rights';
  }
  return code === 'ENOENT' ? 'the file does not exist (any more)' : `the file cannot be opened (${code})`;
}

export { IngestCancelled };
