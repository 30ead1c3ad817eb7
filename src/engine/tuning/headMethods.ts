/** Head versions: tuned from labels, kept, switched, exported. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { joinStates } from '../../core/heads/stateSpace.js';
import { toIncident, toTunableRun, type TunableRun } from '../../core/tuning/examples.js';
import type { HeadName, HeadScores } from '../../core/tuning/leaveOut.js';
import { tuneHeads } from '../../core/tuning/tuneHeads.js';
import { rescanRunInSteps } from '../../core/run/scanRun.js';
import { EngineError } from '../../protocol/engineError.js';
import type { CallContext, EngineMethods } from '../../protocol/engineRpc.js';
import type { HeadKind, HeadVersionView, TunedHeadView, TuneParams, TuneReport } from '../../protocol/views.js';
import { DEFAULT_VERSION, type HeadLibrary } from './headLibrary.js';
import type { KeptRuns } from '../keptRuns.js';
import type { EngineModules } from '../modules.js';
import type { RunModel } from '../pipeline/pipelineTypes.js';
import { takeSteps } from '../pipeline/takeSteps.js';
import { createRunName } from '../runName.js';
import type { SerialQueue } from '../serialQueue.js';
import type { Store } from '../store/openStore.js';
import { decodeHeadFile } from './headFile.js';
import { collectIncidents, type CollectedIncidents } from './labelledIncidents.js';

type HeadMethod = 'tune' | 'heads' | 'useHeads' | 'exportHeads' | 'importHeads';
export type HeadMethods = {
  readonly [M in HeadMethod]: (
    params: EngineMethods[M]['params'],
    context: CallContext,
  ) => Promise<EngineMethods[M]['result']> | EngineMethods[M]['result'];
};

export interface HeadMethodsOptions {
  readonly store: Store;
  readonly library: HeadLibrary;
  readonly runs: KeptRuns;
  readonly modules: EngineModules;
  /** Shared with embedding: both want the whole processor. */
  readonly queue: SerialQueue;
}

const DEFAULT_SEED = 7;
const HEADS: readonly HeadKind[] = ['detection', 'failure-type', 'root-cause'];

export function createHeadMethods(options: HeadMethodsOptions): HeadMethods {
  const { library, queue } = options;
  return {
    tune: (params, context) => queue.run(() => tune(params, options, context), context.signal),
    heads: () => library.list(),
    useHeads: ({ version }) => library.use(version),
    exportHeads: ({ version, file }) => {
      if (version === DEFAULT_VERSION) {
        throw new EngineError('bad-argument', 'the default heads are part of RuntimeSlicer; export a tuned version');
      }
      const bytes = library.get(version);
      try {
        fs.mkdirSync(path.dirname(file), { recursive: true });
        fs.writeFileSync(file, bytes);
      } catch (error) {
        throw new EngineError('bad-argument', `the heads cannot be written to ${file}; choose another place`, { cause: error });
      }
      return { file };
    },
    importHeads: ({ file }) => {
      let bytes: Buffer;
      try {
        bytes = fs.readFileSync(file);
      } catch (error) {
        throw new EngineError('no-input', `the file ${file} cannot be read; check the path and its permissions`, { cause: error });
      }
      const found = decodeHeadFile(bytes, file);
      library.put(found);
      return { ...found.notes, isUsed: library.findUsed().version === found.notes.version };
    },
  };
}

async function tune(params: TuneParams, options: HeadMethodsOptions, context: CallContext): Promise<TuneReport> {
  const { store, library, modules } = options;
  const startedMs = performance.now();
  const labels = store.labels.list();
  if (labels.length === 0) {
    throw new EngineError('bad-argument', 'there are no labels yet; label some time ranges first, failures and usual ones');
  }
  report(context, 'looking up the labelled ranges');
  const collected = await collect(options, context.signal);
  const readMs = performance.now() - startedMs;
  const [newest] = collected.runs;
  if (newest === undefined) {
    throw new EngineError('no-run', `no embedded run covers any of the ${labels.length} labels; embed the files they speak of first`);
  }
  const trainer = await modules.createHeadTrainer();
  const result = await tuneHeads(
    collected.incidents.map(({ incident }) => incident),
    {
      heads: HEADS.filter((head) => params.heads.includes(head) || usedHeads(library).includes(head)),
      space: joinStates(collected.runs.map(({ tunable }) => tunable.model)),
      defaults: newest.tunable.model.heads,
      train: trainer.train,
      seed: params.seed ?? DEFAULT_SEED,
      signal: context.signal,
      onProgress: (head, fraction, loss) => {
        context.onProgress({ phase: 'tune', fraction, detail: head, records: 0, ...(loss === undefined ? {} : { loss }) });
      },
    },
  ).finally(() => trainer.dispose());
  const views = result.scores.map((scores) => judge(scores, params.apply));
  const used = views.filter(({ isUsed }) => isUsed).map(({ head }) => head);
  const trainedMs = performance.now() - startedMs - readMs;
  return {
    version: used.length === 0 ? null : keep(),
    labels: collected.incidents.length,
    labelsWithoutRun: collected.withoutRun,
    types: countTypes(collected),
    heads: views,
    skipped: result.skipped,
    ms: { read: readMs, train: trainedMs, total: performance.now() - startedMs },
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  };

  function keep(): HeadVersionView {
    const { name, createdNs } = createRunName();
    const has = (head: HeadName): boolean => used.includes(head);
    const { states, detection, failureType, rootCause } = result.tuned;
    library.put({
      heads: {
        version: name,
        encoder: library.encoder(),
        states,
        detection: has('detection') ? detection : null,
        failureType: has('failure-type') ? failureType : null,
        rootCause: has('root-cause') ? rootCause : null,
      },
      notes: {
        version: name,
        createdNs: createdNs.toString(),
        heads: used,
        labels: collected.incidents.length,
        dataHash: hashOf(collected),
        scores: views,
      },
    });
    return library.use(name);
  }
}

function usedHeads(library: HeadLibrary): readonly HeadKind[] {
  return library.list().find(({ isUsed }) => isUsed)?.heads ?? [];
}

/** Labels on runs that this encoder embedded. */
async function collect({ store, library, runs, modules }: HeadMethodsOptions, signal: AbortSignal): Promise<CollectedIncidents> {
  const encoder = library.encoder();
  const open = async (run: string): Promise<TunableRun | undefined> => {
    const kept = await findModel(runs, run);
    const source = store.runs.findSource(run);
    if (kept?.heads.encoder !== encoder || source === undefined) {
      return undefined;
    }
    // The states of a run are those of the heads that judged it last: equal labels give equal heads, whichever are in use.
    const pipeline = await modules.loadPipeline();
    const model =
      kept.tuned === null
        ? kept
        : (await pipeline.reconcludeRun({ ...source, model: kept }, null, signal, store.stateBook.read().states)).model;
    const scan = await takeSteps(rescanRunInSteps({ ...model, starts: model.verdicts.starts }), signal);
    return toTunableRun(model, scan, source.embeddings);
  };
  const spans = store.runs.list().flatMap(({ run }) => {
    const timeline = store.runs.findTimeline(run);
    return timeline === undefined || timeline.slices.length === 0 ? [] : [{ name: run, startNs: timeline.startNs, endNs: timeline.endNs }];
  });
  return collectIncidents(store.labels.list(), spans, open, toIncident);
}

/** Undefined for a run that another version stored, or that has been pruned since: its labels are then without a run. */
async function findModel(runs: KeptRuns, run: string): Promise<RunModel | undefined> {
  try {
    return await runs.loadModel(run);
  } catch (error) {
    if (error instanceof EngineError && (error.code === 'store' || error.code === 'no-run')) {
      return undefined;
    }
    throw error;
  }
}

function judge(scores: HeadScores, apply: TuneParams['apply']): TunedHeadView {
  const { head, measure, incidents, tuned, current, baseline, lossCurve } = scores;
  const isWorse = tuned.score < current.score;
  const figures = `${tuned.score.toFixed(2)} against ${current.score.toFixed(2)} of ${incidents} left-out incidents`;
  const verdict = isWorse ? `Worse than the shipped head: ${figures}` : `At least as good as the shipped head: ${figures}`;
  const isUsed = apply === 'always' || (apply === 'if-not-worse' && !isWorse);
  const outcome = isUsed
    ? isWorse
      ? 'it is used because you asked for it.'
      : 'it is used.'
    : apply === 'never'
      ? 'it is not used, as you asked.'
      : 'it is not used.';
  return { head, measure, incidents, tuned, current, baseline, lossCurve, isUsed, reason: `${verdict}; ${outcome}` };
}

function countTypes({ incidents }: CollectedIncidents): { type: string; labels: number }[] {
  return [...Map.groupBy(incidents, ({ label }) => label.type)]
    .map(([type, members]) => ({ type, labels: members.length }))
    .sort((a, b) => b.labels - a.labels || (a.type < b.type ? -1 : 1));
}

function hashOf({ incidents }: CollectedIncidents): string {
  const hash = createHash('sha256');
  for (const { label, run } of incidents) {
    hash.update(JSON.stringify([label.startNs, label.endNs, label.entity, label.type, run]));
  }
  return hash.digest('hex');
}

function report(context: CallContext, detail: string): void {
  context.onProgress({ phase: 'tune', fraction: 0, detail, records: 0 });
}
