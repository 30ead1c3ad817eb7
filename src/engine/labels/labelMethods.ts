/** What people say of time ranges: kept in the store, and in step with a file that can live in git. */
import path from 'node:path';
import type { CallContext, EngineMethods } from '../../protocol/engineRpc.js';
import type { Store } from '../store/openStore.js';
import { checkKey, checkLabel } from './checkLabel.js';
import { toKeyView, toLabelView } from './labelViews.js';
import { syncLabels } from './syncLabels.js';

type LabelMethod = 'labels' | 'label' | 'removeLabel' | 'syncLabels';
export type LabelMethods = {
  readonly [M in LabelMethod]: (
    params: EngineMethods[M]['params'],
    context: CallContext,
  ) => Promise<EngineMethods[M]['result']> | EngineMethods[M]['result'];
};

export function createLabelMethods(store: Store, readClockMs: () => number = Date.now): LabelMethods {
  const nowNs = (): bigint => BigInt(readClockMs()) * 1_000_000n;
  return {
    labels: () => store.labels.list(),
    label: (draft) => {
      const label = toLabelView(checkLabel(draft), nowNs());
      return { label, replaced: store.labels.put(label) ?? null };
    },
    removeLabel: (key) => store.labels.remove(toKeyView(checkKey(key))) ?? null,
    syncLabels: (params) => syncLabels(store, { ...params, file: path.resolve(params.file) }, nowNs()),
  };
}
