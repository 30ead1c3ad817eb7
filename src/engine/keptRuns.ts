/** Runs of the store as everything else sees them: findings made with the heads in use and the states as the user left them, models loaded once. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { TunedHeads } from '../core/heads/tunedHeads.js';
import { EngineError } from '../protocol/engineError.js';
import type { RunScope } from '../protocol/engineRpc.js';
import type { Diagnosis, EmbedResult, TimelineView } from '../protocol/views.js';
import type { Logger } from './logger.js';
import type { KeptRun, Pipeline, RunArtifacts, RunModel } from './pipeline/pipelineTypes.js';
import type { RunSource } from './store/runRecord.js';
import type { StateBook } from './store/stateBook.js';
import type { Store } from './store/openStore.js';
import { toEngineError } from './toEngineError.js';

export interface HeadsInUse {
  readonly version: string;
  /** Null for the default heads. */
  readonly tuned: TunedHeads | null;
}

export interface KeptRunsOptions {
  readonly store: Store;
  readonly loadPipeline: () => Promise<Pipeline>;
  readonly findHeads: () => HeadsInUse;
  readonly log: Logger;
}

/** What came of a run, and the states it was made with. */
interface Judged {
  readonly artifacts: Omit<RunArtifacts, 'embeddings'>;
  readonly book: StateBook;
}

/** Two engines that embed into one store disturb each other once or twice. */
const MAX_ATTEMPTS = 10;

export class KeptRuns {
  private readonly options: KeptRunsOptions;
  private loaded: { readonly run: string; readonly judgement: string; readonly model: RunModel } | undefined;
  /** Runs and heads that do not go together: stored by another version, embedded with another encoder. */
  private readonly unreadable = new Set<string>();
  /** One at a time: two readers of a stale run make its findings anew once. */
  private refreshing: Promise<unknown> = Promise.resolve();

  constructor(options: KeptRunsOptions) {
    this.options = options;
  }

  /** The run that is meant; undefined when none is named and the store is empty. */
  async find(scope: RunScope, signal: AbortSignal): Promise<string | undefined> {
    const run = scope.run ?? this.options.store.runs.findLatest();
    if (run !== undefined) {
      await this.refresh(run, signal);
    }
    return run;
  }

  async get(scope: RunScope, signal: AbortSignal): Promise<string> {
    const run = await this.find(scope, signal);
    if (run === undefined) {
      throw new EngineError('no-run', 'nothing is embedded yet; embed some log, trace or metric files first');
    }
    return run;
  }

  async read<T>(scope: RunScope, signal: AbortSignal, find: (run: string) => T | undefined): Promise<T> {
    const run = await this.get(scope, signal);
    const found = find(run);
    if (found === undefined) {
      throw noRun(run);
    }
    return found;
  }

  /** As it was kept: its findings may be those of other heads. */
  async loadModel(run: string): Promise<RunModel> {
    const judgement = this.findJudgement(run);
    if (judgement === undefined) {
      throw noRun(run);
    }
    if (this.loaded?.run !== run || this.loaded.judgement !== judgement) {
      this.loaded = { run, judgement, model: await this.readModel(run) };
    }
    return this.loaded.model;
  }

  /** As `loadModel`; undefined for a run that another version stored, or that has been pruned since. */
  async findModel(run: string): Promise<RunModel | undefined> {
    try {
      return await this.loadModel(run);
    } catch (error) {
      if (error instanceof EngineError && (error.code === 'store' || error.code === 'no-run')) {
        return undefined;
      }
      throw error;
    }
  }

  /** As `loadModel`, for a passing look: the run that was loaded stays the one that is. */
  async glanceAtModel(run: string): Promise<RunModel> {
    return this.loaded?.run === run ? this.loadModel(run) : this.readModel(run);
  }

  /** What the findings of a run were made with. */
  private findJudgement(run: string): string | undefined {
    const { findHeads, findStatesRevision } = this.options.store.runs;
    const heads = findHeads(run);
    return heads === undefined ? undefined : toJudgement(heads, findStatesRevision(run) ?? -1);
  }

  private async readModel(run: string): Promise<RunModel> {
    const { store, loadPipeline } = this.options;
    const bytes = store.runs.findModel(run);
    if (bytes === undefined) {
      throw noRun(run);
    }
    const pipeline = await loadPipeline();
    try {
      return pipeline.decodeRunModel(bytes);
    } catch (error) {
      throw new EngineError('store', `run ${run} was stored by another version and cannot be diagnosed; embed the files again`, {
        cause: error,
      });
    }
  }

  /**
   * Keeps a new run, with the diagnoses of its incidents and the states that it brings.
   * @param artifacts made with the states of `book`
   * @param toResult the result with what came of the run in the end, which other new states may have changed
   */
  async write(
    run: string,
    source: RunSource,
    artifacts: Omit<RunArtifacts, 'embeddings'>,
    heads: HeadsInUse,
    book: StateBook,
    toResult: (artifacts: Omit<RunArtifacts, 'embeddings'>) => EmbedResult,
  ): Promise<void> {
    const kept = await this.keepStates({ ...source, model: artifacts.model }, { artifacts, book }, heads);
    const record = await this.toRecord(run, { ...source, result: toResult(kept.artifacts) }, kept, heads);
    this.options.store.runs.write(record);
    this.loaded = { run, judgement: toJudgement(heads.version, kept.book.revision), model: kept.artifacts.model };
  }

  /** Adds the states that a run brings to the book. Where others changed it meanwhile, the run is looked at again with theirs. */
  private async keepStates(run: KeptRun & RunSource, made: Judged, heads: HeadsInUse): Promise<Judged> {
    const { stateBook } = this.options.store;
    let { artifacts, book } = made;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      if (stateBook.add(artifacts.newStates, book.edition, run.createdNs)) {
        return { artifacts, book };
      }
      book = stateBook.read();
      const pipeline = await this.options.loadPipeline();
      artifacts = await pipeline.reconcludeRun(run, heads.tuned, new AbortController().signal, book.states);
    }
    throw new EngineError('store', 'the states of the store keep changing; try again when other engines on it are done');
  }

  private async refresh(run: string, signal: AbortSignal): Promise<void> {
    const turn = this.refreshing.then(() => this.makeFindings(run, signal));
    this.refreshing = turn.catch(() => undefined);
    await turn;
  }

  /** A run that cannot be judged anew keeps the findings it has: they can be read all the same. */
  private async makeFindings(run: string, signal: AbortSignal): Promise<void> {
    const { store, findHeads, log } = this.options;
    const heads = findHeads();
    const kept = this.findJudgement(run);
    const wanted = toJudgement(heads.version, store.stateBook.readRevision());
    const attempt = `${run} ${wanted}`;
    if (kept === undefined || kept === wanted || this.unreadable.has(attempt)) {
      return;
    }
    const startedMs = performance.now();
    try {
      await this.judgeAnew(run, heads, signal);
      log.info(
        `findings of run ${run} are those of heads ${heads.version} and of the states as they are now, ${(performance.now() - startedMs).toFixed(0)} ms`,
      );
    } catch (error) {
      signal.throwIfAborted();
      this.unreadable.add(attempt);
      log.warn(`run ${run} keeps its earlier findings: ${toEngineError(error).message}`);
    }
  }

  private async judgeAnew(run: string, heads: HeadsInUse, signal: AbortSignal): Promise<void> {
    const { store, loadPipeline } = this.options;
    const source = store.runs.findSource(run);
    if (source === undefined) {
      throw noRun(run);
    }
    const model = await this.loadModel(run);
    if (heads.tuned !== null && heads.tuned.encoder !== model.heads.encoder) {
      throw new EngineError('store', `it was embedded with another encoder than heads ${heads.version} read; embed the files again`);
    }
    const pipeline = await loadPipeline();
    const book = store.stateBook.read();
    const first = await pipeline.reconcludeRun({ ...source, model }, heads.tuned, signal, book.states);
    await nextTurn();
    const kept = await this.keepStates({ ...source, model }, { artifacts: first, book }, heads);
    const { artifacts } = kept;
    store.runs.replace(await this.toRecord(run, { ...source, result: { ...source.result, ...artifacts.result } }, kept, heads));
    this.loaded = { run, judgement: toJudgement(heads.version, kept.book.revision), model: artifacts.model };
  }

  private async toRecord(run: string, source: RunSource, { artifacts: { timeline, model }, book }: Judged, heads: HeadsInUse) {
    const pipeline = await this.options.loadPipeline();
    const findings = timeline.incidents.map(({ startNs, endNs }): Diagnosis | undefined => {
      try {
        return pipeline.diagnoseRange(model, BigInt(startNs), BigInt(endNs));
      } catch (error) {
        // One range without a diagnosis is no reason to lose the run; whoever opens it is told why.
        this.options.log.warn(`incident from ${startNs} to ${endNs} has no stored diagnosis: ${toEngineError(error).message}`);
        return undefined;
      }
    });
    const view: TimelineView = { ...timeline, run };
    return {
      ...source,
      timeline: view,
      findings,
      model: pipeline.encodeRunModel(model),
      heads: heads.version,
      statesRevision: book.revision,
    };
  }
}

function toJudgement(heads: string, statesRevision: number): string {
  return `${heads} ${statesRevision}`;
}

function noRun(run: string): EngineError {
  return new EngineError('no-run', `run ${run} is not in the store; list the runs, or embed the files again`);
}
