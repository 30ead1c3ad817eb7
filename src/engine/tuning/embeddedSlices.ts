/** The slices of the store that an adapter learns from. */
import type { UnlabelledRun } from '../../core/adaptation/unlabelledSlices.js';
import type { SliceView } from '../../protocol/views.js';
import type { KeptRuns } from '../keptRuns.js';
import type { Store } from '../store/openStore.js';

/**
 * Runs of this encoder, newest first, until there are enough slices. Where two show the same time, the newer one: the same files are often
 * embedded more than once.
 */
export async function readUnlabelledRuns(
  { store, runs }: { readonly store: Store; readonly runs: KeptRuns },
  encoder: string,
  enough: number,
): Promise<UnlabelledRun[]> {
  const taken: { readonly startNs: bigint; readonly endNs: bigint }[] = [];
  const found: UnlabelledRun[] = [];
  let count = 0;
  for (const { run } of store.runs.list()) {
    const slices = store.runs.findSlices(run) ?? [];
    const [first, last] = [slices[0], slices.at(-1)];
    if (count >= enough || first === undefined || last === undefined) {
      continue;
    }
    const span = { startNs: BigInt(first.startNs), endNs: BigInt(last.endNs) };
    const isShown = taken.some(({ startNs, endNs }) => startNs < span.endNs && endNs > span.startNs);
    const source = isShown || (await runs.findModel(run))?.heads.encoder !== encoder ? undefined : store.runs.findSource(run);
    if (source !== undefined) {
      taken.push(span);
      count += slices.length;
      found.push({ embeddings: source.embeddings, startS: toSeconds(slices, span.startNs), lengthS: lengthOf(first) });
    }
  }
  return found;
}

function toSeconds(slices: readonly SliceView[], originNs: bigint): Float64Array {
  return Float64Array.from(slices, ({ startNs }) => Number(BigInt(startNs) - originNs) / 1e9);
}

function lengthOf({ startNs, endNs }: SliceView): number {
  return Number(BigInt(endNs) - BigInt(startNs)) / 1e9;
}
