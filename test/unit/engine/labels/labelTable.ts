/** Real label methods on a real store, with a label file beside them. */
import fs from 'node:fs';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { createLabelMethods, type LabelMethods } from '../../../../src/engine/labels/labelMethods.js';
import { openStore } from '../../../../src/engine/store/openStore.js';
import type { CallContext } from '../../../../src/protocol/engineRpc.js';
import type { LabelDraft, LabelResolution, LabelSync, LabelView } from '../../../../src/protocol/views.js';
import { createTemporaryFolder } from '../temporaryFolder.js';

export const context: CallContext = { signal: new AbortController().signal, onProgress: () => undefined, onPartial: () => undefined };
/** When all labels are made. */
export const CREATED_MS = Date.parse('2026-03-10T15:00:00Z');
export const HEADER = 'start,end,type,entity,note,author,created';
/** Author and time of `createDraft`. */
export const SIGNED = 'ada,2026-03-10T15:00:00Z';

/** Of minute `at` after noon. */
export function createDraft(at: number, change: Partial<LabelDraft> = {}): LabelDraft {
  const startNs = 1_773_144_000_000_000_000n + BigInt(at) * 60_000_000_000n;
  return {
    startNs: startNs.toString(),
    endNs: (startNs + 60_000_000_000n).toString(),
    type: 'cpu',
    entity: 'cart',
    note: '',
    author: 'ada',
    ...change,
  };
}

/** The row of `createDraft(at)`. */
export function createRow(at: number, type = 'cpu', rest = `,${SIGNED}`): string {
  const [start, end] = [at, at + 1].map((minute) => `2026-03-10T12:${String(minute).padStart(2, '0')}:00Z`);
  return `${start},${end},${type},cart,${rest}`;
}

/** The label methods of a new store. */
export function createMethods(readClockMs: () => number = () => CREATED_MS): LabelMethods {
  const store = openStore({ file: path.join(createTemporaryFolder(), 'store.db') });
  onTestFinished(() => {
    store.close();
  });
  return createLabelMethods(store, readClockMs);
}

export interface LabelTable {
  readonly methods: LabelMethods;
  readonly folder: string;
  readonly file: string;
  readonly write: (...lines: string[]) => void;
  readonly read: () => string[];
  readonly sync: (resolution?: { readonly resolve?: LabelResolution; readonly reopen?: LabelResolution }) => Promise<LabelSync>;
  readonly list: () => Promise<readonly LabelView[]>;
}

/** A store in one folder, a label file in another that is not there yet. */
export function createTable(readClockMs?: () => number): LabelTable {
  const folder = path.join(createTemporaryFolder(), 'labels');
  const file = path.join(folder, 'labels.csv');
  const methods = createMethods(readClockMs);
  return {
    methods,
    folder,
    file,
    write(...lines) {
      fs.mkdirSync(folder, { recursive: true });
      fs.writeFileSync(file, `${lines.join('\n')}\n`);
    },
    read: () => fs.readFileSync(file, 'utf8').trimEnd().split('\n'),
    sync: async (resolution) => methods.syncLabels({ file, ...resolution }, context),
    list: async () => methods.labels({}, context),
  };
}
