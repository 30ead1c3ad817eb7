/** Choosing what "usual" is measured against, and embedding anew with it. */
import * as vscode from 'vscode';
import type { EmbedParams } from '../../protocol/views.js';
import { embed, type EmbedContext } from './embedCommands.js';
import { type NsRange, parseReferenceRange, toRangeInput, toReferenceChoices } from './referenceChoices.js';

export async function chooseReferenceRange(context: EmbedContext): Promise<void> {
  const { model } = context;
  const choice = await vscode.window.showQuickPick(toReferenceChoices(model.state), {
    title: vscode.l10n.t('Reference Range'),
    placeHolder: vscode.l10n.t('Which time was usual?'),
  });
  if (choice === undefined) {
    return;
  }
  if (choice.range === 'automatic') {
    await setReference(context, null);
    return;
  }
  const range = choice.range === 'ask' ? await askForRange(context) : choice.range;
  if (range !== undefined) {
    await setReference(context, range);
  }
}

/** @param range null = chosen automatically. @throws Error when nothing is embedded yet. */
export async function setReference(context: EmbedContext, range: NsRange | null): Promise<void> {
  const { params } = context.model;
  if (params === null) {
    throw new Error(vscode.l10n.t('Embed files first; then choose which time was usual.'));
  }
  const next: { -readonly [K in keyof EmbedParams]: EmbedParams[K] } = { ...params };
  delete next.reference;
  await embed(context, range === null ? next : { ...next, reference: [range] });
}

async function askForRange(context: EmbedContext): Promise<NsRange | undefined> {
  const { timeline, selection } = context.model.state;
  const known = selection.range ?? timeline;
  const text = await vscode.window.showInputBox({
    title: vscode.l10n.t('Reference Range'),
    prompt: vscode.l10n.t('From..to, ISO 8601, UTC when no zone is given'),
    ...(known === null ? {} : { value: toRangeInput(known) }),
    validateInput: (value) => {
      const parsed = parseReferenceRange(value);
      return typeof parsed === 'string' ? parsed : undefined;
    },
  });
  const parsed = text === undefined ? undefined : parseReferenceRange(text);
  return typeof parsed === 'string' ? undefined : parsed;
}
