/** Messages between the extension host and its panels. A panel pulls its first state; the host pushes changes. */
import type { EmbedPartial, EmbedProgress } from './engineRpc.js';
import type { Diagnosis, HeadVersionView, LabelView, NsString, SimilarIncidentView, TimelineView, TuneReport } from './views.js';

export type PanelKind = 'timeline' | 'stateMap' | 'diagnosis' | 'tuning';

/** The one selection all views share. Fields are independent; null = nothing chosen. */
export interface Selection {
  /** Incident range, half-open. */
  readonly range: { readonly startNs: NsString; readonly endNs: NsString } | null;
  readonly slice: string | null;
  readonly state: string | null;
  readonly entity: string | null;
}

export const EMPTY_SELECTION: Selection = { range: null, slice: null, state: null, entity: null };

/** How the training of one head went so far. */
export interface LossCurve {
  /** A `TunedPart`, or the engine's words for what is trained. */
  readonly head: string;
  /** Mean loss after each step. */
  readonly losses: readonly number[];
}

/** What a person chooses before training. */
export interface TuningChoices {
  readonly evenIfWorse: boolean;
  /** Adapt the encoder to the embedded slices first. */
  readonly adapt: boolean;
}

/** Fine-tuning heads from the labels of the workspace. */
export interface TuningState {
  /** In an untrusted workspace no head is trained, exchanged or read. */
  readonly isTrusted: boolean;
  readonly isRunning: boolean;
  /** While it runs; null before the first news. */
  readonly progress: EmbedProgress | null;
  /** Of the training in hand or the last one, in the order of training. */
  readonly curves: readonly LossCurve[];
  /** Of the last training of this session. */
  readonly report: TuneReport | null;
  /** Newest first, the default heads last; empty until they were asked for. */
  readonly versions: readonly HeadVersionView[];
  readonly error: string | null;
}

export const IDLE_TUNING: TuningState = {
  isTrusted: true,
  isRunning: false,
  progress: null,
  curves: [],
  report: null,
  versions: [],
  error: null,
};

/** What every panel shows from; `phase` says which of the fields are meaningful. */
export interface PanelState {
  readonly phase: 'empty' | 'running' | 'ready' | 'failed';
  readonly progress: EmbedProgress | null;
  readonly partial: EmbedPartial | null;
  readonly timeline: TimelineView | null;
  readonly selection: Selection;
  /** Diagnosis of `selection.range`, null while it is being computed or nothing is selected. */
  readonly diagnosis: Diagnosis | null;
  /** Labelled ranges most like `selection.range`, best first; null while they are looked for, and where nothing is labelled. */
  readonly similar: readonly SimilarIncidentView[] | null;
  /** In phase `failed` why there is nothing to show; in phase `ready` what went wrong since, while the earlier results stay. */
  readonly error: string | null;
  /** What was left out of the last embed of this session, in one line; null when everything was read. */
  readonly notice: string | null;
  /** What people said of time ranges, by start; of all runs, so some may lie outside of the one that is shown. */
  readonly labels: readonly LabelView[];
  readonly tuning: TuningState;
  /** IANA zone name for showing times, `UTC` by default. */
  readonly timeZone: string;
}

/** Requests a panel makes of the host. */
export interface PanelMethods {
  getState: { params: null; result: PanelState };
  select: { params: Partial<Selection>; result: null };
  /** Selects a range of a run of the store; when that is another than the one that is shown, it is shown instead. */
  openRange: { params: { readonly run: string; readonly range: NonNullable<Selection['range']> }; result: null };
  /** Reference range chosen by the user (alt-drag); null = back to automatic. Re-embeds. */
  setReference: { params: { readonly startNs: NsString; readonly endNs: NsString } | null; result: null };
  openEvidence: { params: { readonly path: string; readonly line: number }; result: null };
  openPanel: { params: { readonly panel: PanelKind }; result: null };
  /** Runs one of the extension's own commands, e.g. `runtimeSlicer.embedRuntimeSlice`. */
  runCommand: { params: { readonly command: string }; result: null };
  /** Starts training; how it goes and ends is told by `tuning` events. */
  tune: { params: TuningChoices; result: null };
  cancelTuning: { params: null; result: null };
  useHeads: { params: { readonly version: string }; result: null };
  /** Asks the user for a file. */
  exportHeads: { params: { readonly version: string }; result: null };
  /** Asks the user for a file. */
  importHeads: { params: null; result: null };
}

export type PanelMethod = keyof PanelMethods;

/** Pushed by the host to every panel. */
export type HostEvent =
  | { readonly type: 'state'; readonly state: PanelState }
  | { readonly type: 'selection'; readonly selection: Selection; readonly diagnosis: Diagnosis | null }
  | { readonly type: 'progress'; readonly progress: EmbedProgress; readonly partial: EmbedPartial | null }
  | { readonly type: 'similar'; readonly similar: readonly SimilarIncidentView[] | null }
  | { readonly type: 'labels'; readonly labels: readonly LabelView[] }
  | { readonly type: 'tuning'; readonly tuning: TuningState }
  /** Slice or entity under the pointer in another panel. */
  | { readonly type: 'hover'; readonly slice: string | null; readonly entity: string | null };

/** Wire format. `hover` is fire and forget from panel to host. */
export type PanelToHost =
  | { readonly type: 'request'; readonly id: number; readonly method: PanelMethod; readonly params: unknown }
  | { readonly type: 'hover'; readonly slice: string | null; readonly entity: string | null };
export type HostToPanel =
  | { readonly type: 'response'; readonly id: number; readonly result: unknown }
  | { readonly type: 'error'; readonly id: number; readonly message: string }
  | HostEvent;
