/** The adapter of the encoder that heads are tuned on: the one in use, or one that is learned from the slices of the store now. */
import type { Adapter } from '../../core/adaptation/adapter.js';
import { adaptEncoder, MOST_SLICES } from '../../core/adaptation/adaptEncoder.js';
import { joinRuns } from '../../core/adaptation/unlabelledSlices.js';
import type { CallContext } from '../../protocol/engineRpc.js';
import type { SkippedHeadView, TunedHeadView } from '../../protocol/views.js';
import { readUnlabelledRuns } from './embeddedSlices.js';
import type { HeadLibrary } from './headLibrary.js';
import type { TuningDependencies } from './tuningDependencies.js';
import { isAdapterWorse, type AdaptationFindings } from './verdicts.js';

export interface Adapting {
  readonly adapter?: Adapter;
  /** What was found of it when it was made, where that was before. */
  readonly earlier: readonly TunedHeadView[];
  /** Of the one that was made now; it is `adapter` unless it is worse. */
  readonly findings?: AdaptationFindings;
  readonly skipped: readonly SkippedHeadView[];
}

export function findAdapterInUse(library: HeadLibrary): Adapting {
  const adapter = library.findUsed().tuned?.adapter;
  const scores = library.list().find(({ isUsed }) => isUsed)?.scores ?? [];
  const earlier = scores.filter(({ head, isUsed }) => head === 'encoder' && isUsed);
  return { ...(adapter === undefined ? {} : { adapter }), earlier, skipped: [] };
}

/** @returns the adapter in use, with what was found of the new one, where that is worse and not asked for all the same */
export async function adapt(
  { evenIfWorse, seed }: { readonly evenIfWorse: boolean; readonly seed: number },
  dependencies: TuningDependencies,
  context: CallContext,
): Promise<Adapting> {
  const { library, modules } = dependencies;
  const report = (fraction: number, loss?: number): void => {
    context.onProgress({ phase: 'tune', fraction, detail: 'encoder', records: 0, ...(loss === undefined ? {} : { loss }) });
  };
  report(0);
  const slices = joinRuns(await readUnlabelledRuns(dependencies, library.encoder(), MOST_SLICES), MOST_SLICES);
  const trainer = await modules.createAdapterTrainer();
  const outcome = await adaptEncoder(slices, { train: trainer.train, seed, signal: context.signal, onProgress: report }).finally(() =>
    trainer.dispose(),
  );
  const inUse = findAdapterInUse(library);
  if ('reason' in outcome) {
    return { ...inUse, skipped: [{ head: 'encoder', reason: outcome.reason }] };
  }
  const findings: AdaptationFindings = { scores: outcome.scores };
  return isAdapterWorse(findings) && !evenIfWorse
    ? { ...inUse, findings }
    : { adapter: outcome.adapter, earlier: [], findings, skipped: [] };
}
