/** The states that runs of the store have in common, and what the user made of them. */
import type { KnownState } from '../../core/states/knownStates.js';
import type { Sqlite } from './sqlite.js';

export interface StateBook {
  readonly states: readonly KnownState[];
  /** Grows with every change, also by a run that brings new states. */
  readonly edition: number;
  /** Grows with what the user changes: findings of an earlier revision are stale. */
  readonly revision: number;
  /** The change that can be undone, in the user's words; null when there is none. */
  readonly lastChange: string | null;
}

/** From all states to those that change or are new, and what that is in the user's words. */
export type StateEdit = (states: readonly KnownState[]) => { readonly states: readonly KnownState[]; readonly description: string };

export interface StateBookStore {
  readonly read: () => StateBook;
  readonly readRevision: () => number;
  /**
   * Adds what a run found beside the states of this edition.
   * @returns false when the book has changed since, and nothing was added: the run has to be looked at again
   */
  readonly add: (states: readonly KnownState[], edition: number, createdNs: bigint) => boolean;
  /** One change by the user, which takes the place of the one that could be undone before. What `edit` throws changes nothing. */
  readonly change: (edit: StateEdit, createdNs: bigint) => StateBook;
  /** @returns the description of the change that was undone; undefined when there is none */
  readonly undo: () => string | undefined;
}

interface StateRow {
  readonly id: string;
  readonly name: string;
  readonly abnormal: number;
  readonly named: number;
  readonly pinned: number;
  readonly part: number;
  readonly merged_into: string | null;
  readonly entities: string;
  readonly centroid: Uint8Array;
  readonly least_similarity: number;
  readonly slices: number;
}

/** Beyond this the oldest that no run is in and the user never touched are forgotten. */
const MAX_STATES = 500;

const COLUMNS = 'id, name, abnormal, named, pinned, part, merged_into, entities, centroid, least_similarity, slices, created_ns';

export function createStateBookStore(database: Sqlite): StateBookStore {
  const selectBook = database.prepare<[], { edition: number; revision: number; last_change: string | null }>(
    'SELECT edition, revision, last_change FROM state_book',
  );
  const selectStates = database.prepare<[], StateRow>(`SELECT ${COLUMNS} FROM known_states ORDER BY created_ns, rowid`);
  const put = database.prepare(
    `INSERT INTO known_states (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET name = excluded.name, named = excluded.named, pinned = excluded.pinned, part = excluded.part,
       merged_into = excluded.merged_into, entities = excluded.entities, centroid = excluded.centroid,
       least_similarity = excluded.least_similarity, slices = excluded.slices`,
  );
  const step = database.prepare('UPDATE state_book SET edition = edition + 1');
  const stepRevision = database.prepare('UPDATE state_book SET edition = edition + 1, revision = revision + 1, last_change = ?');
  const forgetEarlier = database.prepare('DELETE FROM earlier_states');
  const keepEarlier = database.prepare(`INSERT INTO earlier_states SELECT ${COLUMNS}, ? FROM known_states WHERE id = ?`);
  const removeNew = database.prepare('DELETE FROM known_states WHERE id IN (SELECT id FROM earlier_states WHERE existed = 0)');
  const bringBack = database.prepare(
    `UPDATE known_states SET (name, named, pinned, part, merged_into, entities, centroid, least_similarity, slices) =
       (SELECT e.name, e.named, e.pinned, e.part, e.merged_into, e.entities, e.centroid, e.least_similarity, e.slices
        FROM earlier_states e WHERE e.id = known_states.id)
     WHERE id IN (SELECT id FROM earlier_states WHERE existed = 1)`,
  );
  const forgetOldest = database.prepare(
    `DELETE FROM known_states WHERE id IN (
       SELECT id FROM known_states k
       WHERE named = 0 AND pinned = 0 AND part = 0 AND merged_into IS NULL
         AND NOT EXISTS (SELECT 1 FROM known_states m WHERE m.merged_into = k.id)
         AND NOT EXISTS (SELECT 1 FROM states s WHERE s.state = k.id)
         AND NOT EXISTS (SELECT 1 FROM earlier_states e WHERE e.id = k.id OR e.merged_into = k.id)
       ORDER BY created_ns, rowid
       LIMIT max(0, (SELECT count(*) FROM known_states) - ?))`,
  );

  const read = database.transaction((): StateBook => {
    const { edition, revision, last_change } = getBook();
    return { states: selectStates.all().map(toState), edition, revision, lastChange: last_change };
  });
  const getBook = () => selectBook.get() ?? { edition: 0, revision: 0, last_change: null };
  const putAll = (states: readonly KnownState[], createdNs: bigint): void => {
    for (const state of states) {
      put.run(...toColumns(state), createdNs);
    }
  };
  const add = database.transaction((states: readonly KnownState[], edition: number, createdNs: bigint): boolean => {
    if (getBook().edition !== edition) {
      return false;
    }
    // Room is made before the new ones come, which are in no run yet.
    forgetOldest.run(MAX_STATES - states.length);
    putAll(states, createdNs);
    step.run();
    return true;
  });
  const change = database.transaction((edit: StateEdit, createdNs: bigint): StateBook => {
    const before = selectStates.all().map(toState);
    const { states: changed, description } = edit(before);
    const isThere = new Set(before.map(({ id }) => id));
    forgetEarlier.run();
    const [old, fresh] = [changed.filter(({ id }) => isThere.has(id)), changed.filter(({ id }) => !isThere.has(id))];
    old.forEach(({ id }) => keepEarlier.run(1, id));
    putAll(changed, createdNs);
    fresh.forEach(({ id }) => keepEarlier.run(0, id));
    stepRevision.run(description);
    return read();
  });
  const undo = database.transaction((): string | undefined => {
    const { last_change } = getBook();
    if (last_change === null) {
      return undefined;
    }
    removeNew.run();
    bringBack.run();
    forgetEarlier.run();
    stepRevision.run(null);
    return last_change;
  });

  return {
    read,
    readRevision: () => getBook().revision,
    add: (states, edition, createdNs) => states.length === 0 || add.immediate(states, edition, createdNs),
    change: (edit, createdNs) => change.immediate(edit, createdNs),
    undo: () => undo.immediate(),
  };
}

function toColumns(state: KnownState): unknown[] {
  const { id, name, abnormal, isNamed, isPinned, isPart, mergedInto, entities, centroid, limit, size } = state;
  return [
    id,
    name,
    abnormal ? 1 : 0,
    isNamed ? 1 : 0,
    isPinned ? 1 : 0,
    isPart ? 1 : 0,
    mergedInto,
    JSON.stringify(entities),
    new Uint8Array(centroid.buffer, centroid.byteOffset, centroid.byteLength),
    limit,
    size,
  ];
}

function toState(row: StateRow): KnownState {
  return {
    id: row.id,
    name: row.name,
    abnormal: row.abnormal === 1,
    isNamed: row.named === 1,
    isPinned: row.pinned === 1,
    isPart: row.part === 1,
    mergedInto: row.merged_into,
    entities: JSON.parse(row.entities) as string[],
    centroid: new Float32Array(Uint8Array.from(row.centroid).buffer),
    limit: row.least_similarity,
    size: row.slices,
  };
}
