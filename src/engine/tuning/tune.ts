/** "Fine-Tune Head from Workspace Data" and "Adapt to This System": from the runs and labels of the store to a version that is in use. */
import { createHash } from 'node:crypto';
import type { Adapter } from '../../core/adaptation/adapter.js';
import { adaptEncoder, MOST_SLICES } from '../../core/adaptation/adaptEncoder.js';
import { joinRuns } from '../../core/adaptation/unlabelledSlices.js';
import { EMPTY_SPACE, joinStates } from '../../core/heads/stateSpace.js';
import type { HeadName } from '../../core/tuning/leaveOut.js';
import { tuneHeads, type TuningResult } from '../../core/tuning/tuneHeads.js';
import { EngineError } from '../../protocol/engineError.js';
import type { CallContext } from '../../protocol/engineRpc.js';
import type { HeadKind, HeadVersionView, LabelView, SkippedHeadView, TunedHeadView, TuneParams, TuneReport } from '../../protocol/views.js';
import type { KeptRuns } from '../keptRuns.js';
import type { EngineModules } from '../modules.js';
import { createRunName } from '../runName.js';
import type { Store } from '../store/openStore.js';
import { readUnlabelledRuns } from './embeddedSlices.js';
import type { HeadLibrary } from './headLibrary.js';
import { readIncidents, type CollectedIncidents } from './labelledIncidents.js';
import { judgeAdaptation, judgeHead } from './verdicts.js';

export interface TuningDependencies {
  readonly store: Store;
  readonly library: HeadLibrary;
  readonly runs: KeptRuns;
  readonly modules: EngineModules;
}

/** The adapter that heads are tuned on, with what was found of it when it was made. */
interface Adapting {
  readonly adapter?: Adapter;
  /** Made now, and not the one that was in use. */
  readonly isNew: boolean;
  /** What was found of the one that was in use, when it was made. */
  readonly earlier: readonly TunedHeadView[];
  /** What was found now. */
  readonly views: readonly TunedHeadView[];
  readonly skipped: readonly SkippedHeadView[];
}

const DEFAULT_SEED = 7;
const HEADS: readonly HeadKind[] = ['detection', 'failure-type', 'root-cause'];

export async function tune(params: TuneParams, dependencies: TuningDependencies, context: CallContext): Promise<TuneReport> {
  const { library } = dependencies;
  const startedMs = performance.now();
  const labels = dependencies.store.labels.list();
  checkLabels(labels, params, library);
  const adapting = params.adapt === true ? await adapt(params, dependencies, context) : findAdapterInUse(library);
  const adaptedMs = performance.now();
  report(context, 'looking up the labelled ranges');
  const collected = await readIncidents(dependencies, adapting.adapter, context.signal);
  const readMs = performance.now();
  const result = labels.length === 0 ? NOTHING : await tuneOn(collected, labels, params, dependencies, context);
  const headViews = result.scores.map((scores) => judgeHead(scores, params.apply));
  const views = [...adapting.views, ...headViews];
  const usedKinds = headViews.filter(({ isUsed }) => isUsed).map(({ head }) => head);
  const version = usedKinds.length > 0 || adapting.isNew ? keep() : null;
  const endedMs = performance.now();
  return {
    version,
    labels: collected.incidents.length,
    labelsWithoutRun: collected.withoutRun,
    types: countTypes(collected),
    heads: views,
    skipped: [...adapting.skipped, ...result.skipped],
    ms: { adapt: adaptedMs - startedMs, read: readMs - adaptedMs, train: endedMs - readMs, total: endedMs - startedMs },
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  };

  function keep(): HeadVersionView {
    const { name, createdNs } = createRunName();
    const has = (head: HeadName): boolean => usedKinds.includes(head);
    const { states, detection, failureType, rootCause } = result.tuned;
    library.put({
      heads: {
        version: name,
        encoder: library.encoder(),
        states,
        detection: has('detection') ? detection : null,
        failureType: has('failure-type') ? failureType : null,
        rootCause: has('root-cause') ? rootCause : null,
        ...(adapting.adapter === undefined ? {} : { adapter: adapting.adapter }),
      },
      notes: {
        version: name,
        createdNs: createdNs.toString(),
        heads: adapting.adapter === undefined ? usedKinds : ['encoder', ...usedKinds],
        labels: collected.incidents.length,
        dataHash: hashOf(collected, adapting.adapter),
        scores: [...adapting.earlier, ...views],
      },
    });
    return library.use(name);
  }
}

const NOTHING: TuningResult = {
  tuned: { states: EMPTY_SPACE, detection: null, failureType: null, rootCause: null },
  scores: [],
  skipped: [],
};

function checkLabels(labels: readonly LabelView[], { adapt: isAdapting }: TuneParams, library: HeadLibrary): void {
  if (labels.length > 0) {
    return;
  }
  if (isAdapting !== true) {
    throw new EngineError('bad-argument', 'there are no labels yet; label some time ranges first, failures and usual ones');
  }
  if (usedHeads(library).length > 0) {
    throw new EngineError(
      'bad-argument',
      'the heads in use were tuned from labels that are gone, and would be lost; import the labels again, or use the default heads first',
    );
  }
}

/** Heads in use are tuned again with every other one: a version is used as a whole. */
function usedHeads(library: HeadLibrary): readonly HeadKind[] {
  const parts = library.list().find(({ isUsed }) => isUsed)?.heads ?? [];
  return HEADS.filter((head) => parts.includes(head));
}

function findAdapterInUse(library: HeadLibrary): Adapting {
  const adapter = library.findUsed().tuned?.adapter;
  const scores = library.list().find(({ isUsed }) => isUsed)?.scores ?? [];
  const earlier = scores.filter(({ head, isUsed }) => head === 'encoder' && isUsed);
  return { ...(adapter === undefined ? {} : { adapter }), isNew: false, earlier, views: [], skipped: [] };
}

async function adapt(params: TuneParams, dependencies: TuningDependencies, context: CallContext): Promise<Adapting> {
  const { library, modules } = dependencies;
  report(context, 'encoder');
  const slices = joinRuns(await readUnlabelledRuns(dependencies, library.encoder(), MOST_SLICES), MOST_SLICES);
  const trainer = await modules.createAdapterTrainer();
  const outcome = await adaptEncoder(slices, {
    train: trainer.train,
    seed: params.seed ?? DEFAULT_SEED,
    signal: context.signal,
    onProgress: (fraction, loss) => {
      context.onProgress({ phase: 'tune', fraction, detail: 'encoder', records: 0, ...(loss === undefined ? {} : { loss }) });
    },
  }).finally(() => trainer.dispose());
  const inUse = findAdapterInUse(library);
  if ('reason' in outcome) {
    return { ...inUse, skipped: [{ head: 'encoder', reason: outcome.reason }] };
  }
  const view = judgeAdaptation(outcome.scores, params.apply);
  return view.isUsed ? { adapter: outcome.adapter, isNew: true, earlier: [], views: [view], skipped: [] } : { ...inUse, views: [view] };
}

async function tuneOn(
  collected: CollectedIncidents,
  labels: readonly LabelView[],
  params: TuneParams,
  { library, modules }: TuningDependencies,
  context: CallContext,
): Promise<TuningResult> {
  const [newest] = collected.runs;
  if (newest === undefined) {
    throw new EngineError('no-run', `no embedded run covers any of the ${labels.length} labels; embed the files they speak of first`);
  }
  const trainer = await modules.createHeadTrainer();
  return tuneHeads(
    collected.incidents.map(({ incident }) => incident),
    {
      heads: HEADS.filter((head) => params.heads.includes(head) || usedHeads(library).includes(head)),
      space: joinStates(collected.runs),
      defaults: newest.heads,
      train: trainer.train,
      seed: params.seed ?? DEFAULT_SEED,
      signal: context.signal,
      onProgress: (head, fraction, loss) => {
        context.onProgress({ phase: 'tune', fraction, detail: head, records: 0, ...(loss === undefined ? {} : { loss }) });
      },
    },
  ).finally(() => trainer.dispose());
}

function countTypes({ incidents }: CollectedIncidents): { type: string; labels: number }[] {
  return [...Map.groupBy(incidents, ({ label }) => label.type)]
    .map(([type, members]) => ({ type, labels: members.length }))
    .sort((a, b) => b.labels - a.labels || (a.type < b.type ? -1 : 1));
}

function hashOf({ incidents }: CollectedIncidents, adapter: Adapter | undefined): string {
  const hash = createHash('sha256');
  for (const { label, run } of incidents) {
    hash.update(JSON.stringify([label.startNs, label.endNs, label.entity, label.type, run]));
  }
  if (adapter !== undefined) {
    hash.update(Buffer.from(adapter.up.buffer, adapter.up.byteOffset, adapter.up.byteLength));
  }
  return hash.digest('hex');
}

function report(context: CallContext, detail: string): void {
  context.onProgress({ phase: 'tune', fraction: 0, detail, records: 0 });
}
