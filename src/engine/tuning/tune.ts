/** "Fine-Tune Head from Workspace Data" and "Adapt to This System": from the runs and labels of the store to a version that is in use. */
import { createHash } from 'node:crypto';
import type { Adapter } from '../../core/adaptation/adapter.js';
import { EMPTY_SPACE, joinStates } from '../../core/heads/stateSpace.js';
import { adaptIncidents } from '../../core/tuning/examples.js';
import type { HeadName, HeadScores } from '../../core/tuning/leaveOut.js';
import { tuneHeads, type TuningResult } from '../../core/tuning/tuneHeads.js';
import { EngineError } from '../../protocol/engineError.js';
import type { CallContext } from '../../protocol/engineRpc.js';
import type { HeadKind, HeadVersionView, LabelView, TuneParams, TuneReport } from '../../protocol/views.js';
import { createRunName } from '../runName.js';
import { adapt, findAdapterInUse, type Adapting } from './adapting.js';
import type { HeadLibrary } from './headLibrary.js';
import { readIncidents, type CollectedIncidents } from './labelledIncidents.js';
import type { TuningDependencies } from './tuningDependencies.js';
import { isAdapterWorse, judgeAdaptation, judgeHead } from './verdicts.js';

const DEFAULT_SEED = 7;
const HEADS: readonly HeadKind[] = ['detection', 'failure-type', 'root-cause'];
const READS_EMBEDDINGS: readonly HeadKind[] = ['detection', 'failure-type'];

export async function tune(params: TuneParams, dependencies: TuningDependencies, context: CallContext): Promise<TuneReport> {
  const { library } = dependencies;
  const startedMs = performance.now();
  const labels = dependencies.store.labels.list();
  if (params.adapt !== true && labels.length === 0) {
    throw new EngineError('bad-argument', 'there are no labels yet; label some time ranges first, failures and usual ones');
  }
  report(context, 'looking up the labelled ranges');
  const collected = await readIncidents(dependencies, context.signal);
  checkIncidents(collected, labels, params, library);
  const readMs = performance.now();
  const seed = params.seed ?? DEFAULT_SEED;
  const evenIfWorse = params.apply === 'always';
  const found = params.adapt === true ? await adapt({ evenIfWorse, seed }, dependencies, context) : findAdapterInUse(library);
  const adaptedMs = performance.now();
  const { adapting, result } = await tuneOnBetter(found, collected, params, dependencies, context);
  const headViews = result.scores.map((scores) => judgeHead(scores, params.apply));
  const encoderViews = adapting.findings === undefined ? [] : [judgeAdaptation(adapting.findings, params.apply)];
  const usedKinds = headViews.filter(({ isUsed }) => isUsed).map(({ head }) => head);
  const version = usedKinds.length > 0 || encoderViews.some(({ isUsed }) => isUsed) ? keep() : null;
  const endedMs = performance.now();
  return {
    version,
    labels: collected.incidents.length,
    labelsWithoutRun: collected.withoutRun,
    types: countTypes(collected),
    heads: [...encoderViews, ...headViews],
    skipped: [...adapting.skipped, ...result.skipped],
    ms: { read: readMs - startedMs, adapt: adaptedMs - readMs, train: endedMs - adaptedMs, total: endedMs - startedMs },
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
        scores: [...adapting.earlier, ...encoderViews, ...headViews],
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

/** Adapting needs no label, but a version is used as a whole: without labels there would be no heads in it. */
function checkIncidents({ runs }: CollectedIncidents, labels: readonly LabelView[], params: TuneParams, library: HeadLibrary): void {
  if (runs.length > 0) {
    return;
  }
  if (params.adapt !== true) {
    throw new EngineError('no-run', `no embedded run covers any of the ${labels.length} labels; embed the files they speak of first`);
  }
  if (usedHeads(library).length > 0) {
    throw new EngineError(
      'bad-argument',
      'the heads in use were tuned from labels that are gone or that no embedded run covers, and would be lost; import the labels or embed their files, or use the default heads first',
    );
  }
}

/** Heads in use are tuned again with every other one: a version is used as a whole. */
function usedHeads(library: HeadLibrary): readonly HeadKind[] {
  const parts = library.list().find(({ isUsed }) => isUsed)?.heads ?? [];
  return HEADS.filter((head) => parts.includes(head));
}

/** On the new adapter, unless kinds of failure are told apart less well by it: then what reads embeddings is tuned without it. */
async function tuneOnBetter(
  found: Adapting,
  collected: CollectedIncidents,
  params: TuneParams,
  dependencies: TuningDependencies,
  context: CallContext,
): Promise<{ readonly adapting: Adapting; readonly result: TuningResult }> {
  const heads = HEADS.filter((head) => params.heads.includes(head) || usedHeads(dependencies.library).includes(head));
  const tuneOn = (
    adapter: Adapter | undefined,
    chosen: readonly HeadKind[],
    onProgress: CallContext['onProgress'],
  ): Promise<TuningResult> => tuneWith(adapter, chosen, collected, params, dependencies, { ...context, onProgress });
  const result = await tuneOn(found.adapter, heads, context.onProgress);
  const { findings } = found;
  const ofTypes = findTypes(result);
  if (findings === undefined || isAdapterWorse(findings) || ofTypes === undefined || params.apply === 'always') {
    return { adapting: found, result };
  }
  const inUse = findAdapterInUse(dependencies.library);
  report(context, 'telling kinds of failure apart without the adapter');
  const reading = heads.filter((head) => READS_EMBEDDINGS.includes(head));
  const without = await tuneOn(inUse.adapter, reading, () => undefined);
  const plain = findTypes(without);
  if (plain === undefined) {
    return { adapting: found, result };
  }
  const judged = { ...findings, types: { adapted: ofTypes.tuned.score, plain: plain.tuned.score } };
  if (!isAdapterWorse(judged)) {
    return { adapting: { ...found, findings: judged }, result };
  }
  const scores = result.scores.map((each) => without.scores.find(({ head }) => head === each.head) ?? each);
  const tuned = { ...result.tuned, detection: without.tuned.detection, failureType: without.tuned.failureType };
  return { adapting: { ...inUse, findings: judged, skipped: found.skipped }, result: { ...result, scores, tuned } };
}

function findTypes({ scores }: TuningResult): HeadScores | undefined {
  return scores.find(({ head }) => head === 'failure-type');
}

async function tuneWith(
  adapter: Adapter | undefined,
  heads: readonly HeadKind[],
  collected: CollectedIncidents,
  params: TuneParams,
  { modules }: TuningDependencies,
  context: CallContext,
): Promise<TuningResult> {
  const [newest] = collected.runs;
  if (newest === undefined) {
    return NOTHING;
  }
  const incidents = collected.incidents.map(({ incident }) => incident);
  const trainer = await modules.createHeadTrainer();
  return tuneHeads(adaptIncidents(incidents, adapter), {
    heads,
    space: joinStates(collected.runs),
    defaults: newest.heads,
    train: trainer.train,
    seed: params.seed ?? DEFAULT_SEED,
    signal: context.signal,
    onProgress: (head, fraction, loss) => {
      context.onProgress({ phase: 'tune', fraction, detail: head, records: 0, ...(loss === undefined ? {} : { loss }) });
    },
  }).finally(() => trainer.dispose());
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
