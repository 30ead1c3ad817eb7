/** The workbench as a person uses it: palette, Explorer, side bar, panels. Every wait is for something that shows. */
import fs from 'node:fs';
import path from 'node:path';
import type { Browser, BrowserContext, Frame, Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { artifacts } from '../host/vsix.js';

const LOCAL_HOSTS = ['127.0.0.1', 'localhost'];
const PALETTE_ATTEMPTS = 8;
const LOCAL_PROTOCOLS = ['data:', 'blob:'];

/** The workbench's own frame around a panel warns of its sandbox; that is none of the panel's doing. */
function isOfPanel(origin: string, text: string): boolean {
  return (
    !text.includes('allow-scripts and allow-same-origin') &&
    (/dist\/webview\/|fake\.html/.test(origin) || text.includes('Content Security Policy directive'))
  );
}

async function appears(locator: Locator): Promise<boolean> {
  return locator.waitFor({ timeout: 2000 }).then(
    () => true,
    () => false,
  );
}

export class Workbench {
  readonly page: Page;
  readonly #context: BrowserContext;
  readonly #externalRequests: string[] = [];
  readonly #consoleErrors: string[] = [];
  readonly #panelProblems: string[] = [];

  private constructor(context: BrowserContext, page: Page) {
    this.#context = context;
    this.page = page;
    page.on('console', (message) => {
      if (message.type() === 'error') this.#consoleErrors.push(message.text());
      const isProblem = message.type() === 'error' || message.type() === 'warning';
      if (isProblem && isOfPanel(message.location().url, message.text())) this.#panelProblems.push(message.text());
    });
    page.on('pageerror', (error) => {
      if (isOfPanel(error.stack ?? '', error.message)) this.#panelProblems.push(error.message);
    });
  }

  /** Opens the workbench; requests that would leave this machine are blocked and remembered. */
  static async open(browser: Browser, url: string): Promise<Workbench> {
    const context = await browser.newContext({ viewport: { width: 1600, height: 1000 } });
    context.setDefaultTimeout(15_000);
    const workbench = new Workbench(context, await context.newPage());
    await context.route(
      ({ hostname, protocol }) => !LOCAL_HOSTS.includes(hostname) && !LOCAL_PROTOCOLS.includes(protocol),
      async (route) => {
        workbench.#externalRequests.push(route.request().url());
        await route.abort();
      },
    );
    await workbench.#load(url);
    return workbench;
  }

  async #load(url: string): Promise<void> {
    await this.page.goto(url);
    await this.page.locator('.monaco-workbench').waitFor({ timeout: 60_000 });
    await this.page.locator('.explorer-folders-view .monaco-list-row').first().waitFor({ timeout: 60_000 });
  }

  get externalRequests(): readonly string[] {
    return this.#externalRequests;
  }

  /** Errors and warnings of the panels: their own scripts, and breaches of their content policy. */
  get panelProblems(): readonly string[] {
    return this.#panelProblems;
  }

  get consoleErrors(): readonly string[] {
    return this.#consoleErrors;
  }

  /** Like closing and opening the window: the extension host starts anew. */
  async reload(): Promise<void> {
    await this.#load(this.page.url());
  }

  async close(): Promise<void> {
    await this.#context.close();
  }

  async screenshot(name: string): Promise<void> {
    fs.mkdirSync(path.join(artifacts, 'screenshots'), { recursive: true });
    // What is fading in is drawn as it will be.
    await this.page.screenshot({ path: path.join(artifacts, 'screenshots', `${name}.png`), animations: 'disabled' });
  }

  /**
   * Opens the command palette with `text` typed and a matching row in it. Tried again as a person would: the first key press of a busy
   * workbench may be lost, and the list is not filled anew when an extension's commands arrive late.
   */
  async #openPalette(text: string): Promise<Locator> {
    const input = this.page.locator('.quick-input-widget input.input');
    const row = this.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: text }).first();
    for (let attempt = 1; ; attempt += 1) {
      try {
        if (await input.isVisible()) await this.page.keyboard.press('Escape');
        await input.waitFor({ state: 'hidden', timeout: 2000 });
        await this.page.keyboard.press(attempt % 2 === 1 ? 'F1' : 'ControlOrMeta+Shift+P');
        await input.fill(`>${text}`, { timeout: 2000 });
        await row.waitFor({ timeout: 2000 });
        return row;
      } catch (error) {
        if (attempt === PALETTE_ATTEMPTS) throw error;
      }
    }
  }

  /** Runs a command by its title in the command palette. */
  async runCommand(title: string): Promise<void> {
    await (await this.#openPalette(title)).click();
  }

  /** Titles that the palette offers for what is typed. */
  async findCommands(typed: string): Promise<string[]> {
    await this.#openPalette(typed);
    const titles = await this.page.locator('.quick-input-list .monaco-list-row .label-name').filter({ hasText: typed }).allInnerTexts();
    await this.page.keyboard.press('Escape');
    return titles;
  }

  /** Shows a container of the activity bar. Clicking the one that is already open would close the side bar. */
  async showContainer(label: string): Promise<void> {
    const item = this.page.locator('.activitybar .action-item', { has: this.page.locator(`a.action-label[aria-label^="${label}"]`) });
    const isOpen = async () => /\bchecked\b/.test((await item.getAttribute('class')) ?? '');
    if (!(await isOpen())) await item.click();
    await expect.poll(isOpen).toBe(true);
  }

  explorerRow(name: string): Locator {
    return this.page.locator('.explorer-folders-view .monaco-list-row').filter({ has: this.page.getByText(name, { exact: true }) });
  }

  /**
   * Selects exactly these rows of the Explorer, without opening any of them; again where a refresh of the Explorer undid a click, or
   * where an embed that ended just now put its own view in the Explorer's place.
   */
  async #selectInExplorer(names: readonly string[]): Promise<void> {
    const toggle = async (name: string) => {
      await this.explorerRow(name)
        .click({ modifiers: ['ControlOrMeta'], timeout: 2000 })
        .catch(() => undefined);
    };
    await expect
      .poll(
        async () => {
          await this.showContainer('Explorer');
          const before = await this.#explorerNames('selected');
          for (const name of before.filter((each) => !names.includes(each))) await toggle(name);
          for (const name of names.filter((each) => !before.includes(each))) await toggle(name);
          return (await this.#explorerNames('selected')).toSorted();
        },
        { timeout: 5000, message: `the Explorer does not select ${names.join()}` },
      )
      .toEqual(names.toSorted());
  }

  async #explorerNames(state: 'selected' | 'focused'): Promise<string[]> {
    const rows = this.page.locator(`.explorer-folders-view .monaco-list-row.${state}`);
    return (await rows.allInnerTexts()).map((name) => name.trim());
  }

  /** Selects rows of the Explorer and picks an entry of their context menu. @returns `performance.now()` of the click that it took. */
  async runInExplorer(names: readonly string[], menuEntry: string): Promise<number> {
    let clickedMs = performance.now();
    const row = this.explorerRow(names.at(-1) ?? '');
    // Rows that a refresh moves meanwhile take the right click of another: the menu would be that row's.
    const isOfNames = async () => {
      const selected = await this.#explorerNames('selected');
      const focused = await this.#explorerNames('focused');
      return selected.toSorted().join() === names.toSorted().join() && focused.every((name) => names.includes(name));
    };
    const entry = this.page.locator('.monaco-menu .action-label').filter({ hasText: menuEntry });
    await expect
      .poll(
        async () => {
          await this.#selectInExplorer(names);
          await row.click({ button: 'right', timeout: 2000 }).catch(() => undefined);
          if ((await appears(entry)) && (await isOfNames())) return true;
          // The menu is not filled anew when an extension's entries arrive late.
          await this.page.keyboard.press('Escape');
          return false;
        },
        { timeout: 60_000, message: `the context menu of ${names.join()} has no entry "${menuEntry}"` },
      )
      .toBe(true);
    await expect
      .poll(
        async () => {
          // A menu that has just opened swallows the first click, so that the right click that opened it picks nothing.
          if (await entry.isVisible()) {
            clickedMs = performance.now();
            await entry.click({ timeout: 1000 }).catch(() => undefined);
          }
          return entry.isVisible();
        },
        { timeout: 10_000, message: `the menu entry "${menuEntry}" did not take the click` },
      )
      .toBe(false);
    return clickedMs;
  }

  /** The document inside a panel's web view, found by its title; waits until the panel has loaded. */
  async panel(title: string, timeoutMs = 30_000): Promise<Frame> {
    let found: Frame | undefined;
    await expect
      .poll(
        async () => {
          for (const frame of this.page.frames()) {
            if (frame.isDetached() || !frame.url().includes('fake.html')) continue;
            const itsTitle = await frame.title().catch(() => ''); // The frame may be replaced while it is asked.
            if (itsTitle.includes(title)) found = frame;
          }
          return found !== undefined;
        },
        { timeout: timeoutMs, interval: 100, message: `panel "${title}" did not open` },
      )
      .toBe(true);
    if (found === undefined) throw new Error(`panel "${title}" did not open`);
    return found;
  }

  /** Sets a theme by the settings that the command writes, without restarting anything. */
  async chooseTheme(label: string): Promise<void> {
    await this.runCommand('Preferences: Color Theme');
    const input = this.page.locator('.quick-input-widget input.input');
    await input.waitFor();
    await input.fill(label);
    await this.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: label }).first().waitFor();
    await this.page.keyboard.press('Enter');
    await input.waitFor({ state: 'hidden' });
  }

  async notificationTexts(): Promise<string[]> {
    return this.page.locator('.notification-list-item-message').allInnerTexts();
  }

  async clearNotifications(): Promise<void> {
    await this.runCommand('Notifications: Clear All Notifications');
  }

  /** Presses Cancel in the notification that shows the progress of an embed. */
  async cancelProgress(): Promise<void> {
    await this.answerNotification('Embedding runtime slices', 'Cancel');
  }

  /** The notification that holds `text`. */
  notification(text: string): Locator {
    return this.page.locator('.notification-list-item', { hasText: text }).first();
  }

  /** Presses a button of the notification that holds `text`. */
  async answerNotification(text: string, button: string): Promise<void> {
    const toast = this.notification(text);
    await toast.waitFor();
    // The buttons of a toast show while the pointer is over it.
    await toast.hover();
    await toast.locator('.monaco-button, .monaco-text-button').filter({ hasText: button }).first().click();
    await toast.waitFor({ state: 'hidden' });
  }

  /** How long the extension took to activate, as VS Code measured it; its list draws only the rows in sight. */
  async readActivationMs(extension: string): Promise<number> {
    await this.runCommand('Developer: Show Running Extensions');
    const rows = this.page.locator('.monaco-list-row', { has: this.page.locator('.activation-time') });
    await rows.first().waitFor();
    const row = rows.filter({ hasText: extension });
    await rows.first().hover();
    await expect
      .poll(async () => {
        await this.page.mouse.wheel(0, 200);
        return row.count();
      })
      .toBe(1);
    const text = await row.locator('.activation-time').innerText();
    await this.page.keyboard.press('Escape');
    await rows.first().waitFor({ state: 'hidden' });
    return Number(/(\d+)\s*ms/.exec(text)?.[1] ?? Number.NaN);
  }

  /** Answers a list that asks `question` with the first row for what is typed; with nothing typed, the first of all. */
  async answerQuickPick(question: string, typed: string): Promise<void> {
    const input = this.page.locator(`.quick-input-widget input.input[placeholder^="${question}"]`);
    await input.waitFor();
    if (typed !== '') {
      await input.fill(typed);
      await this.quickPickRow(typed).waitFor();
    }
    await this.page.keyboard.press('Enter');
  }

  /** Answers an input box that says `prompt`. */
  async answerInputBox(prompt: string, text: string): Promise<void> {
    const widget = this.page.locator('.quick-input-widget');
    await widget.getByText(prompt).first().waitFor();
    const input = widget.locator('input.input');
    await input.fill(text);
    await this.page.keyboard.press('Enter');
    await input.waitFor({ state: 'hidden' });
  }

  /** Answers the file dialog of a remote workbench, a list with a path in it, which it overwrites while it opens and reads folders. */
  async answerFileDialog(file: string): Promise<void> {
    const input = this.page.locator('.quick-input-widget input.input');
    await input.waitFor();
    await expect
      .poll(async () => {
        if (!(await input.isVisible())) return true;
        if ((await input.inputValue()) === file) await input.press('Enter');
        else await input.fill(file);
        return false;
      })
      .toBe(true);
  }

  /** Picks an entry of the context menu of a row of the side bar. */
  async runInTree(row: Locator, menuEntry: string): Promise<void> {
    const entry = this.page.locator('.monaco-menu .action-item').filter({ has: this.page.getByText(menuEntry, { exact: true }) });
    await row.click({ button: 'right' });
    await entry.waitFor();
    await expect
      .poll(async () => {
        // A menu that has just opened swallows the first click.
        if (await entry.isVisible()) await entry.click({ timeout: 1000 }).catch(() => undefined);
        return entry.isVisible();
      })
      .toBe(false);
  }

  quickPickRow(text: string): Locator {
    return this.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: text }).first();
  }

  /** Rows of the view that the side bar shows, by their level, 1 at the top. */
  treeRows(level: number): Locator {
    return this.page.locator(`.sidebar .pane-body .monaco-list-row[aria-level="${level}"]`);
  }

  /** Unfolds the first row of a level when it is folded, and waits for the next level. */
  async #unfold(row: Locator, childLevel: number): Promise<void> {
    await row.waitFor();
    if ((await row.getAttribute('aria-expanded')) === 'false') await row.locator('.monaco-tl-twistie').click();
    await this.treeRows(childLevel).first().waitFor();
  }

  /** Unfolds states → slices → findings → evidence along the first rows; @returns the first piece of evidence that has a place. */
  async unfoldToEvidence(): Promise<Locator> {
    await this.#unfold(this.treeRows(1).first(), 2);
    await this.#unfold(this.treeRows(2).first(), 3);
    await this.#unfold(this.treeRows(3).first(), 4);
    return this.treeRows(4).first();
  }

  /** Labels of the selected rows of the state explorer, as a screen reader says them. */
  async selectedTreeRow(): Promise<string> {
    const row = this.page.locator('.sidebar .pane-body .monaco-list-row.selected').first();
    return (await row.count()) === 0 ? '' : ((await row.getAttribute('aria-label')) ?? '');
  }

  /** Tabs of all editor groups, by their label. */
  async tabLabels(): Promise<string[]> {
    return this.page.locator('.editor-group-container .tab .label-name').allInnerTexts();
  }

  /** Clicks a slice of the state explorer that is not selected. */
  async chooseOtherSlice(): Promise<void> {
    const state = this.treeRows(1).and(this.page.locator('[aria-label^="State "]')).first();
    const slices = this.treeRows(2).and(this.page.locator('[aria-label^="Slice "]:not(.selected)'));
    if ((await state.getAttribute('aria-expanded')) === 'false') await state.locator('.monaco-tl-twistie').click();
    await slices.last().click();
  }

  /** Label of the tab of the editor that has the focus. */
  async activeEditorLabel(): Promise<string> {
    const tab = this.page.locator('.editor-group-container.active .tab.active');
    return (await tab.getAttribute('aria-label')) ?? '';
  }

  /** Line of the cursor, as the status bar says it; 0 when it says none. */
  async cursorLine(): Promise<number> {
    const text = await this.page.locator('.statusbar-item', { hasText: /^Ln \d+/ }).innerText();
    return Number(/Ln ([\d,]+)/.exec(text)?.[1]?.replaceAll(',', '') ?? 0);
  }
}
