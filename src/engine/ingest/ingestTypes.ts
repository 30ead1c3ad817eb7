/** The seam between reading files and everything after it. */
import type { RecordChunk } from '../../core/records.js';
import type { FileReport } from '../../protocol/views.js';

/** What decides whether a file is the one that was parsed before. */
export interface FileIdentity {
  readonly path: string;
  readonly sizeBytes: number;
  readonly mtimeMs: number;
  /** sha256 (hex) over size, the first and the last 64 KiB of the file as stored. */
  readonly contentHash: string;
}

export interface ParsedFile {
  readonly report: FileReport;
  readonly chunks: readonly RecordChunk[];
}

/** Parsed files kept between runs. `settingsKey` names what else decides the result: reader version, UTC offset, forced format. */
export interface ParsedFileCache {
  find(identity: FileIdentity, settingsKey: string): ParsedFile | undefined;
  put(identity: FileIdentity, settingsKey: string, file: ParsedFile): void;
}

export interface IngestOptions {
  /** For timestamps without a zone; default 0. */
  readonly utcOffsetMinutes?: number;
  /** Format id forced by the user, by path. */
  readonly formatByPath?: ReadonlyMap<string, string>;
  /** Parser threads; 0: the calling thread parses. Default: cores - 1, at least 1, at most 4. */
  readonly workers?: number;
  readonly cache?: ParsedFileCache;
  /** Bundle of `ingestWorker.ts`; default: the one beside this bundle. Where there is none (sources), the calling thread parses. */
  readonly workerScript?: URL;
}

/** Chunks of one file come in file order; files may interleave. `fileId` counts from 0 in the order of the walked paths. */
export type IngestEvent =
  | { readonly type: 'file'; readonly fileId: number; readonly identity: FileIdentity }
  | { readonly type: 'chunk'; readonly fileId: number; readonly chunk: RecordChunk }
  | { readonly type: 'fileDone'; readonly fileId: number; readonly report: FileReport }
  | { readonly type: 'progress'; readonly bytesDone: number; readonly bytesTotal: number; readonly path: string; readonly records: number };
