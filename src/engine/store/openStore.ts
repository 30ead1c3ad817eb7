/** A workspace's store: one SQLite file with everything that is kept between runs. */
import fs from 'node:fs';
import type { DoctorReport } from '../../protocol/views.js';
import type { ParsedFileCache } from '../ingest/ingestTypes.js';
import type { TextVectorCache } from '../pipeline/pipelineTypes.js';
import { migrate, readVersion, type MigrationReport } from './migrations.js';
import { createParsedFiles } from './parsedFiles.js';
import { DEFAULT_PRUNING, prune, type PruningLimits, type PruningReport } from './pruning.js';
import { createHeadVersionStore, type HeadVersionStore } from './headVersions.js';
import { createLabelStore, type LabelStore } from './labels.js';
import { createRangeProfileStore, type RangeProfileStore } from './rangeProfiles.js';
import { createRunStore, type RunStore } from './runs.js';
import { createStateBookStore, type StateBookStore } from './stateBook.js';
import { isDamage, openSqlite, toStoreError, type Sqlite } from './sqlite.js';
import { createTextVectors } from './textVectors.js';

export interface StoreOptions {
  readonly file: string;
  /**
   * What to do with a damaged file: `refuse` throws; `setAside` renames it (nothing is deleted) and starts a new one, for a
   * file in a folder that is ours.
   */
  readonly onDamage?: 'refuse' | 'setAside';
  readonly pruning?: PruningLimits;
  /** Hard limit of the file's size; default 8 GiB. */
  readonly maxBytes?: number;
  /** Gets one line for everything worth telling that is no failure. */
  readonly onProblem?: (problem: string) => void;
}

/** Every method throws an `EngineError` with code `store` that names the file and what to do. */
export interface Store {
  readonly file: string;
  readonly runs: RunStore;
  readonly heads: HeadVersionStore;
  readonly labels: LabelStore;
  readonly stateBook: StateBookStore;
  readonly rangeProfiles: RangeProfileStore;
  readonly parsedFiles: ParsedFileCache;
  readonly sqliteVersion: string;
  /** What opening had to change, undefined when the schema was current. */
  readonly migration: MigrationReport | undefined;
  openTextVectors(fingerprint: string): TextVectorCache;
  prune(): PruningReport;
  /** Runs SQLite's full integrity check, seconds on a large file. */
  describe(): DoctorReport['store'];
  close(): void;
}

const DEFAULT_MAX_BYTES = 8 * 2 ** 30;

export function openStore(options: StoreOptions): Store {
  const { file, onDamage = 'refuse', onProblem = () => undefined } = options;
  try {
    return open(options);
  } catch (error) {
    if (onDamage === 'refuse' || !isDamage(error)) {
      throw error;
    }
    onProblem(`the store ${file} was damaged; it is kept as ${setAside(file)} and a new one is begun`);
    return open(options);
  }
}

function open({ file, pruning = DEFAULT_PRUNING, maxBytes = DEFAULT_MAX_BYTES, onProblem = () => undefined }: StoreOptions): Store {
  const database = openSqlite(file, { maxBytes });
  const wrap = <T extends object>(part: T): T => wordErrors(part, file);
  try {
    const migration = migrate(database, file);
    return wrap<Store>({
      file,
      migration,
      sqliteVersion: database.prepare<[], { version: string }>('SELECT sqlite_version() AS version').get()?.version ?? 'unknown',
      runs: wrap(createRunStore(database)),
      heads: wrap(createHeadVersionStore(database)),
      labels: wrap(createLabelStore(database)),
      stateBook: wrap(createStateBookStore(database)),
      rangeProfiles: wrap(createRangeProfileStore(database)),
      parsedFiles: wrap(createParsedFiles(database, onProblem)),
      openTextVectors: (fingerprint) => wrap(createTextVectors(database, fingerprint)),
      prune: () => prune(database, pruning, Date.now()),
      describe: () => describe(database, file),
      close: () => {
        database.close();
      },
    });
  } catch (error) {
    database.close();
    throw toStoreError(error, file);
  }
}

/** The same object, whose methods throw `EngineError`s. */
function wordErrors<T extends object>(part: T, file: string): T {
  const worded = Object.entries(part).map(([name, value]: [string, unknown]) => {
    if (typeof value !== 'function') {
      return [name, value] as const;
    }
    const method = value as (...params: unknown[]) => unknown;
    const call = (...params: unknown[]): unknown => {
      try {
        return method(...params);
      } catch (error) {
        throw toStoreError(error, file);
      }
    };
    return [name, call] as const;
  });
  return Object.fromEntries(worded) as T;
}

function describe(database: Sqlite, file: string): DoctorReport['store'] {
  const rows = database.pragma('integrity_check(20)') as readonly { readonly integrity_check: string }[];
  const orphans = database.pragma('foreign_key_check') as readonly unknown[];
  const integrity = rows.map((row) => row.integrity_check).join('; ');
  return {
    path: file,
    sizeBytes: fs.statSync(file).size,
    integrity: orphans.length === 0 ? integrity : `${integrity}; ${orphans.length} rows without an owner`,
    schemaVersion: readVersion(database),
  };
}

/** Renames a store and its companions. @returns the new name */
function setAside(file: string): string {
  const target = `${file}.damaged-${new Date().toISOString().replaceAll(/[:.]/g, '')}`;
  for (const suffix of ['', '-wal', '-shm']) {
    if (fs.existsSync(file + suffix)) {
      fs.renameSync(file + suffix, target + suffix);
    }
  }
  return target;
}
