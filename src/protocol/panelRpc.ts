/** Messages between the extension host and its panels. A panel pulls its first state; the host pushes changes. */
import type { EmbedPartial, EmbedProgress } from './engineRpc.js';
import type { Diagnosis, NsString, TimelineView } from './views.js';

export type PanelKind = 'timeline' | 'stateMap' | 'diagnosis';

/** The one selection all views share. Fields are independent; null = nothing chosen. */
export interface Selection {
  /** Incident range, half-open. */
  readonly range: { readonly startNs: NsString; readonly endNs: NsString } | null;
  readonly slice: string | null;
  readonly state: string | null;
  readonly entity: string | null;
}

export const EMPTY_SELECTION: Selection = { range: null, slice: null, state: null, entity: null };

/** What every panel shows from; `phase` says which of the fields are meaningful. */
export interface PanelState {
  readonly phase: 'empty' | 'running' | 'ready' | 'failed';
  readonly progress: EmbedProgress | null;
  readonly partial: EmbedPartial | null;
  readonly timeline: TimelineView | null;
  readonly selection: Selection;
  /** Diagnosis of `selection.range`, null while it is being computed or nothing is selected. */
  readonly diagnosis: Diagnosis | null;
  /** In phase `failed` why there is nothing to show; in phase `ready` what went wrong since, while the earlier results stay. */
  readonly error: string | null;
  /** What was left out of the last embed of this session, in one line; null when everything was read. */
  readonly notice: string | null;
  /** IANA zone name for showing times, `UTC` by default. */
  readonly timeZone: string;
}

/** Requests a panel makes of the host. */
export interface PanelMethods {
  getState: { params: null; result: PanelState };
  select: { params: Partial<Selection>; result: null };
  /** Reference range chosen by the user (alt-drag); null = back to automatic. Re-embeds. */
  setReference: { params: { readonly startNs: NsString; readonly endNs: NsString } | null; result: null };
  openEvidence: { params: { readonly path: string; readonly line: number }; result: null };
  openPanel: { params: { readonly panel: PanelKind }; result: null };
  /** Runs one of the extension's own commands, e.g. `runtimeSlicer.embedRuntimeSlice`. */
  runCommand: { params: { readonly command: string }; result: null };
}

export type PanelMethod = keyof PanelMethods;

/** Pushed by the host to every panel. */
export type HostEvent =
  | { readonly type: 'state'; readonly state: PanelState }
  | { readonly type: 'selection'; readonly selection: Selection; readonly diagnosis: Diagnosis | null }
  | { readonly type: 'progress'; readonly progress: EmbedProgress; readonly partial: EmbedPartial | null }
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
