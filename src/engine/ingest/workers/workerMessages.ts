import type { RecordChunk } from '../../../core/records.js';
import type { FileReport } from '../../../protocol/views.js';
import type { ParseJob } from '../parseFile.js';

/** To the worker: a job, or room for one more chunk. */
export type WorkerRequest =
  { readonly type: 'parse'; readonly job: ParseJob; readonly cancelMemory: SharedArrayBuffer } | { readonly type: 'taken' };

/** From the worker, all about its current job. */
export type WorkerReply =
  | { readonly type: 'chunk'; readonly chunk: RecordChunk }
  | { readonly type: 'progress'; readonly bytesDone: number; readonly records: number }
  | { readonly type: 'done'; readonly report: FileReport }
  | { readonly type: 'cancelled' };

/** Chunks that a worker may have sent without one being taken: bounds memory when the receiver is slow. */
export const MAX_CHUNKS_IN_FLIGHT = 4;
