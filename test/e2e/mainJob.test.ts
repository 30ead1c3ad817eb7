/** The main job in a real workbench: from files in the Explorer to the likely root cause and the line that says so. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { recordMs } from './measurements.js';
import { readHeadline, readHeadlineNames, readIncidentRange, readIncidentStep, readLegend, readRankedCauses } from './pages/panels.js';
import { showTheme, THEMES } from './pages/themes.js';
import { readRuns } from './sampleIncident.js';
import { EMBED_TIMEOUT_MS, useSampleWorkbench } from './sampleWorkbench.js';

const BROKEN_FILE = 'broken.json';

/** Changes every telemetry file a little, so that nothing that was read before is used again. */
function growFiles(folder: string, names: readonly string[]): void {
  for (const name of names) {
    for (const file of fs.readdirSync(path.join(folder, name))) fs.appendFileSync(path.join(folder, name, file), '\n');
  }
}

describe('the main job in a real workbench', () => {
  const at = useSampleWorkbench((folder) => {
    fs.writeFileSync(path.join(folder, BROKEN_FILE), '{ "resourceSpans": [ { "resource": ');
  });
  const { folder } = at;
  const timelineStates = async () => readLegend(await at.panel('timeline'));

  it('offers its commands in the palette', async () => {
    const titles = await at.workbench.findCommands('RuntimeSlicer');
    expect(titles).toEqual(
      expect.arrayContaining(
        ['Embed Runtime Slice', 'Open Timeline', 'Open State Map', 'Open Diagnosis', 'Open Sample Incident'].map(
          (title) => `RuntimeSlicer: ${title}`,
        ),
      ),
    );
  });

  it('embeds what is selected in the Explorer and opens the Timeline on it', async () => {
    const startMs = await at.workbench.runInExplorer(at.sample.names, 'Embed Runtime Slice');
    const timeline = await at.panel('timeline');
    await timeline.locator('main').getByText(/\S/).first().waitFor();
    recordMs('context menu to first painted panel', performance.now() - startMs);
    await timeline.locator('h1.rs-headline').waitFor({ timeout: EMBED_TIMEOUT_MS });
    recordMs('context menu to result', performance.now() - startMs);
    expect((await readHeadlineNames(timeline))[0]).toBe(at.sample.label.entity);
    expect(await readHeadline(timeline)).toMatch(/ \d\d:\d\d(:\d\d)? .*/);
    expect(await readHeadline(timeline)).not.toMatch(/\{\d+\}/);
  });

  it('shows the states that the command line finds, and one of them is abnormal', async () => {
    const expected = at.sample.embed.states.filter((state) => state.slices > 0).map((state) => state.name);
    expect(at.sample.embed.states.some((state) => state.abnormal)).toBe(true);
    expect((await timelineStates()).toSorted()).toEqual(expected.toSorted());
    expect((await readLegend(await at.panel('stateMap'))).toSorted()).toEqual(expected.toSorted());
  });

  it('selects an abnormal range that overlaps the labelled one', async () => {
    expect(await readIncidentRange(await at.panel('timeline'))).toMatch(/Incident .*\d\d:\d\d/);
    const [incident] = at.sample.embed.incidents;
    expect(BigInt(incident?.startNs ?? 0)).toBeLessThan(at.sample.label.endNs);
    expect(BigInt(incident?.endNs ?? 0)).toBeGreaterThan(at.sample.label.startNs);
  });

  it('names the labelled service as the likely root cause', async () => {
    const diagnosis = await at.panel('diagnosis');
    await expect.poll(() => readRankedCauses(diagnosis), { timeout: 20_000 }).not.toEqual([]);
    expect((await readRankedCauses(diagnosis))[0]).toBe(at.sample.label.entity);
    expect(at.sample.diagnosis.rootCauses[0]?.entity).toBe(at.sample.label.entity);
    expect((await readHeadlineNames(diagnosis))[0]).toBe(at.sample.label.entity);
  });

  it('shows the run in the state explorer down to evidence that opens its file at the line', async () => {
    await at.workbench.showContainer('RuntimeSlicer');
    const evidence = await at.workbench.unfoldToEvidence();
    const place = /([^/]+):(\d+)$/.exec((await evidence.getAttribute('aria-label')) ?? '');
    expect(place).not.toBeNull();
    await evidence.click();
    await expect.poll(() => at.workbench.activeEditorLabel(), { timeout: 20_000 }).toContain(place?.[1]);
    await expect.poll(() => at.workbench.cursorLine()).toBe(Number(place?.[2]));
    await at.workbench.screenshot('evidence');
  });

  it('links the selection of all views: a slice chosen in the explorer is the range of the Timeline and the Diagnosis', async () => {
    const before = await readIncidentRange(await at.panel('timeline'));
    await at.workbench.chooseOtherSlice();
    await expect.poll(async () => readIncidentRange(await at.panel('timeline'))).not.toBe(before);
  });

  it('links them from the Timeline too: the next abnormal range is explained, and shown in the explorer', async () => {
    const timeline = await at.panel('timeline');
    const diagnosis = await at.panel('diagnosis');
    const step = async (button: RegExp): Promise<void> => timeline.getByRole('button', { name: button }).click();
    await step(/^Next abnormal range/);
    await expect.poll(() => readIncidentStep(timeline)).toEqual([1, at.sample.embed.incidents.length]);
    await expect.poll(() => at.workbench.selectedTreeRow(), { timeout: 20_000 }).toContain(at.sample.label.entity);
    await expect.poll(async () => (await readRankedCauses(diagnosis))[0], { timeout: 20_000 }).toBe(at.sample.label.entity);
  });

  it('links them from the ribbon: its segment is what the Diagnosis explains', async () => {
    const timeline = await at.panel('timeline');
    const diagnosis = await at.panel('diagnosis');
    const before = await readHeadline(diagnosis);
    await timeline.locator('.ribbon .run').first().click();
    await expect.poll(() => readIncidentStep(timeline)).toBeNull();
    await expect.poll(() => readHeadline(diagnosis), { timeout: 20_000 }).not.toBe(before);
    await expect.poll(() => at.workbench.selectedTreeRow(), { timeout: 20_000 }).toMatch(/^Slice /);
  });

  it('links them from the Diagnosis and the State map: the service and the slice chosen there', async () => {
    // The evidence that was opened covers it.
    await at.workbench.runCommand('RuntimeSlicer: Open State Map');
    const [timeline, stateMap, diagnosis] = [await at.panel('timeline'), await at.panel('stateMap'), await at.panel('diagnosis')];
    await diagnosis.locator('.causes [data-entity]').first().click();
    await expect.poll(() => diagnosis.locator('.causes [aria-pressed=true]').count()).toBe(1);
    const before = await readIncidentRange(timeline);
    await stateMap.locator('[aria-roledescription="state map"]').focus();
    await at.workbench.page.keyboard.press('ArrowRight');
    await at.workbench.page.keyboard.press('ArrowRight');
    await at.workbench.page.keyboard.press('Enter');
    await expect.poll(() => readIncidentRange(timeline), { timeout: 20_000 }).not.toBe(before);
  });

  it('says the kind of failure in words', async () => {
    await (await at.panel('timeline')).getByRole('button', { name: /^Next abnormal range/ }).click();
    const kind = (await at.panel('diagnosis')).locator('.types .type-name').first();
    await expect.poll(() => kind.innerText(), { timeout: 20_000 }).toMatch(/^[a-z]+( [a-z]+)*$/);
  });

  it.each(THEMES)('follows the theme: $name', async (theme) => {
    await showTheme(at.workbench, await at.panel('timeline'), theme);
    await at.workbench.screenshot(`panels-${theme.name}`);
  });

  it('activates fast', async () => {
    const ms = await at.workbench.readActivationMs('RuntimeSlicer');
    recordMs('activation, as VS Code measures it', ms);
    expect(ms).toBeGreaterThan(0);
  });

  it('shows the last results after a reload, without computing them again', async () => {
    const store = at.server.getStore();
    const before = await readHeadline(await at.panel('timeline'));
    const runs = readRuns(at.server.extensionFolder, store).map((run) => run.run);
    const startMs = performance.now();
    await at.workbench.reload();
    const timeline = await at.panel('timeline');
    await timeline.locator('h1.rs-headline').waitFor({ timeout: 30_000 });
    recordMs('reload to last results', performance.now() - startMs);
    expect(await readHeadline(timeline)).toBe(before);
    expect(readRuns(at.server.extensionFolder, store).map((run) => run.run)).toEqual(runs);
  });

  it('asks for files when none are selected, and embeds the whole folder', async () => {
    await at.workbench.runCommand('RuntimeSlicer: Embed Runtime Slice');
    const choice = at.workbench.quickPickRow('The whole folder shop');
    await choice.waitFor();
    const tabs = await at.workbench.tabLabels();
    await choice.click();
    await choice.waitFor({ state: 'hidden' });
    const timeline = await at.panel('timeline');
    await timeline.locator('.chip.unread').filter({ hasText: 'could not be read' }).waitFor({ timeout: EMBED_TIMEOUT_MS });
    expect((await readHeadlineNames(timeline))[0]).toBe(at.sample.label.entity);
    // After the reload above, panels take the place of the tabs that were there.
    expect((await at.workbench.tabLabels()).filter((label) => tabs.includes(label)).toSorted()).toEqual(tabs.toSorted());
  });

  it('cancels from its progress, and goes on showing what was there', async () => {
    const before = await readHeadline(await at.panel('timeline'));
    growFiles(folder, at.sample.names);
    await at.workbench.runInExplorer(at.sample.names, 'Embed Runtime Slice');
    await at.workbench.cancelProgress();
    await expect.poll(async () => readHeadline(await at.panel('timeline')), { timeout: 20_000 }).toBe(before);
  });

  it('names file and reason when nothing can be read', async () => {
    await at.workbench.runInExplorer([BROKEN_FILE], 'Embed Runtime Slice');
    const before = await readHeadline(await at.panel('timeline'));
    const alert = (await at.panel('timeline')).locator('.rs-banner[role=alert]');
    await alert.waitFor({ timeout: 30_000 });
    await at.workbench.screenshot('broken-file');
    expect(await alert.innerText()).toContain(BROKEN_FILE);
    expect(await readHeadline(await at.panel('timeline'))).toBe(before);
    await at.workbench.showContainer('RuntimeSlicer');
    await expect.poll(async () => at.workbench.treeRows(1).first().getAttribute('aria-label')).toContain(BROKEN_FILE);
    expect(await at.workbench.treeRows(1).count()).toBeGreaterThan(2);
    expect(await at.workbench.notificationTexts()).toContainEqual(expect.stringContaining(BROKEN_FILE));
    await at.workbench.clearNotifications();
  });

  it('left the consoles of its panels clean', () => {
    expect(at.workbench.panelProblems).toEqual([]);
  });

  it('made no request to another machine', () => {
    expect(at.workbench.externalRequests).toEqual([]);
  });
});
