/** The schema, as the list of steps that lead to it. Steps are never edited once released: change the schema by adding one. */
import { EngineError } from '../../protocol/engineError.js';
import { copyDatabase, type Sqlite } from './sqlite.js';

/** `RSLI`: tells a RuntimeSlicer store from any other SQLite file. */
export const APPLICATION_ID = 0x52534c49;

/** Step i leads from schema version i to i + 1. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    mtime_ms REAL NOT NULL,
    content_hash TEXT NOT NULL,
    settings_key TEXT NOT NULL,
    report TEXT NOT NULL,
    packed_bytes INTEGER NOT NULL DEFAULT 0,
    complete INTEGER NOT NULL DEFAULT 0,
    used_ms INTEGER NOT NULL
  );
  CREATE INDEX files_by_path ON files (path, settings_key);
  CREATE TABLE chunks (
    file INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    data BLOB NOT NULL,
    UNIQUE (file, ordinal)
  );
  CREATE TABLE text_vectors (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL UNIQUE,
    vector BLOB NOT NULL
  );
  CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created_ns INTEGER NOT NULL,
    input_key TEXT NOT NULL,
    params TEXT NOT NULL,
    headline TEXT NOT NULL,
    slice_count INTEGER NOT NULL,
    dim INTEGER NOT NULL,
    result TEXT NOT NULL,
    timeline TEXT NOT NULL,
    bytes INTEGER NOT NULL DEFAULT 0,
    complete INTEGER NOT NULL DEFAULT 0
  );
  CREATE INDEX runs_by_input ON runs (input_key);
  CREATE TABLE slices (
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    name TEXT NOT NULL,
    start_ns INTEGER NOT NULL,
    end_ns INTEGER NOT NULL,
    state TEXT NOT NULL,
    membership REAL NOT NULL,
    anomaly REAL NOT NULL,
    logs INTEGER NOT NULL,
    spans INTEGER NOT NULL,
    points INTEGER NOT NULL,
    likely_cause TEXT,
    map_x REAL NOT NULL,
    map_y REAL NOT NULL,
    PRIMARY KEY (run, ordinal)
  ) WITHOUT ROWID;
  CREATE INDEX slices_by_name ON slices (run, name);
  CREATE TABLE embeddings (
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    slice BLOB NOT NULL,
    modalities BLOB NOT NULL,
    entities BLOB NOT NULL,
    UNIQUE (run, ordinal)
  );
  CREATE TABLE states (
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    state TEXT NOT NULL,
    name TEXT NOT NULL,
    slices INTEGER NOT NULL,
    abnormal INTEGER NOT NULL,
    evidence TEXT NOT NULL,
    PRIMARY KEY (run, ordinal)
  ) WITHOUT ROWID;
  CREATE TABLE transitions (
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    at_ns INTEGER NOT NULL,
    from_state TEXT NOT NULL,
    to_state TEXT NOT NULL,
    PRIMARY KEY (run, ordinal)
  ) WITHOUT ROWID;
  CREATE TABLE findings (
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    start_ns INTEGER NOT NULL,
    end_ns INTEGER NOT NULL,
    anomaly REAL NOT NULL,
    likely_cause TEXT,
    failure_type TEXT,
    diagnosis TEXT NOT NULL,
    PRIMARY KEY (run, ordinal)
  ) WITHOUT ROWID;
  CREATE TABLE evidence (
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    finding INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    modality TEXT NOT NULL,
    entity TEXT NOT NULL,
    family TEXT NOT NULL,
    text TEXT NOT NULL,
    detail TEXT NOT NULL,
    score REAL NOT NULL,
    path TEXT,
    line INTEGER,
    at_ns INTEGER,
    PRIMARY KEY (run, finding, ordinal)
  ) WITHOUT ROWID;
  CREATE TABLE run_models (
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    data BLOB NOT NULL,
    UNIQUE (run, ordinal)
  );
  `,
  `
  CREATE TABLE labels (
    start_ns INTEGER NOT NULL,
    end_ns INTEGER NOT NULL,
    entity TEXT NOT NULL,
    type TEXT NOT NULL,
    note TEXT NOT NULL,
    author TEXT NOT NULL,
    created_ns INTEGER NOT NULL,
    PRIMARY KEY (start_ns, end_ns, entity)
  ) WITHOUT ROWID;
  CREATE TABLE synced_labels (
    file TEXT NOT NULL,
    start_ns INTEGER NOT NULL,
    end_ns INTEGER NOT NULL,
    entity TEXT NOT NULL,
    type TEXT NOT NULL,
    note TEXT NOT NULL,
    author TEXT NOT NULL,
    created_ns INTEGER NOT NULL,
    PRIMARY KEY (file, start_ns, end_ns, entity)
  ) WITHOUT ROWID;
  CREATE TABLE head_versions (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created_ns INTEGER NOT NULL,
    encoder TEXT NOT NULL,
    notes TEXT NOT NULL,
    file BLOB NOT NULL,
    used INTEGER NOT NULL DEFAULT 0
  );
  ALTER TABLE runs ADD COLUMN heads TEXT NOT NULL DEFAULT '';
  `,
  `
  CREATE TABLE range_profiles (
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    start_ns INTEGER NOT NULL,
    end_ns INTEGER NOT NULL,
    profile BLOB NOT NULL,
    PRIMARY KEY (run, start_ns, end_ns)
  ) WITHOUT ROWID;
  `,
  `
  CREATE TABLE known_states (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    abnormal INTEGER NOT NULL,
    named INTEGER NOT NULL,
    pinned INTEGER NOT NULL,
    part INTEGER NOT NULL,
    merged_into TEXT,
    entities TEXT NOT NULL,
    centroid BLOB NOT NULL,
    least_similarity REAL NOT NULL,
    slices INTEGER NOT NULL,
    created_ns INTEGER NOT NULL
  );
  CREATE TABLE earlier_states (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    abnormal INTEGER NOT NULL,
    named INTEGER NOT NULL,
    pinned INTEGER NOT NULL,
    part INTEGER NOT NULL,
    merged_into TEXT,
    entities TEXT NOT NULL,
    centroid BLOB NOT NULL,
    least_similarity REAL NOT NULL,
    slices INTEGER NOT NULL,
    created_ns INTEGER NOT NULL,
    existed INTEGER NOT NULL
  );
  CREATE TABLE state_book (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    edition INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    last_change TEXT
  );
  INSERT INTO state_book VALUES (1, 0, 0, NULL);
  ALTER TABLE runs ADD COLUMN states INTEGER NOT NULL DEFAULT -1;
  `,
];

export const SCHEMA_VERSION = MIGRATIONS.length;

export interface MigrationReport {
  readonly fromVersion: number;
  readonly toVersion: number;
  /** Copy of the file as it was, undefined for a new store. */
  readonly backup: string | undefined;
}

/**
 * Brings an open database to the newest schema, after a copy of the old file.
 * @returns undefined when nothing had to be done.
 */
export function migrate(database: Sqlite, file: string, steps: readonly string[] = MIGRATIONS): MigrationReport | undefined {
  const fromVersion = readVersion(database);
  refuseForeign(database, file, fromVersion, steps.length);
  if (fromVersion === steps.length) {
    return undefined;
  }
  const backup = fromVersion === 0 ? undefined : `${file}.v${fromVersion}-${new Date().toISOString().replaceAll(/[:.]/g, '')}.backup`;
  if (backup !== undefined) {
    copyDatabase(database, backup);
  }
  const applySteps = database.transaction(() => {
    // Another process may have migrated since; the write lock makes this reading final.
    for (const step of steps.slice(readVersion(database))) {
      database.exec(step);
    }
    database.pragma(`application_id = ${APPLICATION_ID}`);
    database.pragma(`user_version = ${steps.length}`);
  });
  applySteps.immediate();
  return { fromVersion, toVersion: steps.length, backup };
}

export function readVersion(database: Sqlite): number {
  return Number(database.pragma('user_version', { simple: true }));
}

function refuseForeign(database: Sqlite, file: string, version: number, newest: number): void {
  const tables = database.prepare<[], { count: number }>('SELECT count(*) AS count FROM sqlite_schema').get()?.count ?? 0;
  const applicationId = Number(database.pragma('application_id', { simple: true }));
  if (applicationId !== APPLICATION_ID && (tables > 0 || applicationId !== 0)) {
    throw new EngineError('store', `${file} is a SQLite database of another program; name another file for the store`);
  }
  if (version > newest) {
    throw new EngineError(
      'store',
      `the store ${file} was written by a newer RuntimeSlicer (schema ${version}, this one knows ${newest}); update it, or name another file`,
    );
  }
}
