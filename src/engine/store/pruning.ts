/** What the store forgets, so that its file stays bounded. Labels and head versions are never pruned. */
import type { Sqlite } from './sqlite.js';

export interface PruningLimits {
  /** Runs kept, newest first; the newest always stays. */
  readonly runs: number;
  /** Bytes of embeddings and models of all runs. */
  readonly runBytes: number;
  /** Bytes of packed records, least recently used files go first. */
  readonly parsedFileBytes: number;
  /** Distinct texts (1.5 KB each), oldest go first. */
  readonly textVectors: number;
}

export const DEFAULT_PRUNING: PruningLimits = { runs: 20, runBytes: 2 ** 30, parsedFileBytes: 2 ** 30, textVectors: 100_000 };

/** Rows that were begun and not finished this long ago belong to an engine that died. */
const ABANDONED_AFTER_MS = 60 * 60 * 1000;
/** Pages given back per pruning: bounds the time the lock is held. */
const VACUUM_PAGES = 4096;

export interface PruningReport {
  readonly runs: number;
  readonly files: number;
  readonly textVectors: number;
}

/** @param nowMs epoch ms */
export function prune(database: Sqlite, limits: PruningLimits, nowMs: number): PruningReport {
  const abandonedBefore = nowMs - ABANDONED_AFTER_MS;
  const report = {
    runs:
      remove(database, 'DELETE FROM runs WHERE complete = 0 AND created_ns < ?', BigInt(Math.floor(abandonedBefore)) * 1_000_000n) +
      removeOneByOne(
        database,
        'runs',
        `SELECT id FROM (
           SELECT id, row_number() OVER newest AS place, sum(bytes) OVER newest AS total FROM runs WHERE complete = 1
           WINDOW newest AS (ORDER BY created_ns DESC, id DESC)
         ) WHERE place > 1 AND (place > ? OR total > ?)`,
        [limits.runs, limits.runBytes],
      ),
    files:
      remove(database, 'DELETE FROM files WHERE complete = 0 AND used_ms < ?', abandonedBefore) +
      removeOneByOne(
        database,
        'files',
        `SELECT id FROM (
           SELECT id, sum(packed_bytes) OVER (ORDER BY used_ms DESC, id DESC) AS total FROM files WHERE complete = 1
         ) WHERE total > ?`,
        [limits.parsedFileBytes],
      ),
    textVectors: remove(
      database,
      'DELETE FROM text_vectors WHERE id <= (SELECT id FROM text_vectors ORDER BY id DESC LIMIT 1 OFFSET ?)',
      limits.textVectors,
    ),
  };
  database.pragma(`incremental_vacuum(${VACUUM_PAGES})`);
  return report;
}

function remove(database: Sqlite, sql: string, ...params: unknown[]): number {
  return database.prepare(sql).run(...params).changes;
}

/** One short transaction per row of `table`, whose dependents go with it. */
function removeOneByOne(database: Sqlite, table: 'runs' | 'files', selectIds: string, params: unknown[]): number {
  const ids = database.prepare<unknown[], { id: number }>(selectIds).all(...params);
  const removeRow = database.prepare<[number]>(`DELETE FROM ${table} WHERE id = ?`);
  for (const { id } of ids) {
    removeRow.run(id);
  }
  return ids.length;
}
