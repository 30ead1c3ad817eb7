/** "Seen before?" and the states' context menu in a real workbench: what an earlier incident taught is found, opened and named. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { toIso } from '../../src/core/time.js';
import { writeSimulation } from '../../src/engine/sample.js';
import { DEFAULT_PRUNING } from '../../src/engine/store/pruning.js';
import { openStore } from '../../src/engine/store/openStore.js';
import { sampleIncident } from '../../src/simulation/sampleIncident.js';
import { simulate } from '../../src/simulation/simulate.js';
import { recordMs } from './measurements.js';
import { readIncidentRange, readLabelLines, readLegend, readSimilar } from './pages/panels.js';
import { showTheme, THEMES } from './pages/themes.js';
import { EMBED_TIMEOUT_MS, useSampleWorkbench } from './sampleWorkbench.js';

const WEEK_NS = 7n * 86_400_000_000_000n;
/** Folder of the sample incident as it was a week before. */
const LAST_WEEK = 'lastWeek';
const NEW_NAME = 'the pool of payment is empty';

async function writeLastWeek(folder: string): Promise<void> {
  const { startNs = 0n, ...incident } = sampleIncident();
  const { files } = simulate({ ...incident, startNs: startNs - WEEK_NS });
  await writeSimulation(files, path.join(folder, LAST_WEEK), new AbortController().signal);
  fs.rmSync(path.join(folder, LAST_WEEK, 'labels.csv'));
}

describe('what was seen before, in a real workbench', () => {
  const at = useSampleWorkbench(writeLastWeek);
  const readEntries = async () => readSimilar(await at.panel('diagnosis'));
  const readRange = async () => readIncidentRange(await at.panel('timeline'));
  const readLabel = async () => (await readLabelLines(await at.panel('diagnosis')))[0];
  const kindOnService = () => `${at.sample.label.type.replaceAll('-', ' ')} on ${at.sample.label.entity}`;

  it('lists the labelled ranges of all runs, the most similar first', async () => {
    const { startNs, endNs, type, entity } = at.sample.label;
    const quiet = [startNs - 480_000_000_000n, startNs - 240_000_000_000n].map(toIso).join();
    const fault = [startNs - WEEK_NS, endNs - WEEK_NS].map(toIso).join();
    fs.mkdirSync(path.dirname(at.labelFile));
    fs.writeFileSync(at.labelFile, `start,end,type,entity\n${fault},${type},${entity}\n${quiet},normal,\n`);
    await at.workbench.runInExplorer([LAST_WEEK], 'Embed Runtime Slice');
    await expect.poll(readLabel, { timeout: EMBED_TIMEOUT_MS }).toBe(`Labelled: ${kindOnService()}`);
    await at.workbench.runInExplorer(at.sample.names, 'Embed Runtime Slice');
    await expect
      .poll(readEntries, { timeout: EMBED_TIMEOUT_MS })
      .toEqual([
        expect.stringMatching(new RegExp(`^Like ${kindOnService()} 2026-03-03 13:15 UTC · .*in another run`)) as string,
        expect.stringMatching(/^Like normal 2026-03-10 13:07 UTC · [\d.]+ similar/) as string,
      ]);
  });

  it.each(THEMES)('follows the theme: $name', async (theme) => {
    const diagnosis = await at.panel('diagnosis');
    await showTheme(at.workbench, diagnosis, theme);
    await diagnosis.locator('.similar-row').first().hover();
    await at.workbench.screenshot(`seen-before-${theme.name}`);
  });

  it('selects an entry of the run that is shown', async () => {
    await (await at.panel('diagnosis')).getByRole('button', { name: 'Like normal' }).click();
    await expect.poll(readRange).toMatch(/13:07.*13:11/);
    await expect.poll(readLabel).toBe('Labelled: normal');
    expect(await at.workbench.notificationTexts()).not.toContainEqual(expect.stringContaining('Another run'));
  });

  it('opens an entry of another run there, and goes back', async () => {
    const startMs = performance.now();
    await (await at.panel('diagnosis')).getByRole('button', { name: `Like ${kindOnService()}` }).click();
    await expect.poll(readLabel).toBe(`Labelled: ${kindOnService()}`);
    recordMs('seen before to another run', performance.now() - startMs);
    await expect.poll(readRange).toMatch(/13:15.*13:19/);
    await expect.poll(readEntries).toEqual([expect.stringMatching(/^Like normal 2026-03-10 .*in another run/) as string]);
    expect(await at.workbench.notificationTexts()).toContainEqual(
      expect.stringContaining('Another run is shown now, from 2026-03-03 12:59:30 UTC on.'),
    );
    await at.workbench.screenshot('seen-before-another-run');
    await at.workbench.answerNotification('Another run is shown now', 'Go Back');
    await expect.poll(readRange).toMatch(/13:07.*13:11/);
    await expect.poll(readLabel).toBe('Labelled: normal');
  });

  it('says when the run of an entry is gone, and lists it no longer', async () => {
    const entry = (await at.panel('diagnosis')).getByRole('button', { name: `Like ${kindOnService()}` });
    await entry.waitFor();
    // Another window embeds so much that older runs are dropped.
    const store = openStore({ file: at.server.getStore(), pruning: { ...DEFAULT_PRUNING, runs: 1 } });
    expect(store.prune().runs).toBe(1);
    store.close();
    await entry.click();
    const banner = (await at.panel('diagnosis')).locator('.rs-banner[role=alert]');
    await banner.getByText('no longer kept').waitFor();
    await at.workbench.screenshot('seen-before-gone');
    await entry.waitFor({ state: 'hidden' });
    expect(await readRange()).toMatch(/13:07.*13:11/);
  });

  it('renames a state from its context menu, in all views, and takes that back', async () => {
    await at.workbench.showContainer('RuntimeSlicer');
    const state = at.workbench.treeRows(1).and(at.workbench.page.locator('[aria-label^="State "]')).first();
    const names = async () => readLegend(await at.panel('timeline'));
    const before = await names();
    await at.workbench.runInTree(state, 'Rename…');
    await at.workbench.answerInputBox('The name is kept in all runs', NEW_NAME);
    await expect.poll(names).toContain(NEW_NAME);
    await expect.poll(() => state.getAttribute('aria-label')).toContain(NEW_NAME);
    await at.workbench.screenshot('state-renamed');
    await at.workbench.answerNotification(NEW_NAME, 'Undo');
    await expect.poll(names).toEqual(before);
    await expect.poll(() => state.getAttribute('aria-label')).not.toContain(NEW_NAME);
  });

  it('takes the last change to the states back from the palette too', async () => {
    const state = at.workbench.treeRows(1).and(at.workbench.page.locator('[aria-label^="State "]')).first();
    const before = await state.getAttribute('aria-label');
    await at.workbench.runInTree(state, 'Rename…');
    await at.workbench.answerInputBox('The name is kept in all runs', NEW_NAME);
    await expect.poll(() => state.getAttribute('aria-label')).toContain(NEW_NAME);
    await at.workbench.runCommand('RuntimeSlicer: Undo Last Change to States');
    await expect.poll(() => state.getAttribute('aria-label')).toBe(before);
  });

  it('left the consoles of its panels clean, and made no request to another machine', () => {
    expect(at.workbench.panelProblems).toEqual([]);
    expect(at.workbench.externalRequests).toEqual([]);
  });
});
