/** Requests and notifications between the engine process and its clients. One table: adding a method here types both ends. */
import type {
  Diagnosis,
  DoctorReport,
  EmbedParams,
  EmbedResult,
  NsString,
  RunView,
  SimilarView,
  SliceView,
  StateView,
  TimelineView,
  TransitionView,
} from './views.js';

/** `run` left out means the latest run of the store. */
export interface RunScope {
  readonly run?: string;
}

/** Method name → parameters and result. The engine's `EngineApi` and the RPC layer are both derived from this table. */
export interface EngineMethods {
  embed: { params: EmbedParams; result: EmbedResult };
  runs: { params: Record<string, never>; result: readonly RunView[] };
  timeline: { params: RunScope; result: TimelineView | null };
  slices: { params: RunScope & { readonly embeddings?: boolean }; result: readonly SliceView[] };
  states: { params: RunScope; result: readonly StateView[] };
  transitions: { params: RunScope; result: readonly TransitionView[] };
  /** With `atNs`: one slice length of the run from there, `[atNs, atNs + length)`. */
  diagnose: {
    params: RunScope & ({ readonly atNs: NsString } | { readonly fromNs: NsString; readonly toNs: NsString });
    result: Diagnosis;
  };
  similar: { params: RunScope & { readonly slice: string; readonly limit?: number }; result: readonly SimilarView[] };
  doctor: { params: Record<string, never>; result: DoctorReport };
  /** Writes the simulated sample incident as ordinary telemetry files into `directory` (created when missing). */
  writeSample: { params: { readonly directory: string }; result: { readonly paths: readonly string[] } };
}

export type EngineMethod = keyof EngineMethods;

export type EnginePhase = 'identify' | 'parse' | 'aggregate' | 'features' | 'text' | 'encode' | 'states' | 'store';

export interface EmbedProgress {
  readonly phase: EnginePhase;
  /** 0..1 within the phase. */
  readonly fraction: number;
  /** The file in hand, or what is being done, in the user's words. */
  readonly detail: string;
  readonly records: number;
}

/** What is known of the time line while files are still being read: records per bin so far. */
export interface EmbedPartial {
  readonly startNs: NsString;
  readonly binMs: number;
  readonly density: TimelineView['density'];
}

export interface CallContext {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: EmbedProgress) => void;
  readonly onPartial: (partial: EmbedPartial) => void;
}

/** The engine as an object: implemented in src/engine, called in process by the CLI and over RPC by the extension. */
export type EngineApi = {
  readonly [M in EngineMethod]: (params: EngineMethods[M]['params'], context: CallContext) => Promise<EngineMethods[M]['result']>;
};

/** An error with a stable code that a person can act on; travels over RPC without its stack. */
export type EngineErrorCode =
  'cancelled' | 'no-input' | 'no-records' | 'no-run' | 'bad-argument' | 'model' | 'provider' | 'store' | 'internal';
