/** The main job in a real workbench: from files in the Explorer to the likely root cause and the line that says so. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import { launchChromium } from './host/chromium.js';
import { getVsix } from './host/vsix.js';
import { startWorkbenchServer, type WorkbenchServer } from './host/workbenchServer.js';
import { recordMs } from './measurements.js';
import {
  PANEL_TITLES,
  readHeadline,
  readHeadlineNames,
  readIncidentRange,
  readIncidentStep,
  readLegend,
  readRankedCauses,
} from './pages/panels.js';
import { Workbench } from './pages/workbench.js';
import { readRuns, writeSampleIncident, type SampleIncident } from './sampleIncident.js';

const EMBED_TIMEOUT_MS = 90_000;
const BROKEN_FILE = 'broken.json';

/** Changes every telemetry file a little, so that nothing that was read before is used again. */
function growFiles(folder: string, names: readonly string[]): void {
  for (const name of names) {
    for (const file of fs.readdirSync(path.join(folder, name))) fs.appendFileSync(path.join(folder, name, file), '\n');
  }
}

describe('the main job in a real workbench', () => {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'runtimeslicer-e2e-'));
  const folder = path.join(scratch, 'shop');
  let sample: SampleIncident;
  let server: WorkbenchServer;
  let browser: Browser;
  let workbench: Workbench;

  beforeAll(async () => {
    fs.mkdirSync(folder);
    server = await startWorkbenchServer({ folder, vsix: getVsix() });
    sample = writeSampleIncident(server.extensionFolder, folder, path.join(scratch, 'cli.db'));
    fs.writeFileSync(path.join(folder, BROKEN_FILE), '{ "resourceSpans": [ { "resource": ');
    browser = await launchChromium();
    workbench = await Workbench.open(browser, server.url);
  });

  afterAll(async () => {
    await browser.close();
    await server.stop();
    fs.rmSync(scratch, { recursive: true, force: true });
  });

  beforeEach(() => {
    onTestFailed(async ({ task }) => {
      await workbench.screenshot(`failed-${task.name.replace(/\W+/g, '-')}`);
      process.stdout.write(`${workbench.consoleErrors.join('\n')}\n${server.log().slice(-3000)}\n`);
    });
  });

  const panel = (kind: keyof typeof PANEL_TITLES) => workbench.panel(PANEL_TITLES[kind]);
  const timelineStates = async () => readLegend(await panel('timeline'));

  it('offers its commands in the palette', async () => {
    const titles = await workbench.findCommands('RuntimeSlicer');
    expect(titles).toEqual(
      expect.arrayContaining(
        ['Embed Runtime Slice', 'Open Timeline', 'Open State Map', 'Open Diagnosis', 'Open Sample Incident'].map(
          (title) => `RuntimeSlicer: ${title}`,
        ),
      ),
    );
  });

  it('embeds what is selected in the Explorer and opens the Timeline on it', async () => {
    const startMs = await workbench.runInExplorer(sample.names, 'Embed Runtime Slice');
    const timeline = await panel('timeline');
    await timeline.locator('main').getByText(/\S/).first().waitFor();
    recordMs('context menu to first painted panel', performance.now() - startMs);
    await timeline.locator('h1.rs-headline').waitFor({ timeout: EMBED_TIMEOUT_MS });
    recordMs('context menu to result', performance.now() - startMs);
    expect((await readHeadlineNames(timeline))[0]).toBe(sample.label.entity);
    expect(await readHeadline(timeline)).toMatch(/ \d\d:\d\d(:\d\d)? .*/);
    expect(await readHeadline(timeline)).not.toMatch(/\{\d+\}/);
  });

  it('shows the states that the command line finds, and one of them is abnormal', async () => {
    const expected = sample.embed.states.filter((state) => state.slices > 0).map((state) => state.name);
    expect(sample.embed.states.some((state) => state.abnormal)).toBe(true);
    expect((await timelineStates()).toSorted()).toEqual(expected.toSorted());
    expect((await readLegend(await panel('stateMap'))).toSorted()).toEqual(expected.toSorted());
  });

  it('selects an abnormal range that overlaps the labelled one', async () => {
    expect(await readIncidentRange(await panel('timeline'))).toMatch(/Incident .*\d\d:\d\d/);
    const [incident] = sample.embed.incidents;
    expect(BigInt(incident?.startNs ?? 0)).toBeLessThan(sample.label.endNs);
    expect(BigInt(incident?.endNs ?? 0)).toBeGreaterThan(sample.label.startNs);
  });

  it('names the labelled service as the likely root cause', async () => {
    const diagnosis = await panel('diagnosis');
    await expect.poll(() => readRankedCauses(diagnosis), { timeout: 20_000 }).not.toEqual([]);
    expect((await readRankedCauses(diagnosis))[0]).toBe(sample.label.entity);
    expect(sample.diagnosis.rootCauses[0]?.entity).toBe(sample.label.entity);
    expect((await readHeadlineNames(diagnosis))[0]).toBe(sample.label.entity);
  });

  it('shows the run in the state explorer down to evidence that opens its file at the line', async () => {
    await workbench.showContainer('RuntimeSlicer');
    const evidence = await workbench.unfoldToEvidence();
    const place = /([^/]+):(\d+)$/.exec((await evidence.getAttribute('aria-label')) ?? '');
    expect(place).not.toBeNull();
    await evidence.click();
    await expect.poll(() => workbench.activeEditorLabel(), { timeout: 20_000 }).toContain(place?.[1]);
    await expect.poll(() => workbench.cursorLine()).toBe(Number(place?.[2]));
    await workbench.screenshot('evidence');
  });

  it('links the selection of all views: a slice chosen in the explorer is the range of the Timeline and the Diagnosis', async () => {
    const before = await readIncidentRange(await panel('timeline'));
    await workbench.chooseOtherSlice();
    await expect.poll(async () => readIncidentRange(await panel('timeline'))).not.toBe(before);
  });

  it('links them from the Timeline too: the next abnormal range is explained, and shown in the explorer', async () => {
    const timeline = await panel('timeline');
    const diagnosis = await panel('diagnosis');
    const step = async (button: RegExp): Promise<void> => timeline.getByRole('button', { name: button }).click();
    await step(/^Next abnormal range/);
    await expect.poll(() => readIncidentStep(timeline)).toEqual([1, sample.embed.incidents.length]);
    await expect.poll(() => workbench.selectedTreeRow(), { timeout: 20_000 }).toContain(sample.label.entity);
    await expect.poll(async () => (await readRankedCauses(diagnosis))[0], { timeout: 20_000 }).toBe(sample.label.entity);
  });

  it('links them from the ribbon: its segment is what the Diagnosis explains', async () => {
    const timeline = await panel('timeline');
    const diagnosis = await panel('diagnosis');
    const before = await readHeadline(diagnosis);
    await timeline.locator('.ribbon .run').first().click();
    await expect.poll(() => readIncidentStep(timeline)).toBeNull();
    await expect.poll(() => readHeadline(diagnosis), { timeout: 20_000 }).not.toBe(before);
    await expect.poll(() => workbench.selectedTreeRow(), { timeout: 20_000 }).toMatch(/^Slice /);
  });

  it('links them from the Diagnosis and the State map: the service and the slice chosen there', async () => {
    // The evidence that was opened covers it.
    await workbench.runCommand('RuntimeSlicer: Open State Map');
    const [timeline, stateMap, diagnosis] = [await panel('timeline'), await panel('stateMap'), await panel('diagnosis')];
    await diagnosis.locator('.causes [data-entity]').first().click();
    await expect.poll(() => diagnosis.locator('.causes [aria-pressed=true]').count()).toBe(1);
    const before = await readIncidentRange(timeline);
    await stateMap.locator('[aria-roledescription="state map"]').focus();
    await workbench.page.keyboard.press('ArrowRight');
    await workbench.page.keyboard.press('ArrowRight');
    await workbench.page.keyboard.press('Enter');
    await expect.poll(() => readIncidentRange(timeline), { timeout: 20_000 }).not.toBe(before);
  });

  it('says the kind of failure in words', async () => {
    await (await panel('timeline')).getByRole('button', { name: /^Next abnormal range/ }).click();
    const kind = (await panel('diagnosis')).locator('.types .type-name').first();
    await expect.poll(() => kind.innerText(), { timeout: 20_000 }).toMatch(/^[a-z]+( [a-z]+)*$/);
  });

  it.each([
    ['dark', 'Dark Modern'],
    ['light', 'Light Modern'],
    ['high-contrast', 'Dark High Contrast'],
    ['high-contrast-light', 'Light High Contrast'],
  ])('follows the theme: %s', async (name, label) => {
    const timeline = await panel('timeline');
    const kind = name.includes('light') ? 'light' : 'dark';
    await workbench.chooseTheme(label);
    const themeKind = () => timeline.locator('body').getAttribute('data-vscode-theme-kind');
    await expect.poll(themeKind).toContain(name.startsWith('high-contrast') ? 'high-contrast' : `vscode-${kind}`);
    await workbench.screenshot(`panels-${name}`);
  });

  it('activates fast', async () => {
    const ms = await workbench.readActivationMs('RuntimeSlicer');
    recordMs('activation, as VS Code measures it', ms);
    expect(ms).toBeGreaterThan(0);
  });

  it('shows the last results after a reload, without computing them again', async () => {
    const store = server.getStore();
    const before = await readHeadline(await panel('timeline'));
    const runs = readRuns(server.extensionFolder, store).map((run) => run.run);
    const startMs = performance.now();
    await workbench.reload();
    const timeline = await panel('timeline');
    await timeline.locator('h1.rs-headline').waitFor({ timeout: 30_000 });
    recordMs('reload to last results', performance.now() - startMs);
    expect(await readHeadline(timeline)).toBe(before);
    expect(readRuns(server.extensionFolder, store).map((run) => run.run)).toEqual(runs);
  });

  it('asks for files when none are selected, and embeds the whole folder', async () => {
    await workbench.runCommand('RuntimeSlicer: Embed Runtime Slice');
    const choice = workbench.quickPickRow('The whole folder shop');
    await choice.waitFor();
    const tabs = await workbench.tabLabels();
    await choice.click();
    await choice.waitFor({ state: 'hidden' });
    const timeline = await panel('timeline');
    await timeline.locator('.chip.unread').filter({ hasText: 'could not be read' }).waitFor({ timeout: EMBED_TIMEOUT_MS });
    expect((await readHeadlineNames(timeline))[0]).toBe(sample.label.entity);
    // After the reload above, panels take the place of the tabs that were there.
    expect((await workbench.tabLabels()).filter((label) => tabs.includes(label)).toSorted()).toEqual(tabs.toSorted());
  });

  it('cancels from its progress, and goes on showing what was there', async () => {
    const before = await readHeadline(await panel('timeline'));
    growFiles(folder, sample.names);
    await workbench.runInExplorer(sample.names, 'Embed Runtime Slice');
    await workbench.cancelProgress();
    await expect.poll(async () => readHeadline(await panel('timeline')), { timeout: 20_000 }).toBe(before);
  });

  it('names file and reason when nothing can be read', async () => {
    await workbench.runInExplorer([BROKEN_FILE], 'Embed Runtime Slice');
    const before = await readHeadline(await panel('timeline'));
    const alert = (await panel('timeline')).locator('.rs-banner[role=alert]');
    await alert.waitFor({ timeout: 30_000 });
    await workbench.screenshot('broken-file');
    expect(await alert.innerText()).toContain(BROKEN_FILE);
    expect(await readHeadline(await panel('timeline'))).toBe(before);
    await workbench.showContainer('RuntimeSlicer');
    await expect.poll(async () => workbench.treeRows(1).first().getAttribute('aria-label')).toContain(BROKEN_FILE);
    expect(await workbench.treeRows(1).count()).toBeGreaterThan(2);
    expect(await workbench.notificationTexts()).toContainEqual(expect.stringContaining(BROKEN_FILE));
    await workbench.clearNotifications();
  });

  it('left the consoles of its panels clean', () => {
    expect(workbench.panelProblems).toEqual([]);
  });

  it('made no request to another machine', () => {
    expect(workbench.externalRequests).toEqual([]);
  });
});
