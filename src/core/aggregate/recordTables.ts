/** Spans and log lines of one join horizon as columns with run-wide ids, from chunks with per-file ids. */
import { growF64, growU32, growU8 } from '../math/growableArray.js';
import type { StringTable } from '../math/stringTable.js';
import type { LogColumns, SpanColumns } from '../records.js';

/** Growable columns of spans; times are ns after `originNs`, exact up to 104 days. */
export class SpanTable {
  readonly traceKey = growF64();
  readonly spanKey = growF64();
  readonly parentKey = growF64();
  readonly startNs = growF64();
  readonly durationNs = growF64();
  readonly service = growU32();
  readonly operation = growU32();
  readonly failed = growU8();
  /** Id + 1 among the names of peers, 0 = none. */
  readonly peer = growU32();
  readonly file = growU32();
  readonly line = growU32();

  get length(): number {
    return this.spanKey.length;
  }

  clear(): void {
    for (const column of Object.values(this) as { clear(): void }[]) {
      column.clear();
    }
  }
}

export class LogTable {
  readonly timeNs = growF64();
  readonly service = growU32();
  readonly shape = growU32();
  readonly severity = growU8();
  readonly spanKey = growF64();
  readonly file = growU32();
  readonly line = growU32();

  get length(): number {
    return this.timeNs.length;
  }

  clear(): void {
    for (const column of Object.values(this) as { clear(): void }[]) {
      column.clear();
    }
  }
}

/** A file's own string ids → run-wide ids, filled as they are met. */
export class FileDictionary {
  readonly strings: string[] = [];
  private readonly maps = new Map<StringTable, Int32Array>();

  extend(newStrings: readonly string[]): void {
    for (const text of newStrings) {
      this.strings.push(text);
    }
  }

  toRunId(table: StringTable, fileStringId: number): number {
    let map = this.maps.get(table);
    if (map === undefined || map.length < this.strings.length) {
      const grown = new Int32Array(this.strings.length * 2).fill(-1);
      if (map !== undefined) {
        grown.set(map);
      }
      map = grown;
      this.maps.set(table, map);
    }
    const known = map[fileStringId] ?? -1;
    if (known >= 0) {
      return known;
    }
    const text = this.strings[fileStringId];
    if (text === undefined) {
      throw new RangeError(`chunk refers to string ${fileStringId}, the file's dictionary has ${this.strings.length}`);
    }
    const id = table.idOf(text);
    map[fileStringId] = id;
    return id;
  }
}

export interface RowFilter {
  readonly fromNs: bigint;
  readonly toNs: bigint;
}

export function appendSpans(
  table: SpanTable,
  spans: SpanColumns,
  fileId: number,
  dictionary: FileDictionary,
  names: { readonly services: StringTable; readonly operations: StringTable; readonly peers: StringTable },
  originNs: bigint,
  filter: RowFilter,
): void {
  for (let i = 0; i < spans.startNs.length; i++) {
    const start = spans.startNs[i] ?? 0n;
    if (start < filter.fromNs || start >= filter.toNs) {
      continue;
    }
    table.traceKey.push(spans.traceKey[i] ?? 0);
    table.spanKey.push(spans.spanKey[i] ?? 0);
    table.parentKey.push(spans.parentKey[i] ?? 0);
    table.startNs.push(Number(start - originNs));
    table.durationNs.push(spans.durationNs[i] ?? 0);
    table.service.push(dictionary.toRunId(names.services, spans.service[i] ?? 0));
    table.operation.push(dictionary.toRunId(names.operations, spans.operation[i] ?? 0));
    table.failed.push(spans.status[i] === 2 ? 1 : 0);
    const peer = spans.peer[i] ?? 0;
    table.peer.push(peer === 0 ? 0 : dictionary.toRunId(names.peers, peer - 1) + 1);
    table.file.push(fileId);
    table.line.push(spans.line[i] ?? 0);
  }
}

export function appendLogs(
  table: LogTable,
  logs: LogColumns,
  fileId: number,
  dictionary: FileDictionary,
  names: { readonly services: StringTable; readonly shapes: StringTable },
  originNs: bigint,
  filter: RowFilter,
): void {
  for (let i = 0; i < logs.timeNs.length; i++) {
    const time = logs.timeNs[i] ?? 0n;
    if (time < filter.fromNs || time >= filter.toNs) {
      continue;
    }
    table.timeNs.push(Number(time - originNs));
    table.service.push(dictionary.toRunId(names.services, logs.service[i] ?? 0));
    table.shape.push(dictionary.toRunId(names.shapes, logs.shape[i] ?? 0));
    table.severity.push(logs.severity[i] ?? 0);
    table.spanKey.push(logs.spanKey[i] ?? 0);
    table.file.push(fileId);
    table.line.push(logs.line[i] ?? 0);
  }
}
