/** The panels' host side: creates, restores and closes them, answers their requests, tells all of them of changes. */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { HostEvent, HostToPanel, PanelKind } from '../../protocol/panelRpc.js';
import type { Subscription } from '../emitter.js';
import { PANEL_BUNDLES, PANEL_KINDS, PANEL_VIEW_TYPES } from '../ids.js';
import { toPanelHtml } from './panelHtml.js';
import { answerPanelMessage, type PanelActions } from './panelMessages.js';

export interface PanelsOptions {
  readonly extensionUri: vscode.Uri;
  readonly actions: PanelActions;
  readonly log: vscode.LogOutputChannel;
}

export class Panels implements Subscription {
  private readonly options: PanelsOptions;
  private readonly open = new Map<PanelKind, vscode.WebviewPanel>();
  /** Settled when the panel's script first asks for something, so that it has painted. */
  private readonly painted = new WeakMap<vscode.WebviewPanel, PromiseWithResolvers<undefined>>();
  private readonly serializers: readonly Subscription[];

  constructor(options: PanelsOptions) {
    this.options = options;
    this.serializers = PANEL_KINDS.map((kind) =>
      vscode.window.registerWebviewPanelSerializer(PANEL_VIEW_TYPES[kind], {
        deserializeWebviewPanel: (panel) => {
          this.adopt(kind, panel);
          return Promise.resolve();
        },
      }),
    );
  }

  isOpen(kind: PanelKind): boolean {
    return this.open.has(kind) || findTab(kind) !== undefined;
  }

  findColumn(kind: PanelKind): vscode.ViewColumn | undefined {
    return this.open.get(kind)?.viewColumn ?? findTab(kind)?.group.viewColumn;
  }

  /** Brings the panel to the front, in `column` when it is not open yet. */
  show(kind: PanelKind, column: vscode.ViewColumn, preserveFocus: boolean): void {
    const existing = this.open.get(kind);
    if (existing !== undefined) {
      existing.reveal(undefined, preserveFocus);
      return;
    }
    // A tab that was hidden when the window reloaded comes back to its serializer only when somebody looks at it: the panel takes its place.
    const stale = findTab(kind);
    const panel = vscode.window.createWebviewPanel(
      PANEL_VIEW_TYPES[kind],
      toPanelTitle(kind),
      { viewColumn: stale?.group.viewColumn ?? column, preserveFocus },
      this.webviewOptions(),
    );
    this.adopt(kind, panel);
    if (stale !== undefined) {
      // After the new one is there: a group that loses its last tab closes. Fails only when the tab has gone meanwhile.
      void vscode.window.tabGroups.close(stale, true).then(undefined, () => undefined);
    }
  }

  /** Resolves when the panel has painted, or cannot soon: it is not in sight, or `limitMs` has passed. Never rejects. */
  async whenPainted(kind: PanelKind, limitMs: number): Promise<void> {
    const panel = this.open.get(kind);
    const painted = panel?.visible === true ? this.painted.get(panel)?.promise : Promise.resolve();
    const limit = new AbortController();
    await Promise.race([painted, sleep(limitMs, undefined, { signal: limit.signal }).catch(() => undefined)]);
    limit.abort();
  }

  /** Hidden panels get nothing: they pull the state when they are shown again. */
  broadcast(event: HostEvent): void {
    for (const panel of this.open.values()) {
      if (panel.visible) {
        post(panel, event);
      }
    }
  }

  dispose(): void {
    this.serializers.forEach((serializer) => {
      serializer.dispose();
    });
    // Not closed: VS Code keeps them over a reload and gives them back to the serializers.
    this.open.clear();
  }

  private webviewOptions(): vscode.WebviewPanelOptions & vscode.WebviewOptions {
    const { extensionUri } = this.options;
    return {
      enableScripts: true,
      enableForms: false,
      enableFindWidget: false,
      retainContextWhenHidden: false,
      localResourceRoots: [vscode.Uri.joinPath(extensionUri, 'dist', 'webview'), vscode.Uri.joinPath(extensionUri, 'media')],
    };
  }

  private adopt(kind: PanelKind, panel: vscode.WebviewPanel): void {
    this.open.get(kind)?.dispose();
    this.open.set(kind, panel);
    const painted = Promise.withResolvers<undefined>();
    this.painted.set(panel, painted);
    const { extensionUri, actions, log } = this.options;
    panel.title = toPanelTitle(kind);
    panel.iconPath = {
      light: vscode.Uri.joinPath(extensionUri, 'media', 'panelLight.svg'),
      dark: vscode.Uri.joinPath(extensionUri, 'media', 'panelDark.svg'),
    };
    panel.webview.options = this.webviewOptions();
    panel.webview.onDidReceiveMessage((message: unknown) => {
      painted.resolve(undefined);
      const panelActions: PanelActions = {
        ...actions,
        hover: (slice, entity) => {
          this.relayHover(kind, { type: 'hover', slice, entity });
        },
      };
      void answerPanelMessage(
        message,
        panelActions,
        (answer) => {
          post(panel, answer);
        },
        (reason) => {
          log.warn(`${kind}: ${reason}`);
        },
      );
    });
    panel.onDidDispose(() => {
      painted.resolve(undefined);
      if (this.open.get(kind) === panel) {
        this.open.delete(kind);
      }
    });
    panel.webview.html = this.toHtml(kind, panel.webview);
  }

  /** What is under the pointer in one panel shows in the others, not in the one it came from. */
  private relayHover(from: PanelKind, event: HostEvent): void {
    for (const [kind, panel] of this.open) {
      if (kind !== from && panel.visible) {
        post(panel, event);
      }
    }
  }

  private toHtml(kind: PanelKind, webview: vscode.Webview): string {
    const folder = vscode.Uri.joinPath(this.options.extensionUri, 'dist', 'webview');
    const style = vscode.Uri.joinPath(folder, `${PANEL_BUNDLES[kind]}.css`);
    return toPanelHtml({
      title: toPanelTitle(kind),
      language: vscode.env.language,
      scriptUri: webview.asWebviewUri(vscode.Uri.joinPath(folder, `${PANEL_BUNDLES[kind]}.js`)).toString(),
      styleUri: fs.existsSync(style.fsPath) ? webview.asWebviewUri(style).toString() : null,
      cspSource: webview.cspSource,
      nonce: randomBytes(16).toString('base64url'),
      opening: toOpeningText(kind),
    });
  }
}

/** The tab of a panel, also of one that has not been looked at since the window was reloaded. VS Code prefixes the view type. */
function findTab(kind: PanelKind): vscode.Tab | undefined {
  return vscode.window.tabGroups.all
    .flatMap((group) => group.tabs)
    .find((tab) => tab.input instanceof vscode.TabInputWebview && tab.input.viewType.endsWith(PANEL_VIEW_TYPES[kind]));
}

/** A panel that closes while a message is on its way is nothing to report: its state is pulled when it opens again. */
function post(panel: vscode.WebviewPanel, message: HostToPanel): void {
  void panel.webview.postMessage(message).then(undefined, () => undefined);
}

function toOpeningText(kind: PanelKind): string {
  switch (kind) {
    case 'timeline':
      return vscode.l10n.t('Opening the timeline…');
    case 'stateMap':
      return vscode.l10n.t('Opening the state map…');
    case 'diagnosis':
      return vscode.l10n.t('Opening the diagnosis…');
    case 'tuning':
      return vscode.l10n.t('Opening the heads…');
  }
}

export function toPanelTitle(kind: PanelKind): string {
  switch (kind) {
    case 'timeline':
      return vscode.l10n.t('Runtime Timeline');
    case 'stateMap':
      return vscode.l10n.t('State Map');
    case 'diagnosis':
      return vscode.l10n.t('Diagnosis');
    case 'tuning':
      return vscode.l10n.t('Fine-Tune Heads');
  }
}
