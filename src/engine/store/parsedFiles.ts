/** Parsed chunks of files, one row per chunk, so that an unchanged file is not parsed again. */
import type { FileReport } from '../../protocol/views.js';
import type { FileIdentity, ParsedFile, ParsedFileCache } from '../ingest/ingestTypes.js';
import { decodeChunk, encodeChunk } from './chunkCodec.js';
import type { Sqlite } from './sqlite.js';

/** Bytes of rows per transaction: keeps the write lock below some tens of milliseconds, and a killed engine loses no more. */
const BATCH_BYTES = 8 * 2 ** 20;

interface FileRow {
  readonly id: number;
  readonly report: string;
}

/** @param onProblem gets a line about a row that cannot be read; the file is then parsed again. */
export function createParsedFiles(database: Sqlite, onProblem: (problem: string) => void): ParsedFileCache {
  const selectFile = database.prepare<[string, string, number, number, string], FileRow>(
    `SELECT id, report FROM files WHERE path = ? AND settings_key = ? AND size_bytes = ? AND mtime_ms = ? AND content_hash = ? AND complete = 1
     ORDER BY id DESC LIMIT 1`,
  );
  const selectChunks = database.prepare<[number], { data: Uint8Array }>('SELECT data FROM chunks WHERE file = ? ORDER BY ordinal');
  const touch = database.prepare<[number, number]>('UPDATE files SET used_ms = ? WHERE id = ?');
  const insertFile = database.prepare<[string, number, number, string, string, string, number]>(
    'INSERT INTO files (path, size_bytes, mtime_ms, content_hash, settings_key, report, used_ms) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const insertChunk = database.prepare<[number, number, Uint8Array]>('INSERT INTO chunks (file, ordinal, data) VALUES (?, ?, ?)');
  const finishFile = database.prepare<[number, number]>('UPDATE files SET complete = 1, packed_bytes = ? WHERE id = ?');
  const removeFile = database.prepare<[number]>('DELETE FROM files WHERE id = ?');
  const removeOlder = database.prepare<[string, string, number]>(
    'DELETE FROM files WHERE path = ? AND settings_key = ? AND complete = 1 AND id <> ?',
  );
  const insertBatch = database.transaction((file: number, first: number, rows: readonly Uint8Array[]) => {
    rows.forEach((row, i) => insertChunk.run(file, first + i, row));
  });
  const finish = database.transaction((file: number, packedBytes: number, path: string, settingsKey: string) => {
    removeOlder.run(path, settingsKey, file);
    finishFile.run(packedBytes, file);
  });

  return {
    find(identity, settingsKey) {
      const row = selectFile.get(identity.path, settingsKey, identity.sizeBytes, identity.mtimeMs, identity.contentHash);
      if (row === undefined) {
        return undefined;
      }
      try {
        const chunks = selectChunks.all(row.id).map(({ data }) => decodeChunk(data));
        touch.run(Date.now(), row.id);
        return { report: { ...(JSON.parse(row.report) as FileReport), cached: true }, chunks };
      } catch (error) {
        onProblem(
          `the stored records of ${identity.path} cannot be used, it is parsed again: ${error instanceof Error ? error.message : String(error)}`,
        );
        removeFile.run(row.id);
        return undefined;
      }
    },
    put(identity: FileIdentity, settingsKey: string, file: ParsedFile) {
      const { path, sizeBytes, mtimeMs, contentHash } = identity;
      const id = Number(
        insertFile.run(path, sizeBytes, mtimeMs, contentHash, settingsKey, JSON.stringify(file.report), Date.now()).lastInsertRowid,
      );
      let packedBytes = 0;
      let batch: Uint8Array[] = [];
      let batchBytes = 0;
      let written = 0;
      const flush = (): void => {
        insertBatch.immediate(id, written, batch);
        written += batch.length;
        batch = [];
        batchBytes = 0;
      };
      for (const chunk of file.chunks) {
        const row = encodeChunk(chunk);
        batch.push(row);
        batchBytes += row.length;
        packedBytes += row.length;
        if (batchBytes >= BATCH_BYTES) {
          flush();
        }
      }
      flush();
      finish.immediate(id, packedBytes, path, settingsKey);
    },
  };
}
