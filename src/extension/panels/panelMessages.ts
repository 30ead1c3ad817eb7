/** The trust line between a panel and the host: every message is checked, every request is answered, errors go back to the caller. */
import type { HostToPanel, PanelKind, PanelMethod, PanelMethods, Selection, TuningChoices } from '../../protocol/panelRpc.js';
import type { NsString } from '../../protocol/views.js';
import { toErrorText } from '../engine/engineCalls.js';
import { type CommandId, isCommandId, PANEL_KINDS } from '../ids.js';
import { l10n } from '../localize.js';

/** What the host does for a panel; parameters are already checked. */
export interface PanelActions {
  getState(): Promise<PanelMethods['getState']['result']>;
  select(patch: Partial<Selection>): void;
  openRange(run: string, range: { readonly startNs: NsString; readonly endNs: NsString }): Promise<void>;
  setReference(range: { readonly startNs: NsString; readonly endNs: NsString } | null): Promise<void>;
  openEvidence(path: string, line: number): Promise<void>;
  openPanel(panel: PanelKind): void;
  runCommand(command: CommandId): Promise<void>;
  tune(choices: TuningChoices): void;
  cancelTuning(): void;
  useHeads(version: string): Promise<void>;
  exportHeads(version: string): Promise<void>;
  importHeads(): Promise<void>;
  hover(slice: string | null, entity: string | null): void;
}

/** Answers one message of a panel. Never rejects: what goes wrong is sent to the caller, or to `onBadMessage` when there is none to answer. */
export async function answerPanelMessage(
  message: unknown,
  actions: PanelActions,
  reply: (answer: HostToPanel) => void,
  onBadMessage: (reason: string) => void,
): Promise<void> {
  const fields = toFields(message);
  if (fields?.type === 'hover' && isTextOrNull(fields.slice) && isTextOrNull(fields.entity)) {
    actions.hover(fields.slice, fields.entity);
    return;
  }
  if (fields?.type !== 'request' || typeof fields.id !== 'number') {
    onBadMessage(l10n.t('A panel sent a message that is neither a request nor a hover.'));
    return;
  }
  const id = fields.id;
  try {
    reply({ type: 'response', id, result: await dispatch(fields.method, fields.params, actions) });
  } catch (error) {
    reply({ type: 'error', id, message: toErrorText(error) });
  }
}

type Handlers = { readonly [M in PanelMethod]: (params: unknown, actions: PanelActions) => Promise<PanelMethods[M]['result']> };

const handlers: Handlers = {
  getState: (_params, actions) => actions.getState(),
  select: (params, actions) => {
    actions.select(toSelectionPatch(params));
    return Promise.resolve(null);
  },
  openRange: async (params, actions) => {
    const fields = toFields(params);
    if (typeof fields?.run !== 'string' || fields.run === '') {
      throw new TypeError(l10n.t('{0}: expected {1}.', 'openRange', '{ run, range }'));
    }
    await actions.openRange(fields.run, toRange(fields.range, 'openRange.range'));
    return null;
  },
  setReference: async (params, actions) => {
    await actions.setReference(params === null ? null : toRange(params, 'setReference'));
    return null;
  },
  openEvidence: async (params, actions) => {
    const fields = toFields(params);
    if (typeof fields?.path !== 'string' || typeof fields.line !== 'number' || !Number.isSafeInteger(fields.line) || fields.line < 1) {
      throw new TypeError(l10n.t('{0}: expected {1}.', 'openEvidence', '{ path, line ≥ 1 }'));
    }
    await actions.openEvidence(fields.path, fields.line);
    return null;
  },
  openPanel: (params, actions) => {
    const panel = toFields(params)?.panel;
    const known = PANEL_KINDS.find((kind) => kind === panel);
    if (known === undefined) {
      throw new TypeError(l10n.t('{0}: expected {1}.', 'openPanel', PANEL_KINDS.join(', ')));
    }
    actions.openPanel(known);
    return Promise.resolve(null);
  },
  runCommand: async (params, actions) => {
    const command = toFields(params)?.command;
    if (typeof command !== 'string' || !isCommandId(command)) {
      throw new TypeError(l10n.t("{0}: only RuntimeSlicer's own commands can be run from a panel.", 'runCommand'));
    }
    await actions.runCommand(command);
    return null;
  },
  tune: (params, actions) => {
    const { evenIfWorse, adapt } = toFields(params) ?? {};
    if (typeof evenIfWorse !== 'boolean' || typeof adapt !== 'boolean') {
      throw new TypeError(l10n.t('{0}: expected {1}.', 'tune', '{ evenIfWorse, adapt }'));
    }
    actions.tune({ evenIfWorse, adapt });
    return Promise.resolve(null);
  },
  cancelTuning: (_params, actions) => {
    actions.cancelTuning();
    return Promise.resolve(null);
  },
  useHeads: async (params, actions) => {
    await actions.useHeads(toVersion(params, 'useHeads'));
    return null;
  },
  exportHeads: async (params, actions) => {
    await actions.exportHeads(toVersion(params, 'exportHeads'));
    return null;
  },
  importHeads: async (_params, actions) => {
    await actions.importHeads();
    return null;
  },
};

async function dispatch(method: unknown, params: unknown, actions: PanelActions): Promise<unknown> {
  if (typeof method !== 'string' || !Object.hasOwn(handlers, method)) {
    throw new TypeError(l10n.t('A panel asked for something the extension does not know.'));
  }
  return handlers[method as PanelMethod](params, actions);
}

function toSelectionPatch(params: unknown): Partial<Selection> {
  const fields = toFields(params);
  if (fields === undefined) {
    throw new TypeError(l10n.t('{0}: expected {1}.', 'select', '{ range?, slice?, state?, entity? }'));
  }
  const patch: { -readonly [K in keyof Selection]?: Selection[K] } = {};
  for (const key of ['slice', 'state', 'entity'] as const) {
    const value = fields[key];
    if (value === undefined) {
      continue;
    }
    if (!isTextOrNull(value)) {
      throw new TypeError(l10n.t('{0}: expected {1}.', `select.${key}`, 'string | null'));
    }
    patch[key] = value;
  }
  if (fields.range !== undefined) {
    patch.range = fields.range === null ? null : toRange(fields.range, 'select.range');
  }
  return patch;
}

function toRange(value: unknown, name: string): { readonly startNs: NsString; readonly endNs: NsString } {
  const fields = toFields(value);
  if (isNsString(fields?.startNs) && isNsString(fields.endNs) && BigInt(fields.startNs) < BigInt(fields.endNs)) {
    return { startNs: fields.startNs, endNs: fields.endNs };
  }
  throw new TypeError(l10n.t('{0}: expected {1}.', name, '{ startNs < endNs }'));
}

function toVersion(params: unknown, name: string): string {
  const version = toFields(params)?.version;
  if (typeof version !== 'string' || version === '') {
    throw new TypeError(l10n.t('{0}: expected {1}.', name, '{ version }'));
  }
  return version;
}

function isNsString(value: unknown): value is NsString {
  return typeof value === 'string' && /^-?\d{1,19}$/.test(value);
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}

function toFields(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}
