/** The only importer of better-sqlite3: opens a database file with the settings the store relies on, and words its errors. */
import fs from 'node:fs';
import path from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { EngineError } from '../../protocol/engineError.js';

export type Sqlite = BetterSqlite3.Database;

/** better-sqlite3 13 is built on Node-API 10 and takes the process down below Node 22.14 instead of failing. */
const REQUIRED_NODE_API = 10;
/** How long a write waits for another process: ours hold the lock for well under a second, a slow disk for some. */
const BUSY_TIMEOUT_MS = 10_000;
const RETRY_MS = 20;
const PAGE_BYTES = 8192;

export interface SqliteOptions {
  /** Upper bound of the file; a write that would pass it fails as on a full disk. */
  readonly maxBytes: number;
}

export function assertNodeApi(version: string | undefined = process.versions.napi): void {
  if (!(Number(version) >= REQUIRED_NODE_API)) {
    throw new EngineError(
      'store',
      `the store needs Node 22.14 or later (Node-API ${REQUIRED_NODE_API}); this is Node ${process.versions.node} with Node-API ${version ?? 'unknown'}`,
    );
  }
}

/** Opens or creates `file` in write-ahead mode. Throws an `EngineError` that names the file and what to do. */
export function openSqlite(file: string, options: SqliteOptions): Sqlite {
  assertNodeApi();
  let database: Sqlite | undefined;
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    database = new BetterSqlite3(file, { timeout: BUSY_TIMEOUT_MS });
    database.pragma(`page_size = ${PAGE_BYTES}`);
    // Only takes effect in a new file: pages freed by pruning can be given back in small steps.
    database.pragma('auto_vacuum = INCREMENTAL');
    enterWriteAheadMode(database);
    // In WAL mode NORMAL cannot corrupt the file; a power cut may lose the last transactions, a killed process loses none.
    database.pragma('synchronous = NORMAL');
    database.pragma('foreign_keys = ON');
    database.pragma(`max_page_count = ${Math.floor(options.maxBytes / Number(database.pragma('page_size', { simple: true })))}`);
    return database;
  } catch (error) {
    database?.close();
    throw toStoreError(error, file);
  }
}

/**
 * The change to write-ahead mode needs the file for a moment alone, and SQLite does not wait for that as it does for other locks: two
 * processes that create the store at the same moment would fail one another.
 */
function enterWriteAheadMode(database: Sqlite): void {
  const untilMs = performance.now() + BUSY_TIMEOUT_MS;
  const turn = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    try {
      database.pragma('journal_mode = WAL');
      return;
    } catch (error) {
      if (findSqliteCode(error)?.startsWith('SQLITE_BUSY') !== true || performance.now() > untilMs) {
        throw error;
      }
      Atomics.wait(turn, 0, 0, RETRY_MS);
    }
  }
}

/** A consistent copy of an open database, also while others write. */
export function copyDatabase(database: Sqlite, target: string): void {
  database.prepare('VACUUM INTO ?').run(target);
}

const REASON_BY_CODE: readonly (readonly [prefix: string, reason: string])[] = [
  ['SQLITE_NOTADB', 'is not a RuntimeSlicer store; name another file'],
  ['SQLITE_CORRUPT', 'is damaged; move it away and run again, or restore a backup beside it'],
  ['SQLITE_FULL', 'is full: the disk or the size limit of the store leaves no room; free some space and run again'],
  ['SQLITE_READONLY', 'cannot be written; check the permissions of the file and its folder, or name another file'],
  ['SQLITE_CANTOPEN', 'cannot be opened; check that the folder exists and may be written, or name another file'],
  ['SQLITE_PERM', 'cannot be opened; check the permissions of the file and its folder, or name another file'],
  ['SQLITE_BUSY', `is held by another process for more than ${BUSY_TIMEOUT_MS / 1000} s; try again when that is done`],
  ['SQLITE_IOERR', 'cannot be read or written: the disk reports an error'],
];

/** True when the file itself is at fault, not its surroundings. */
export function isDamage(error: unknown): boolean {
  const code = findSqliteCode(error);
  return code !== undefined && (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB');
}

/** Words any error of a store operation; an `EngineError` passes through. */
export function toStoreError(error: unknown, file: string): EngineError {
  if (error instanceof EngineError) {
    return error;
  }
  const code = findSqliteCode(error) ?? findErrno(error);
  const known = REASON_BY_CODE.find(([prefix]) => code?.startsWith(prefix) === true)?.[1];
  const reason = known ?? `failed: ${error instanceof Error ? error.message : String(error)}`;
  return new EngineError('store', `the store ${file} ${reason}${code === undefined ? '' : ` (${code})`}`, { cause: error });
}

function findSqliteCode(error: unknown): string | undefined {
  const cause = error instanceof EngineError ? error.cause : error;
  return cause instanceof BetterSqlite3.SqliteError ? cause.code : undefined;
}

function findErrno(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
