/** Versions of tuned heads; at most one is in use, else the default ones are. */
import type { Sqlite } from './sqlite.js';

export interface HeadVersionRecord {
  readonly version: string;
  readonly createdNs: bigint;
  /** Fingerprint of the slice encoder they were trained on. */
  readonly encoder: string;
  /** JSON, for lists. */
  readonly notes: string;
  readonly isUsed: boolean;
}

export interface HeadVersionStore {
  /** Newest first. */
  readonly list: () => HeadVersionRecord[];
  readonly find: (version: string) => Uint8Array | undefined;
  /** An equal version takes the place of the one there. */
  readonly put: (record: Omit<HeadVersionRecord, 'isUsed'>, file: Uint8Array) => void;
  /** @param version undefined for the default heads @throws Error for one that is not there; that in use stays */
  readonly use: (version: string | undefined) => void;
}

interface Row {
  readonly name: string;
  readonly created_ns: bigint;
  readonly encoder: string;
  readonly notes: string;
  readonly used: bigint;
}

export function createHeadVersionStore(database: Sqlite): HeadVersionStore {
  const select = database
    .prepare<[], Row>('SELECT name, created_ns, encoder, notes, used FROM head_versions ORDER BY created_ns DESC, id DESC')
    .safeIntegers();
  const selectFile = database.prepare<[string], { file: Uint8Array }>('SELECT file FROM head_versions WHERE name = ?');
  const insert = database.prepare(
    `INSERT INTO head_versions (name, created_ns, encoder, notes, file) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET created_ns = excluded.created_ns, encoder = excluded.encoder, notes = excluded.notes, file = excluded.file`,
  );
  const clear = database.prepare('UPDATE head_versions SET used = 0');
  const mark = database.prepare('UPDATE head_versions SET used = 1 WHERE name = ?');
  const use = database.transaction((version: string | undefined) => {
    clear.run();
    if (version !== undefined && mark.run(version).changes !== 1) {
      throw new Error(`there are no heads ${version} in the store`);
    }
  });
  return {
    list: () =>
      select.all().map((row) => ({
        version: row.name,
        createdNs: row.created_ns,
        encoder: row.encoder,
        notes: row.notes,
        isUsed: row.used === 1n,
      })),
    find: (version) => selectFile.get(version)?.file,
    put: ({ version, createdNs, encoder, notes }, file) => {
      insert.run(version, createdNs, encoder, notes, file);
    },
    use: (version) => {
      use.immediate(version);
    },
  };
}
