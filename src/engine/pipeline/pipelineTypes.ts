/** The seam between the engine (store, queue, RPC) and the pipeline that turns files into embeddings, states and findings. */
import type { TunedHeads } from '../../core/heads/tunedHeads.js';
import type { RunModel } from '../../core/run/runModel.js';
import type { StatePart } from '../../core/run/cutState.js';
import type { RangeProfile } from '../../core/similar/rangeProfile.js';
import type { KnownState } from '../../core/states/knownStates.js';
import type { EpochNs } from '../../core/time.js';
import type { SliceEmbeddings } from '../../core/tokens/sliceTensors.js';
import type { CallContext } from '../../protocol/engineRpc.js';
import type { Diagnosis, EmbedParams, EmbedResult, TimelineView } from '../../protocol/views.js';
import type { ParsedFileCache } from '../ingest/ingestTypes.js';
import type { SliceEncoder, TextEncoder } from '../inference/encoders.js';

/** Vectors of texts that were encoded before, of one text encoder. */
export interface TextVectorCache {
  /** @returns one entry per text in order: [384] f32, undefined when not known. */
  find(texts: readonly string[]): (Float32Array | undefined)[];
  /** @param vectors [texts.length, 384] f32 row-major, rows in the order of `texts`. */
  put(texts: readonly string[], vectors: Float32Array): void;
}

/** What reading and comparing needs, without any model. */
export interface ReadingDependencies {
  readonly parsedFiles: ParsedFileCache;
  /** See `IngestOptions.workers`. */
  readonly parserThreads?: number;
}

export interface PipelineDependencies extends ReadingDependencies {
  readonly textEncoder: TextEncoder;
  readonly sliceEncoder: SliceEncoder;
  readonly textVectors: TextVectorCache;
  /** What takes the place of the default heads, null when none was tuned. */
  readonly tunedHeads: TunedHeads | null;
  /** Of earlier runs; none when left out. */
  readonly knownStates?: readonly KnownState[];
}

export type { RunModel };

/** What the engine itself adds to a result. */
type EngineFields = 'run' | 'reused' | 'peakRssBytes';

export interface RunArtifacts {
  readonly result: Omit<EmbedResult, EngineFields>;
  readonly timeline: Omit<TimelineView, 'run'>;
  readonly model: RunModel;
  /** States of the run that were not known. */
  readonly newStates: readonly KnownState[];
  /** Row i belongs to `timeline.slices[i]`. */
  readonly embeddings: SliceEmbeddings;
}

/** What the store keeps of a run. */
export interface KeptRun {
  readonly model: RunModel;
  readonly embeddings: SliceEmbeddings;
  readonly params: EmbedParams;
  readonly result: EmbedResult;
}

/** What a person or a fault injector says of a half-open time range. */
export interface RangeLabel {
  readonly startNs: EpochNs;
  readonly endNs: EpochNs;
  /** A failure type, or `normal`. */
  readonly type: string;
  /** Service at fault; empty when none is named. */
  readonly entity: string;
}

/** The pipeline as the engine sees it; implemented by `pipeline/embedRun.ts`. */
export interface Pipeline {
  embedRun(params: EmbedParams, dependencies: PipelineDependencies, context: CallContext): Promise<RunArtifacts>;
  /** @param known as `PipelineDependencies.knownStates` */
  reconcludeRun(
    run: KeptRun,
    tuned: TunedHeads | null,
    signal: AbortSignal,
    known?: readonly KnownState[],
  ): Promise<Omit<RunArtifacts, 'embeddings'>>;
  /** The halves of a state of the run; undefined where it has none: see `cutState`. */
  cutRunState(
    run: KeptRun,
    tuned: TunedHeads | null,
    known: readonly KnownState[],
    state: string,
    signal: AbortSignal,
  ): Promise<readonly [StatePart, StatePart] | undefined>;
  encodeRunModel(model: RunModel): Uint8Array;
  decodeRunModel(bytes: Uint8Array): RunModel;
  /** Half-open range; throws an `EngineError` when it lies outside the run. */
  diagnoseRange(model: RunModel, fromNs: bigint, toNs: bigint): Diagnosis;
  /** What the range is compared with others by; throws as `diagnoseRange` does. */
  profileRange(model: RunModel, embeddings: Pick<SliceEmbeddings, 'dim' | 'slices'>, fromNs: bigint, toNs: bigint): RangeProfile;
}
