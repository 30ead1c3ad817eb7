/** Requests and notifications between the engine process and its clients. One table: adding a method here types both ends. */
import type {
  Diagnosis,
  DoctorReport,
  EmbedParams,
  EmbedResult,
  HeadVersionView,
  LabelDraft,
  LabelKey,
  LabelResolution,
  LabelSync,
  LabelView,
  NsString,
  ProviderChoice,
  RunView,
  SimilarIncidentView,
  SimilarView,
  SliceView,
  StateChange,
  StateView,
  TimelineView,
  TransitionView,
  TuneParams,
  TuneReport,
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
  /** The name is kept for good, in all runs. */
  renameState: { params: RunScope & { readonly state: string; readonly name: string }; result: StateChange };
  /** Slices of the state belong to the other one from now on, in all runs. */
  mergeStates: { params: RunScope & { readonly state: string; readonly into: string }; result: StateChange };
  /** Cuts a state of the run into its two best halves, which stay apart in all runs. */
  splitState: { params: RunScope & { readonly state: string }; result: StateChange };
  /** Slices that are near enough to a pinned state are assigned to it before anything else. */
  pinState: { params: RunScope & { readonly state: string; readonly isPinned: boolean }; result: StateChange };
  /** Takes back the last change of these; null when there is none. */
  undoStateChange: { params: RunScope; result: StateChange | null };
  transitions: { params: RunScope; result: readonly TransitionView[] };
  /** With `atNs`: one slice length of the run from there, `[atNs, atNs + length)`. */
  diagnose: {
    params: RunScope & ({ readonly atNs: NsString } | { readonly fromNs: NsString; readonly toNs: NsString });
    result: Diagnosis;
  };
  /** With `labelled`: only slices that a label speaks of. */
  similar: {
    params: RunScope & { readonly slice: string; readonly limit?: number; readonly labelled?: boolean };
    result: readonly SimilarView[];
  };
  /** Labelled ranges of all embedded runs, most similar first; without labels that overlap the range. `limit` is 5 by default. */
  similarIncidents: {
    params: RunScope & { readonly fromNs: NsString; readonly toNs: NsString; readonly limit?: number };
    result: readonly SimilarIncidentView[];
  };
  /** By start. */
  labels: { params: Record<string, never>; result: readonly LabelView[] };
  /** Takes the place of an earlier label with the same key, which is returned so that the change can be undone. */
  label: { params: LabelDraft; result: { readonly label: LabelView; readonly replaced: LabelView | null } };
  /** @returns what was removed, null when there was none */
  removeLabel: { params: LabelKey; result: LabelView | null };
  /**
   * Reads and writes a label file (CSV), which is created when labels exist and it does not. Nothing is overwritten on either side but by
   * `resolve`, and there only conflicts that are still what was listed. `reopen` takes such a resolution back: both sides are again what they
   * were, but for a side that was changed since.
   */
  syncLabels: {
    params: { readonly file: string; readonly resolve?: LabelResolution; readonly reopen?: LabelResolution };
    result: LabelSync;
  };
  /** Trains heads on the labelled ranges of the embedded runs. */
  tune: { params: TuneParams; result: TuneReport };
  /** Newest first, the default heads last. */
  heads: { params: Record<string, never>; result: readonly HeadVersionView[] };
  /** Findings of all runs are made with this version from now on. */
  useHeads: { params: { readonly version: string }; result: HeadVersionView };
  /** One file (safetensors) with weights, scores and metadata, no code. */
  exportHeads: { params: { readonly version: string; readonly file: string }; result: { readonly file: string } };
  importHeads: { params: { readonly file: string }; result: HeadVersionView };
  /** provider: which to try first; default `auto` */
  doctor: { params: { readonly provider?: ProviderChoice }; result: DoctorReport };
  /** Writes the simulated sample incident as ordinary telemetry files into `directory` (created when missing). */
  writeSample: { params: { readonly directory: string }; result: { readonly paths: readonly string[] } };
}

export type EngineMethod = keyof EngineMethods;

export type EnginePhase = 'identify' | 'parse' | 'aggregate' | 'features' | 'text' | 'encode' | 'states' | 'store' | 'tune';

export interface EmbedProgress {
  readonly phase: EnginePhase;
  /** 0..1 within the phase. */
  readonly fraction: number;
  /** The file in hand, or what is being done, in the user's words. */
  readonly detail: string;
  readonly records: number;
  /** In phase `tune`: the mean loss after the step in hand. */
  readonly loss?: number;
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
