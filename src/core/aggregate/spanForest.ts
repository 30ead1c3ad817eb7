/** Parents, ordered children and own time of the spans of one join horizon. */
import type { SpanTable } from './recordTables.js';

export interface SpanForest {
  /** [n] row of the parent, -1 for roots and for spans whose parent is not among the rows. */
  readonly parent: Int32Array;
  /** [n + 1], [nChildren]: children of row r by start time are `children[offsets[r] .. offsets[r + 1]]`. */
  readonly offsets: Uint32Array;
  readonly children: Uint32Array;
  /** [n] duration minus the union of the children's intervals inside it, ns, >= 0. */
  readonly selfNs: Float64Array;
  /** Row of a span key. */
  readonly rowByKey: ReadonlyMap<number, number>;
  /** Spans that name a parent which is not there. */
  readonly orphans: number;
}

export function buildSpanForest(table: SpanTable): SpanForest {
  const n = table.length;
  const spanKey = table.spanKey.view();
  const parentKey = table.parentKey.view();
  const start = table.startNs.view();
  const duration = table.durationNs.view();
  const rowByKey = new Map<number, number>();
  for (let row = 0; row < n; row++) {
    rowByKey.set(spanKey[row] ?? 0, row);
  }
  const parent = new Int32Array(n).fill(-1);
  const offsets = new Uint32Array(n + 1);
  let orphans = 0;
  for (let row = 0; row < n; row++) {
    const key = parentKey[row] ?? 0;
    if (key === 0) {
      continue;
    }
    const parentRow = rowByKey.get(key);
    if (parentRow === undefined || parentRow === row) {
      orphans++;
      continue;
    }
    parent[row] = parentRow;
    offsets[parentRow + 1] = (offsets[parentRow + 1] ?? 0) + 1;
  }
  for (let row = 0; row < n; row++) {
    offsets[row + 1] = (offsets[row + 1] ?? 0) + (offsets[row] ?? 0);
  }
  const children = new Uint32Array(offsets[n] ?? 0);
  const next = offsets.slice(0, n);
  for (let row = 0; row < n; row++) {
    const parentRow = parent[row] ?? -1;
    if (parentRow >= 0) {
      const place = next[parentRow] ?? 0;
      children[place] = row;
      next[parentRow] = place + 1;
    }
  }
  const selfNs = new Float64Array(n);
  for (let row = 0; row < n; row++) {
    const list = children.subarray(offsets[row], offsets[row + 1]);
    if (list.length > 1) {
      list.sort((a, b) => (start[a] ?? 0) - (start[b] ?? 0) || a - b);
    }
    selfNs[row] = (duration[row] ?? 0) - coveredNs(list, start, duration, start[row] ?? 0, duration[row] ?? 0);
  }
  return { parent, offsets, children, selfNs, rowByKey, orphans };
}

/** Length of the union of the children's intervals, clipped to the parent's. `list` is ordered by start. */
function coveredNs(list: Uint32Array, start: Float64Array, duration: Float64Array, parentStart: number, parentDuration: number): number {
  const parentEnd = parentStart + parentDuration;
  let covered = 0;
  let reached = parentStart;
  for (const child of list) {
    const from = Math.max(start[child] ?? 0, reached);
    const to = Math.min((start[child] ?? 0) + (duration[child] ?? 0), parentEnd);
    if (to > from) {
      covered += to - from;
      reached = to;
    }
  }
  return Math.min(covered, parentDuration);
}
