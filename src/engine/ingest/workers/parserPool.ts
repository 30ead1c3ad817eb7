import fs from 'node:fs';
import os from 'node:os';
import { Worker } from 'node:worker_threads';
import type { FileReport } from '../../../protocol/views.js';
import { IngestCancelled, type CancelFlag } from '../cancelFlag.js';
import type { IngestOptions } from '../ingestTypes.js';
import { parseFile, toRefusedReport, type ParseHandlers, type ParseJob } from '../parseFile.js';
import type { WorkerReply, WorkerRequest } from './workerMessages.js';

/** Parses files, each by one of `size` parsers; `close` ends them. */
export interface ParserPool {
  readonly size: number;
  /** To be called for at most `size` files at a time. @throws IngestCancelled */
  parse(job: ParseJob, handlers: ParseHandlers): Promise<FileReport>;
  /** Ends them at once; what they work on is cancelled when the flag says so, else refused. */
  close(): Promise<void>;
}

const MAX_DEFAULT_WORKERS = 4;

/** Worker threads where the bundled worker lies beside this bundle or where it is named, else (sources under test) the calling thread. */
export function createParserPool(
  { workers, workerScript }: Pick<IngestOptions, 'workers' | 'workerScript'>,
  cancel: CancelFlag,
): ParserPool {
  const script = workerScript ?? new URL('./ingestWorker.mjs', import.meta.url);
  if (workers === 0 || !fs.existsSync(script)) {
    return { size: 1, parse: (job, handlers) => parseFile(job, cancel, handlers), close: () => Promise.resolve() };
  }
  const size = workers ?? Math.min(MAX_DEFAULT_WORKERS, Math.max(1, os.availableParallelism() - 1));
  return new WorkerPool(script, Math.max(1, size), cancel);
}

class WorkerPool implements ParserPool {
  public readonly size: number;
  readonly #script: URL;
  readonly #cancel: CancelFlag;
  #idle: Worker[] = [];
  readonly #all = new Set<Worker>();

  public constructor(script: URL, size: number, cancel: CancelFlag) {
    this.#script = script;
    this.size = size;
    this.#cancel = cancel;
  }

  public async parse(job: ParseJob, handlers: ParseHandlers): Promise<FileReport> {
    const worker = this.#idle.pop() ?? this.#start();
    let healthy = false;
    try {
      const report = await runJob(worker, job, this.#cancel, handlers);
      healthy = true;
      return report;
    } catch (error) {
      healthy = error instanceof IngestCancelled;
      throw error;
    } finally {
      if (healthy && this.#all.has(worker)) {
        this.#idle.push(worker);
      } else {
        this.#all.delete(worker);
        await worker.terminate();
      }
    }
  }

  public async close(): Promise<void> {
    const workers = [...this.#all];
    this.#all.clear();
    this.#idle = [];
    await Promise.all(workers.map((worker) => worker.terminate()));
  }

  #start(): Worker {
    const worker = new Worker(this.#script);
    // A dead worker would take the next job and never answer. `exit` follows every end, also one without an error.
    const forget = (): void => {
      this.#all.delete(worker);
      this.#idle = this.#idle.filter((idle) => idle !== worker);
    };
    worker.on('error', forget);
    worker.on('exit', forget);
    this.#all.add(worker);
    return worker;
  }
}

/** Settles when the worker says so or dies; chunks are handed on one after the other. */
function runJob(worker: Worker, job: ParseJob, cancel: CancelFlag, handlers: ParseHandlers): Promise<FileReport> {
  return new Promise((resolve, reject) => {
    let chain = Promise.resolve();
    const kept = { log: 0, trace: 0, metric: 0 };
    const settle = (act: () => void): void => {
      worker.off('message', handleMessage);
      worker.off('error', handleError);
      worker.off('exit', handleExit);
      void chain.then(act, reject);
    };
    const handleMessage = (message: WorkerReply): void => {
      switch (message.type) {
        case 'chunk':
          kept.log += message.chunk.logs.line.length;
          kept.trace += message.chunk.spans.line.length;
          kept.metric += message.chunk.points.line.length;
          // The worker is released also after a failure, so that it sees the cancellation instead of waiting for ever.
          chain = chain
            .then(() => handlers.onChunk(message.chunk))
            .finally(() => {
              send(worker, { type: 'taken' });
            });
          chain.catch(() => {
            cancel.cancel();
          });
          break;
        case 'progress':
          handlers.onProgress(message.bytesDone, message.records);
          break;
        case 'done':
          settle(() => {
            resolve(message.report);
          });
          break;
        case 'cancelled':
          settle(() => {
            reject(new IngestCancelled());
          });
          break;
      }
    };
    const handleError = (error: unknown): void => {
      const kind = error instanceof Error ? error.name : 'unknown error';
      settle(() => {
        if (cancel.isCancelled) {
          reject(new IngestCancelled());
          return;
        }
        const refusal = `the parser failed (${kind}); what it had read so far is kept, please report this file's format`;
        const report = toRefusedReport(job.path, job.sizeBytes, refusal);
        resolve({ ...report, records: kept.log + kept.trace + kept.metric, recordsByModality: kept });
      });
    };
    const handleExit = (): void => {
      handleError(new WorkerEnded());
    };
    worker.on('message', handleMessage);
    worker.on('error', handleError);
    worker.on('exit', handleExit);
    send(worker, { type: 'parse', job, cancelMemory: cancel.memory });
  });
}

class WorkerEnded extends Error {
  public override readonly name = 'its thread ended';
}

function send(worker: Worker, request: WorkerRequest): void {
  worker.postMessage(request);
}
