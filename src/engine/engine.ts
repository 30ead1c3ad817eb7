/** The engine as an object: the pipeline over a store, one embedding at a time. Called in process by the CLI, over RPC by the extension. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { adaptRows } from '../core/adaptation/adapter.js';
import { EngineError } from '../protocol/engineError.js';
import type { CallContext, EngineApi, EngineMethod, EngineMethods, EnginePhase, RunScope } from '../protocol/engineRpc.js';
import type { EmbedParams, EmbedResult, ProviderChoice, TimelineView } from '../protocol/views.js';
import { checkEmbedParams, toNs } from './checkParams.js';
import { examine } from './doctor.js';
import { createHeadMethods } from './tuning/headMethods.js';
import { createHeadLibrary } from './tuning/headLibrary.js';
import { createInputKey } from './inputKey.js';
import { findInstallation, type Installation } from './installation.js';
import { KeptRuns } from './keptRuns.js';
import { EncoderPool } from './encoderPool.js';
import { createLabelMethods } from './labels/labelMethods.js';
import { silentLogger, type Logger } from './logger.js';
import { engineModules, type EngineModules } from './modules.js';
import type { PipelineDependencies, RunArtifacts, RunModel } from './pipeline/pipelineTypes.js';
import { SerialQueue } from './serialQueue.js';
import { createRunName } from './runName.js';
import { createStateMethods } from './stateMethods.js';
import { findSimilar } from './similar/similar.js';
import { findSimilarIncidents } from './similar/similarIncidents.js';
import { openStore, type Store, type StoreOptions } from './store/openStore.js';
import { toEngineError } from './toEngineError.js';

export interface EngineOptions {
  readonly store: Omit<StoreOptions, 'onProblem'>;
  readonly log?: Logger;
  readonly installation?: Installation;
  readonly modules?: EngineModules;
}

/** Besides the methods that travel over RPC, what in-process callers (CLI, evaluation, export) need. */
export interface Engine extends EngineApi {
  readonly installation: Installation;
  /** Model and time line of a stored run, the latest by default. */
  loadRun(run?: string): Promise<{ readonly model: RunModel; readonly timeline: TimelineView }>;
  loadDependencies(provider: ProviderChoice): Promise<PipelineDependencies>;
  /** Waits for the calls in hand to settle, frees the encoders and closes the store. Later calls are refused. */
  dispose(): Promise<void>;
}

/** Opens the store, which throws an `EngineError` when that cannot be done; everything else is loaded when first needed. */
export function createEngine(options: EngineOptions): Engine {
  const { log = silentLogger, modules = engineModules } = options;
  const installation = options.installation ?? findInstallation();
  const store = openStore({ ...options.store, onProblem: log.warn });
  if (store.migration !== undefined) {
    const { fromVersion, toVersion, backup } = store.migration;
    log.info(`store schema ${fromVersion} → ${toVersion}${backup === undefined ? '' : `, backup ${backup}`}`);
  }
  const encoders = new EncoderPool(modules);
  const queue = new SerialQueue();
  const disposal = new AbortController();
  const calls = new Set<Promise<unknown>>();
  const heads = createHeadLibrary(store, installation, log);
  const runs = new KeptRuns({ store, loadPipeline: () => modules.loadPipeline(), findHeads: () => heads.findUsed(), log });

  const loadDependencies = async (provider: ProviderChoice): Promise<PipelineDependencies> => {
    const { textEncoder, sliceEncoder } = await encoders.get(provider);
    return {
      textEncoder,
      sliceEncoder,
      textVectors: store.openTextVectors(textEncoder.fingerprint),
      parsedFiles: tolerant(store, log),
      tunedHeads: heads.findUsed().tuned,
    };
  };

  const embedNew = async (params: EmbedParams, inputKey: string, context: CallContext, startedMs: number): Promise<EmbedResult> => {
    const pipeline = await modules.loadPipeline();
    const used = heads.findUsed();
    const book = store.stateBook.read();
    // The heads that are in use now, whatever is switched to meanwhile: the run is kept under their version. So with the states.
    const dependencies = { ...(await loadDependencies(params.provider)), tunedHeads: used.tuned, knownStates: book.states };
    context.signal.throwIfAborted();
    const artifacts = await pipeline.embedRun(params, dependencies, context);
    context.signal.throwIfAborted();
    const storeStartedMs = performance.now();
    const advance = (fraction: number, detail: string): void => {
      context.onProgress({
        phase: 'store',
        fraction,
        detail,
        records: artifacts.result.files.reduce((sum, file) => sum + file.records, 0),
      });
    };
    advance(0, 'keeping the results');
    const { name: run, createdNs } = createRunName();
    let made: Omit<RunArtifacts, 'embeddings'> = artifacts;
    const toResult = (): EmbedResult => ({
      ...artifacts.result,
      ...made.result,
      run,
      reused: false,
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
      ms: { ...artifacts.result.ms, store: performance.now() - storeStartedMs, total: performance.now() - startedMs },
    });
    const { embeddings } = artifacts;
    await runs.write(run, { inputKey, createdNs, params, embeddings, result: toResult() }, artifacts, used, book, (kept) => {
      made = kept;
      return toResult();
    });
    await nextTurn();
    const pruned = store.prune();
    log.debug(`pruned ${pruned.runs} runs, ${pruned.files} files, ${pruned.textVectors} text vectors`);
    advance(1, 'results kept');
    const result = toResult();
    log.info(`run ${run}: ${result.files.length} files, ${result.slices} slices, ${result.provider}, ${toPhaseTimes(result)}`);
    return result;
  };

  const embed = async (params: EmbedParams, context: CallContext): Promise<EmbedResult> => {
    const startedMs = performance.now();
    checkEmbedParams(params);
    report(context, 'identify', queue.length > 0 ? 'waiting for the embedding before this one' : 'looking at the files');
    return queue.run(async () => {
      const inputKey = await createInputKey(params, installation, context.signal);
      const earlier = store.runs.findByInput(inputKey);
      if (earlier !== undefined) {
        log.info(`run ${earlier.run} is reused`);
        // Its findings may have been those of other heads.
        await runs.get({ run: earlier.run }, context.signal);
        const current = store.runs.findByInput(inputKey) ?? earlier;
        return { ...current, reused: true, ms: { total: performance.now() - startedMs } };
      }
      return embedNew(params, inputKey, context, startedMs);
    }, context.signal);
  };

  /** The slice embeddings of a run, through the adapter that its findings were made with. */
  const readEmbeddings = async (scope: RunScope, signal: AbortSignal): Promise<{ readonly dim: number; readonly rows: Float32Array }> => {
    const used = heads.findUsed();
    return runs.read(scope, signal, (run) => {
      const found = store.runs.findEmbeddings(run);
      const adapter = store.runs.findHeads(run) === used.version ? used.tuned?.adapter : undefined;
      return found === undefined ? undefined : { dim: found.dim, rows: adaptRows(adapter, found.rows) };
    });
  };
  const parts = { store, runs, loadPipeline: () => modules.loadPipeline() };

  const methods: {
    readonly [M in EngineMethod]: (
      params: EngineMethods[M]['params'],
      context: CallContext,
    ) => Promise<EngineMethods[M]['result']> | EngineMethods[M]['result'];
  } = {
    embed,
    runs: () => store.runs.list(),
    timeline: async (scope, { signal }) => {
      const run = await runs.find(scope, signal);
      return run === undefined ? null : runs.read({ run }, signal, store.runs.findTimeline);
    },
    slices: async (params, { signal }) => {
      const slices = await runs.read(params, signal, store.runs.findSlices);
      if (params.embeddings !== true) {
        return slices;
      }
      const { dim, rows } = await readEmbeddings(params, signal);
      return slices.map((slice, i) => ({ ...slice, embedding: Array.from(rows.subarray(i * dim, (i + 1) * dim)) }));
    },
    states: (scope, { signal }) => runs.read(scope, signal, store.runs.findStates),
    transitions: (scope, { signal }) => runs.read(scope, signal, store.runs.findTransitions),
    async diagnose(params, { signal }) {
      const run = await runs.get(params, signal);
      const [firstSlice] = await runs.read({ run }, signal, store.runs.findSlices);
      const [fromNs, toNsExclusive] = toRange(params, () => firstSlice);
      const stored = store.runs.findFinding(run, fromNs, toNsExclusive);
      if (stored !== undefined) {
        return stored;
      }
      const model = await runs.loadModel(run);
      return (await modules.loadPipeline()).diagnoseRange(model, fromNs, toNsExclusive);
    },
    similar: async (params, { signal }) => {
      const slices = await runs.read(params, signal, store.runs.findSlices);
      const embeddings = await readEmbeddings(params, signal);
      return findSimilar(params, slices, embeddings, await runs.read(params, signal, store.runs.findStates), store.labels.list());
    },
    async similarIncidents(params, { signal }) {
      const run = await runs.get(params, signal);
      const [fromNs, toNsExclusive] = toRange(params, () => undefined);
      // A run that is not there is refused also where nothing is labelled.
      await runs.read({ run }, signal, store.runs.findHeads);
      const asked = { run, fromNs, toNs: toNsExclusive, limit: params.limit };
      return findSimilarIncidents(asked, { ...parts, adapter: heads.findUsed().tuned?.adapter, log }, signal);
    },
    ...createStateMethods({ ...parts, findHeads: () => heads.findUsed() }),
    ...createLabelMethods(store),
    ...createHeadMethods({ store, library: heads, runs, modules, queue }),
    doctor: ({ provider }, { signal }) => examine({ installation, store, modules, signal, choice: provider ?? 'auto' }),
    async writeSample({ directory }, { signal }) {
      const { writeSample } = await import('./sample.js');
      return { paths: await writeSample(directory, signal) };
    },
  };

  /** Every call: refused after disposal, cancelled by it, its failure worded. */
  const guard = <P, R>(name: string, method: (params: P, context: CallContext) => Promise<R> | R) => {
    return (params: P, context: CallContext): Promise<R> => {
      const signal = AbortSignal.any([context.signal, disposal.signal]);
      const call = (async () => {
        try {
          if (disposal.signal.aborted) {
            throw new EngineError('cancelled', 'the engine is closing');
          }
          signal.throwIfAborted();
          return await method(params, { ...context, signal });
        } catch (error) {
          const worded = toEngineError(error, signal);
          if (worded.code === 'internal') {
            log.error(
              `${name}: ${error instanceof Error ? `${error.name} ${error.stack?.split('\n').slice(1, 6).join(' ') ?? ''}` : 'unknown'}`,
            );
          }
          throw worded;
        }
      })();
      calls.add(call);
      void call.then(
        () => calls.delete(call),
        () => calls.delete(call),
      );
      return call;
    };
  };

  return {
    ...(Object.fromEntries(
      Object.entries(methods).map(([name, method]) => [name, guard(name, method as (params: unknown, context: CallContext) => unknown)]),
    ) as unknown as EngineApi),
    installation,
    loadRun: async (run) => {
      const name = await runs.get(run === undefined ? {} : { run }, disposal.signal);
      return { model: await runs.loadModel(name), timeline: await runs.read({ run: name }, disposal.signal, store.runs.findTimeline) };
    },
    loadDependencies,
    async dispose() {
      disposal.abort(new EngineError('cancelled', 'the engine is closing'));
      await Promise.allSettled(calls);
      await encoders.dispose();
      store.close();
    },
  };
}

function report(context: CallContext, phase: EnginePhase, detail: string): void {
  context.onProgress({ phase, fraction: 0, detail, records: 0 });
}

function toPhaseTimes({ ms }: EmbedResult): string {
  return Object.entries(ms)
    .map(([phase, time]) => `${phase} ${time.toFixed(0)} ms`)
    .join(', ');
}

function toRange(
  params: EngineMethods['diagnose']['params'],
  findFirstSlice: () => { readonly startNs: string; readonly endNs: string } | undefined,
): readonly [bigint, bigint] {
  if ('atNs' in params) {
    const atNs = toNs('time', params.atNs);
    const slice = findFirstSlice();
    if (slice === undefined) {
      throw new EngineError('no-run', 'the run has no slices; name a range instead of one time');
    }
    return [atNs, atNs + BigInt(slice.endNs) - BigInt(slice.startNs)];
  }
  const [fromNs, end] = [toNs('range start', params.fromNs), toNs('range end', params.toNs)];
  if (fromNs >= end) {
    throw new EngineError('bad-argument', `the range ends before it starts: from ${params.fromNs} to ${params.toNs}`);
  }
  return [fromNs, end];
}

/** Parsed files are kept to save time: a store that cannot take or give them costs the time and fails nothing. */
function tolerant(store: Store, log: Logger): PipelineDependencies['parsedFiles'] {
  return {
    find(identity, settingsKey) {
      try {
        return store.parsedFiles.find(identity, settingsKey);
      } catch (error) {
        log.warn(`${identity.path} is parsed again: ${toEngineError(error).message}`);
        return undefined;
      }
    },
    put(identity, settingsKey, file) {
      try {
        store.parsedFiles.put(identity, settingsKey, file);
      } catch (error) {
        log.warn(`records of ${identity.path} are not kept for the next run: ${toEngineError(error).message}`);
      }
    },
  };
}
