/** Every id the extension shares with package.json, VS Code or its tests. `contributions.test.ts` checks package.json against this file. */
import type { PanelKind } from '../protocol/panelRpc.js';

export const EXTENSION_ID = 'runtimeslicer.runtimeslicer';

/** Commands of the command palette. Panels may run these, and only these. */
export const COMMANDS = {
  embedRuntimeSlice: 'runtimeSlicer.embedRuntimeSlice',
  openTimeline: 'runtimeSlicer.openTimeline',
  openStateMap: 'runtimeSlicer.openStateMap',
  openDiagnosis: 'runtimeSlicer.openDiagnosis',
  openSampleIncident: 'runtimeSlicer.openSampleIncident',
  showEngineStatus: 'runtimeSlicer.showEngineStatus',
  chooseReferenceRange: 'runtimeSlicer.chooseReferenceRange',
  resetReference: 'runtimeSlicer.resetReference',
  cancel: 'runtimeSlicer.cancel',
  restartEngine: 'runtimeSlicer.restartEngine',
  showLog: 'runtimeSlicer.showLog',
  goToFirstEvidence: 'runtimeSlicer.goToFirstEvidence',
  nextAbnormalRange: 'runtimeSlicer.nextAbnormalRange',
  previousAbnormalRange: 'runtimeSlicer.previousAbnormalRange',
  labelRange: 'runtimeSlicer.labelRange',
  undoLabel: 'runtimeSlicer.undoLabel',
  removeLabel: 'runtimeSlicer.removeLabel',
  resolveLabelConflicts: 'runtimeSlicer.resolveLabelConflicts',
  fineTuneHead: 'runtimeSlicer.fineTuneHead',
  adaptToSystem: 'runtimeSlicer.adaptToSystem',
  undoStateChange: 'runtimeSlicer.undoStateChange',
} as const;

/** Commands of rows in the state explorer; they need a row and are hidden from the palette. */
export const TREE_COMMANDS = {
  openEvidence: 'runtimeSlicer.stateExplorer.openEvidence',
  copy: 'runtimeSlicer.stateExplorer.copy',
  revealInTimeline: 'runtimeSlicer.stateExplorer.revealInTimeline',
  showMore: 'runtimeSlicer.stateExplorer.showMore',
  labelState: 'runtimeSlicer.labelState',
  renameState: 'runtimeSlicer.renameState',
  mergeState: 'runtimeSlicer.mergeState',
  splitState: 'runtimeSlicer.splitState',
  pinState: 'runtimeSlicer.pinState',
  unpinState: 'runtimeSlicer.unpinState',
} as const;

export type CommandId = (typeof COMMANDS)[keyof typeof COMMANDS];

const commandIds: ReadonlySet<string> = new Set(Object.values(COMMANDS));

export function isCommandId(id: string): id is CommandId {
  return commandIds.has(id);
}

export const VIEW_CONTAINER = 'runtimeSlicer';
export const STATE_EXPLORER = 'runtimeSlicer.stateExplorer';

export const CONTEXT_KEYS = {
  /** `PanelState.phase`: empty, running, ready or failed. */
  phase: 'runtimeSlicer.phase',
  hasDiagnosis: 'runtimeSlicer.hasDiagnosis',
  hasChosenReference: 'runtimeSlicer.hasChosenReference',
  hasAbnormalRanges: 'runtimeSlicer.hasAbnormalRanges',
  hasLabels: 'runtimeSlicer.hasLabels',
  hasLabelToUndo: 'runtimeSlicer.hasLabelToUndo',
  hasLabelConflicts: 'runtimeSlicer.hasLabelConflicts',
} as const;

/** `viewType` of each panel, also its serializer's key. */
export const PANEL_VIEW_TYPES: Readonly<Record<PanelKind, string>> = {
  timeline: 'runtimeSlicer.timeline',
  stateMap: 'runtimeSlicer.stateMap',
  diagnosis: 'runtimeSlicer.diagnosis',
  tuning: 'runtimeSlicer.tuning',
};

export const PANEL_KINDS = ['timeline', 'stateMap', 'diagnosis', 'tuning'] as const satisfies readonly PanelKind[];

/** Base name of each panel's script and style sheet in `dist/webview`. */
export const PANEL_BUNDLES: Readonly<Record<PanelKind, string>> = {
  timeline: 'timeline',
  stateMap: 'statemap',
  diagnosis: 'diagnosis',
  tuning: 'tuning',
};

export const SETTINGS_SECTION = 'runtimeSlicer';
export const SETTINGS = {
  window: 'window',
  executionProvider: 'executionProvider',
  timeZone: 'timeZone',
  utcOffset: 'utcOffset',
  failureTypes: 'failureTypes',
} as const;

/** `contextValue` of rows in the state explorer, for the menus of package.json. */
export const TREE_CONTEXTS = {
  state: 'state',
  statePinned: 'statePinned',
  stateUsual: 'stateUsual',
  stateUnknown: 'stateUnknown',
  slice: 'slice',
  incident: 'incident',
  finding: 'finding',
  evidence: 'evidence',
  evidenceWithPlace: 'evidenceWithPlace',
  note: 'note',
} as const;

/** URI schemes of read-only documents. */
export const EXCERPT_SCHEME = 'runtimeslicer-excerpt';
export const STATUS_SCHEME = 'runtimeslicer-status';

export const WALKTHROUGH = 'gettingStarted';
