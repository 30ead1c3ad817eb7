import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  COMMANDS,
  CONTEXT_KEYS,
  EXTENSION_ID,
  PANEL_VIEW_TYPES,
  SETTINGS,
  SETTINGS_SECTION,
  STATE_EXPLORER,
  TREE_COMMANDS,
  TREE_CONTEXTS,
  VIEW_CONTAINER,
  WALKTHROUGH,
} from '../../../src/extension/ids.js';
import { STATE_COLOURS } from '../../../src/extension/stateExplorer/stateIcon.js';

interface Menu {
  readonly command: string;
  readonly when?: string;
}

interface Manifest {
  readonly name: string;
  readonly publisher: string;
  readonly main: string;
  readonly activationEvents: readonly string[];
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly enablement?: string }[];
    readonly menus: Readonly<Record<string, readonly Menu[]>>;
    readonly views: Readonly<Record<string, readonly { readonly id: string; readonly icon: string }[]>>;
    readonly viewsContainers: { readonly activitybar: readonly { readonly id: string; readonly icon: string }[] };
    readonly colors: readonly { readonly id: string }[];
    readonly configuration: { readonly properties: Readonly<Record<string, { readonly default: unknown }>> };
    readonly walkthroughs: readonly {
      readonly id: string;
      readonly steps: readonly { readonly media: { readonly markdown: string }; readonly completionEvents: readonly string[] }[];
    }[];
  };
  readonly capabilities: { readonly untrustedWorkspaces: { readonly restrictedConfigurations: readonly string[] } };
}

const root = path.resolve(import.meta.dirname, '../../..');
const read = (file: string): string => fs.readFileSync(path.join(root, file), 'utf8');
const manifest = JSON.parse(read('package.json')) as Manifest;
const strings = JSON.parse(read('package.nls.json')) as Readonly<Record<string, string>>;
const { contributes } = manifest;
const commandIds = [...Object.values(COMMANDS), ...Object.values(TREE_COMMANDS)] as readonly string[];

/** Every string of the manifest's part that VS Code shows, with its place. */
function collectShownStrings(value: unknown, place: string): readonly (readonly [string, string])[] {
  const shown = /^(title|category|description|markdownDescription|contents|name|contextualTitle|enumDescriptions)$/;
  if (typeof value === 'string') {
    return shown.test(place.split('.').findLast((part) => !/^\d+$/.test(part)) ?? '') ? [[place, value]] : [];
  }
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  return Object.entries(value).flatMap(([key, child]) => collectShownStrings(child, `${place}.${key}`));
}

describe('package.json', () => {
  it('declares exactly the commands of ids.ts', () => {
    expect(contributes.commands.map(({ command }) => command).toSorted()).toEqual(commandIds.toSorted());
  });

  it('refers to known commands in menus', () => {
    const used = Object.values(contributes.menus).flatMap((menu) => menu.map(({ command }) => command));
    expect(used.filter((command) => !commandIds.includes(command))).toEqual([]);
  });

  it('hides from the palette what needs a row', () => {
    const hidden = contributes.menus.commandPalette?.filter(({ when }) => when === 'false').map(({ command }) => command);
    expect(hidden?.toSorted()).toEqual(Object.values(TREE_COMMANDS).toSorted());
  });

  it('uses known context keys and row contexts in conditions', () => {
    const conditions = JSON.stringify(contributes);
    const used = [...conditions.matchAll(/runtimeSlicer\.(?:phase|has\w+)/g)].map(([key]) => key);
    const known = Object.values(CONTEXT_KEYS) as readonly string[];
    expect(new Set(used)).toEqual(new Set(known));
    const rows = [...conditions.matchAll(/viewItem == (\w+)/g)].map(([, row]) => row);
    expect(rows.every((row) => Object.values<string | undefined>(TREE_CONTEXTS).includes(row))).toBe(true);
  });

  it('declares the view, its container and the walkthrough of ids.ts', () => {
    expect(contributes.viewsContainers.activitybar.map(({ id }) => id)).toEqual([VIEW_CONTAINER]);
    expect(contributes.views[VIEW_CONTAINER]?.map(({ id }) => id)).toEqual([STATE_EXPLORER]);
    expect(contributes.walkthroughs.map(({ id }) => id)).toEqual([WALKTHROUGH]);
    expect(`${manifest.publisher}.${manifest.name}`).toBe(EXTENSION_ID);
  });

  it('declares the settings and colours that the code reads', () => {
    const declared = Object.keys(contributes.configuration.properties).toSorted();
    expect(declared).toEqual(
      Object.values(SETTINGS)
        .map((name) => `${SETTINGS_SECTION}.${name}`)
        .toSorted(),
    );
    const colours = [...STATE_COLOURS.usual, ...STATE_COLOURS.abnormal, STATE_COLOURS.unknown];
    expect(contributes.colors.map(({ id }) => id).toSorted()).toEqual(colours.toSorted());
    expect(manifest.capabilities.untrustedWorkspaces.restrictedConfigurations.every((id) => declared.includes(id))).toBe(true);
  });

  it('offers the kinds of failure that the shipped head knows', () => {
    const { failureType } = JSON.parse(read('models/encoder/heads.json')) as { failureType: { types: readonly string[] } };
    expect(contributes.configuration.properties[`${SETTINGS_SECTION}.${SETTINGS.failureTypes}`]?.default).toEqual(failureType.types);
  });

  it('trains heads in trusted workspaces only', () => {
    const command = contributes.commands.find((candidate) => candidate.command === COMMANDS.fineTuneHead);
    expect(command?.enablement).toContain('isWorkspaceTrusted');
    expect(strings['capabilities.untrusted']).toContain('no head is trained');
  });

  it('activates for its panels; commands and views activate by themselves', () => {
    expect(manifest.activationEvents.toSorted()).toEqual(
      Object.values(PANEL_VIEW_TYPES)
        .map((type) => `onWebviewPanel:${type}`)
        .toSorted(),
    );
    expect(manifest.main).toBe('./dist/extension.cjs');
  });

  it('takes every string a person sees from package.nls.json, and every string there is used', () => {
    const shown = collectShownStrings({ contributes, capabilities: manifest.capabilities }, '');
    const literal = shown.filter(([, text]) => !/^%[^%]+%$/.test(text));
    expect(literal).toEqual([]);
    const keys = shown.map(([, text]) => text.slice(1, -1));
    expect(keys.length).toBeGreaterThan(40);
    expect(new Set(keys)).toEqual(new Set(Object.keys(strings)));
  });

  it('links and completes with known commands', () => {
    const linked = Object.values(strings).flatMap((text) => [...text.matchAll(/\(command:([\w.]+)\)/g)].map(([, id]) => id));
    const completing = contributes.walkthroughs.flatMap(({ steps }) => steps.flatMap(({ completionEvents }) => completionEvents));
    const used = [...linked, ...completing.map((event) => event.replace('onCommand:', ''))];
    expect(used.length).toBeGreaterThan(8);
    expect(used.filter((id) => id === undefined || !commandIds.includes(id))).toEqual([]);
  });

  it('refers to icons and walkthrough pages that exist, and those to pictures that exist', () => {
    const icons = [...contributes.viewsContainers.activitybar, ...Object.values(contributes.views).flat()].map(({ icon }) => icon);
    const pages = contributes.walkthroughs.flatMap(({ steps }) => steps.map(({ media }) => media.markdown));
    const pictures = pages.flatMap((page) =>
      [...read(page).matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map(([, file]) => path.join(path.dirname(page), file ?? '')),
    );
    expect(pictures).toHaveLength(pages.length);
    for (const file of [...icons, ...pages, ...pictures]) {
      expect(fs.existsSync(path.join(root, file)), file).toBe(true);
    }
  });
});
