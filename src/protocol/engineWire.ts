/** What travels between the engine process and its clients, besides JSON-RPC itself. */
import type { EmbedPartial, EmbedProgress, EngineErrorCode, EngineMethod } from './engineRpc.js';

/** Every method once; the type fails to compile when the table gains one. */
const METHODS: Readonly<Record<EngineMethod, true>> = {
  embed: true,
  runs: true,
  timeline: true,
  slices: true,
  states: true,
  renameState: true,
  mergeStates: true,
  splitState: true,
  pinState: true,
  undoStateChange: true,
  transitions: true,
  diagnose: true,
  similar: true,
  similarIncidents: true,
  labels: true,
  label: true,
  removeLabel: true,
  syncLabels: true,
  tune: true,
  heads: true,
  useHeads: true,
  exportHeads: true,
  importHeads: true,
  doctor: true,
  writeSample: true,
};

export const ENGINE_METHODS = Object.keys(METHODS) as readonly EngineMethod[];

/** Parameters of every request: `call` is the client's number for it, which notifications refer to. */
export interface WireCall {
  readonly call: number;
  readonly params: unknown;
}

/** Request without parameters, answered with null as soon as the engine's event loop turns. */
export const PING = 'ping';

/** Notification names, from the engine. */
export const PROGRESS = 'progress';
export const PARTIAL = 'partial';
export const HEARTBEAT = 'heartbeat';

export interface ProgressNotice {
  readonly call: number;
  readonly progress: EmbedProgress;
}

export interface PartialNotice {
  readonly call: number;
  readonly partial: EmbedPartial;
}

/** Sent every `HEARTBEAT_INTERVAL_MS` while the engine's event loop turns. */
export interface Heartbeat {
  /** Calls in hand. */
  readonly calls: number;
  readonly rssBytes: number;
}

export const HEARTBEAT_INTERVAL_MS = 2000;

/** JSON-RPC error code of every error that carries `WireErrorData`. */
export const ENGINE_ERROR = -32000;

export interface WireErrorData {
  readonly code: EngineErrorCode;
}
