/** Worker thread: parses the files it is told to, one at a time. */
import { parentPort } from 'node:worker_threads';
import type { RecordChunk } from '../../../core/records.js';
import { CancelFlag, IngestCancelled } from '../cancelFlag.js';
import { parseFile, type ParseJob } from '../parseFile.js';
import { MAX_CHUNKS_IN_FLIGHT, type WorkerReply, type WorkerRequest } from './workerMessages.js';

const PROGRESS_INTERVAL_MS = 100;

if (parentPort === null) {
  throw new Error('ingestWorker runs only as a worker thread');
}
const port = parentPort;
let inFlight = 0;
let onTaken: (() => void) | undefined;

function reply(message: WorkerReply, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}

async function sendChunk(chunk: RecordChunk): Promise<void> {
  while (inFlight >= MAX_CHUNKS_IN_FLIGHT) {
    await new Promise<void>((resolve) => {
      onTaken = resolve;
    });
  }
  inFlight++;
  reply({ type: 'chunk', chunk }, findBuffers(chunk));
}

function findBuffers(chunk: RecordChunk): ArrayBuffer[] {
  return [chunk.spans, chunk.logs, chunk.points].flatMap((columns) =>
    Object.values(columns as unknown as Record<string, Float64Array<ArrayBuffer>>).map((column) => column.buffer),
  );
}

async function parse(job: ParseJob, cancel: CancelFlag): Promise<void> {
  let lastProgress = 0;
  inFlight = 0;
  try {
    const report = await parseFile(job, cancel, {
      onChunk: sendChunk,
      onProgress: (bytesDone, records) => {
        const now = performance.now();
        if (now - lastProgress >= PROGRESS_INTERVAL_MS) {
          lastProgress = now;
          reply({ type: 'progress', bytesDone, records });
        }
      },
    });
    reply({ type: 'done', report });
  } catch (error) {
    if (!(error instanceof IngestCancelled)) {
      throw error;
    }
    reply({ type: 'cancelled' });
  }
}

port.on('message', (request: WorkerRequest) => {
  if (request.type === 'taken') {
    inFlight--;
    onTaken?.();
    onTaken = undefined;
    return;
  }
  void parse(request.job, new CancelFlag(request.cancelMemory));
});
