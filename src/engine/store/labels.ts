/** What people said of time ranges, and for each label file what both sides held when they were last the same. */
import type { LabelKey, LabelView } from '../../protocol/views.js';
import type { Sqlite } from './sqlite.js';

export interface LabelStore {
  /** By start. */
  readonly list: () => LabelView[];
  /** @returns the label whose place it takes */
  readonly put: (label: LabelView) => LabelView | undefined;
  /** @returns what was removed */
  readonly remove: (key: LabelKey) => LabelView | undefined;
  /** Labels as they were when `file` and the store were last the same. */
  readonly readSynced: (file: string) => LabelView[];
  /**
   * Replaces all labels, and those of `file`, by what `merge` makes of them, which is returned. No other process changes labels
   * meanwhile; when `merge` throws, nothing is changed.
   */
  readonly sync: <T extends MergedLabels>(file: string, merge: (here: LabelView[], synced: LabelView[]) => T) => T;
}

export interface MergedLabels {
  readonly here: readonly LabelView[];
  readonly synced: readonly LabelView[];
}

interface Row {
  readonly start_ns: bigint;
  readonly end_ns: bigint;
  readonly entity: string;
  readonly type: string;
  readonly note: string;
  readonly author: string;
  readonly created_ns: bigint;
}

type Key = [startNs: bigint, endNs: bigint, entity: string];

const COLUMNS = 'start_ns, end_ns, entity, type, note, author, created_ns';
const ORDER = 'ORDER BY start_ns, end_ns, entity';
const HAS_KEY = 'WHERE start_ns = ? AND end_ns = ? AND entity = ?';

export function createLabelStore(database: Sqlite): LabelStore {
  const selectAll = database.prepare<[], Row>(`SELECT ${COLUMNS} FROM labels ${ORDER}`).safeIntegers();
  const select = database.prepare<Key, Row>(`SELECT ${COLUMNS} FROM labels ${HAS_KEY}`).safeIntegers();
  const insert = database.prepare(`INSERT OR REPLACE INTO labels (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)`);
  const deleteOne = database.prepare<Key, Row>(`DELETE FROM labels ${HAS_KEY} RETURNING ${COLUMNS}`).safeIntegers();
  const deleteAll = database.prepare('DELETE FROM labels');
  const selectSynced = database.prepare<[string], Row>(`SELECT ${COLUMNS} FROM synced_labels WHERE file = ? ${ORDER}`).safeIntegers();
  const insertSynced = database.prepare(`INSERT INTO synced_labels (file, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
  const deleteSynced = database.prepare('DELETE FROM synced_labels WHERE file = ?');

  const list = (): LabelView[] => selectAll.all().map(toView);
  const readSynced = (file: string): LabelView[] => selectSynced.all(file).map(toView);
  const put = database.transaction((label: LabelView) => {
    const replaced = select.get(...toKey(label));
    insert.run(...toValues(label));
    return replaced;
  });
  const replaceAll = (file: string, { here, synced }: MergedLabels): void => {
    deleteAll.run();
    deleteSynced.run(file);
    for (const label of here) {
      insert.run(...toValues(label));
    }
    for (const label of synced) {
      insertSynced.run(file, ...toValues(label));
    }
  };
  return {
    list,
    readSynced,
    put: (label) => findView(put.immediate(label)),
    remove: (key) => findView(deleteOne.get(...toKey(key))),
    sync: (file, merge) => {
      const sync = database.transaction(() => {
        const merged = merge(list(), readSynced(file));
        replaceAll(file, merged);
        return merged;
      });
      return sync.immediate();
    },
  };
}

function toKey({ startNs, endNs, entity }: LabelKey): Key {
  return [BigInt(startNs), BigInt(endNs), entity ?? ''];
}

function toValues(label: LabelView): unknown[] {
  return [...toKey(label), label.type, label.note, label.author, BigInt(label.createdNs)];
}

function findView(row: Row | undefined): LabelView | undefined {
  return row === undefined ? undefined : toView(row);
}

function toView({ start_ns, end_ns, entity, type, note, author, created_ns }: Row): LabelView {
  return {
    startNs: start_ns.toString(),
    endNs: end_ns.toString(),
    entity: entity === '' ? null : entity,
    type,
    note,
    author,
    createdNs: created_ns.toString(),
  };
}
