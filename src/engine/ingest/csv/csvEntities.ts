import { resolveEntity } from '../../../core/entities.js';
import type { EntityName } from '../../../core/records.js';
import type { CsvCursor } from './csvRecords.js';
import { findEntityColumns, toFileStem, type CsvTable, type EntityColumns } from './csvTable.js';
import type { FileHead } from '../formatReader.js';
import type { EntityIds, RecordSink } from '../recordSink.js';

/** Resolves the entity of CSV records, once per distinct owner. */
export class CsvEntities {
  public readonly columns: EntityColumns;
  readonly #stem: string;
  readonly #deciding: readonly number[];
  readonly #ids = new Map<string, EntityIds>();
  readonly #names = new Map<string, EntityName>();

  public constructor(table: CsvTable, head: FileHead) {
    this.columns = findEntityColumns(table);
    this.#stem = toFileStem(head);
    const { service, workload, pod, container, host } = this.columns;
    this.#deciding = [service, workload, pod, container, host].filter((column) => column >= 0);
  }

  /** Whether records name their owner, rather than the file. */
  public get isNamed(): boolean {
    return this.#deciding.length > 0;
  }

  public has(column: number): boolean {
    return this.#deciding.includes(column);
  }

  public name(cursor: CsvCursor): EntityName {
    const key = this.#key(cursor);
    let name = this.#names.get(key);
    if (name === undefined) {
      const { service, workload, pod, container, host } = this.columns;
      name = resolveEntity({
        serviceName: cursor.text(service),
        workload: cursor.text(workload),
        pod: cursor.text(pod),
        container: cursor.text(container),
        host: cursor.text(host),
        fileName: this.#stem,
      });
      this.#names.set(key, name);
    }
    return name;
  }

  public ids(cursor: CsvCursor, sink: RecordSink): EntityIds {
    const key = this.#key(cursor);
    let ids = this.#ids.get(key);
    if (ids === undefined) {
      ids = sink.internEntity(this.name(cursor));
      this.#ids.set(key, ids);
    }
    return ids;
  }

  #key(cursor: CsvCursor): string {
    let key = '';
    for (const column of this.#deciding) {
      key += `${cursor.text(column)}\u0000`;
    }
    return key;
  }
}
