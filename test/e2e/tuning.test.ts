/** Labelling and fine-tuning in a real workbench: what a person says of a range reaches the file, every view and the heads. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { toIso } from '../../src/core/time.js';
import { decodeHeadFile, encodeHeadFile } from '../../src/engine/tuning/headFile.js';
import { recordMs } from './measurements.js';
import { readHeadline, readLabelBands, readLabelLines } from './pages/panels.js';
import { showTheme, THEMES } from './pages/themes.js';
import { EMBED_TIMEOUT_MS, useSampleWorkbench } from './sampleWorkbench.js';

const TUNE_TIMEOUT_MS = 90_000;
const NOTE = 'the note of a test';

/** Rows of a label file for `count` ranges of equal length from `fromNs` to `toNs`. */
function toRows(fromNs: bigint, toNs: bigint, count: number, type: string, entity: string): string {
  const stepNs = (toNs - fromNs) / BigInt(count);
  return Array.from({ length: count }, (_, at) => {
    const startNs = fromNs + BigInt(at) * stepNs;
    return `${toIso(startNs)},${toIso(startNs + stepNs)},${type},${entity},,,\n`;
  }).join('');
}

describe('labelling and fine-tuning in a real workbench', () => {
  const at = useSampleWorkbench();
  const { scratch, labelFile, readLabelFile } = at;
  const kindInWords = () => at.sample.label.type.replaceAll('-', ' ');

  it('writes nothing into the workspace before something is labelled', async () => {
    await at.workbench.runInExplorer(at.sample.names, 'Embed Runtime Slice');
    await (await at.panel('timeline')).locator('h1.rs-headline').waitFor({ timeout: EMBED_TIMEOUT_MS });
    await (await at.panel('diagnosis')).getByRole('button', { name: /^Say what happened/ }).waitFor();
    expect(fs.existsSync(path.dirname(labelFile))).toBe(false);
  });

  it('adapts to this system without a label, judges that, and goes back', async () => {
    await at.workbench.runCommand('RuntimeSlicer: Adapt to This System');
    const tuning = await at.panel('tuning');
    await tuning.locator('.section-report').waitFor({ timeout: TUNE_TIMEOUT_MS });
    expect(await readHeadline(tuning)).toBe('Nothing is labelled yet.');
    expect(await tuning.locator('.head h3').innerText()).toContain('Encoder adapted to this system');
    expect(await tuning.locator('.head .score-name').allInnerTexts()).toEqual(['adapted', 'as shipped', 'a guess']);
    await at.workbench.screenshot('adapted');
    const isUsed = (await tuning.locator('.head h3').innerText()).includes('used now');
    expect(await tuning.locator('.version').count()).toBe(isUsed ? 2 : 1);
    if (isUsed) {
      await tuning.getByRole('button', { name: 'Make findings with the heads of As shipped' }).click();
    }
    await expect.poll(() => tuning.locator('.version.used .version-name').innerText()).toBe('As shipped');
    await at.workbench.clearNotifications();
  });

  it('labels the selected range by keyboard, with the likely cause at hand', async () => {
    const chart = (await at.panel('timeline')).locator('svg.chart');
    // The panel that was clicked last may take the focus back: pressed again, as a person would.
    const ask = async (): Promise<void> => {
      await chart.focus();
      await at.workbench.page.keyboard.press('l');
      await at.workbench.page.locator('.quick-input-widget input.input').waitFor({ timeout: 4000 });
    };
    await vi.waitFor(ask, { timeout: 30_000 });
    await at.workbench.answerQuickPick('What was it?', kindInWords());
    await at.workbench.answerQuickPick('Which service', '');
    await at.workbench.answerInputBox('A note for those', NOTE);
    await expect.poll(readLabelFile).toContain(`${at.sample.label.type},${at.sample.label.entity},${NOTE}`);
  });

  it('shows the label in the Timeline and in the Diagnosis', async () => {
    const text = `${kindInWords()} on ${at.sample.label.entity}`;
    const timeline = await at.panel('timeline');
    await expect.poll(() => timeline.locator('.chart .label.failure').count()).toBe(1);
    await expect.poll(async () => (await readLabelLines(await at.panel('diagnosis')))[0]).toBe(`Labelled: ${text}`);
    await timeline.locator('.chart .label rect').hover();
    await expect.poll(() => timeline.locator('.rs-tooltip').innerText()).toContain(NOTE);
    await at.workbench.screenshot('labelled');
  });

  it('follows the file when somebody else edits it', async () => {
    fs.writeFileSync(labelFile, readLabelFile().replace(`,${at.sample.label.type},`, ',cache-storm,'));
    await expect.poll(async () => (await readLabelLines(await at.panel('diagnosis')))[0]).toContain('cache storm');
  });

  it('names line and reason where the file cannot be read, and asks when both sides were changed', async () => {
    const good = readLabelFile();
    fs.writeFileSync(labelFile, `${good}yesterday,today,exception,\n`);
    await expect.poll(() => at.workbench.notificationTexts()).toContainEqual(expect.stringContaining('labels.csv'));
    await at.workbench.clearNotifications();
    await (await at.panel('timeline')).getByRole('button', { name: /^Say what happened/ }).click();
    await at.workbench.answerQuickPick('What was it?', 'exception');
    await at.workbench.answerQuickPick('Which service', '');
    await at.workbench.answerInputBox('A note for those', '');
    await expect.poll(async () => (await readLabelLines(await at.panel('diagnosis')))[0]).toContain('exception');
    await at.workbench.clearNotifications();
    fs.writeFileSync(labelFile, good.replace(',cache-storm,', ',disk-full,'));
    await at.workbench.notification('was changed here and in the file').waitFor();
    await at.workbench.screenshot('label-conflict');
    await at.workbench.answerNotification('was changed here and in the file', 'Keep Mine');
    await expect.poll(readLabelFile).toContain(',exception,');
  });

  it('brings a conflict back that was resolved, and takes the label of the file from the list', async () => {
    await at.workbench.runCommand('RuntimeSlicer: Undo Last Label');
    await expect.poll(readLabelFile).toContain(',disk-full,');
    await at.workbench.clearNotifications();
    await at.workbench.runCommand('RuntimeSlicer: Resolve Label Conflicts');
    await at.workbench.answerQuickPick('Which label', 'disk full');
    await at.workbench.quickPickRow('Keep Mine').waitFor();
    await at.workbench.screenshot('label-conflict-choice');
    await at.workbench.quickPickRow("Take the File's").click();
    await expect.poll(async () => (await readLabelLines(await at.panel('diagnosis')))[0]).toContain('disk full');
    expect(readLabelFile()).toContain(',disk-full,');
  });

  it('offers the kinds that are in use first, and takes a new one', async () => {
    await (await at.panel('timeline')).getByRole('button', { name: /^Next abnormal range/ }).click();
    await (await at.panel('timeline')).getByRole('button', { name: /^Say what happened/ }).click();
    await at.workbench.quickPickRow('disk full').waitFor();
    await at.workbench.answerQuickPick('What was it?', 'solar flare');
    await at.workbench.answerQuickPick('Which service', 'No single service');
    await at.workbench.answerInputBox('A note for those', '');
    await expect.poll(readLabelFile).toContain(',solar-flare,');
  });

  it('undoes the last label, in the file too', async () => {
    await at.workbench.runCommand('RuntimeSlicer: Undo Last Label');
    await expect.poll(readLabelFile).not.toContain('solar-flare');
    expect(readLabelFile()).toContain('disk-full');
  });

  it('labels all ranges of a state from the state explorer, and takes them back together', async () => {
    await at.workbench.showContainer('RuntimeSlicer');
    const before = readLabelFile();
    const state = at.workbench.treeRows(1).and(at.workbench.page.locator('[aria-label^="State "]')).first();
    await at.workbench.runInTree(state, 'Label…');
    await at.workbench.answerQuickPick('What was it?', 'exception');
    await at.workbench.answerQuickPick('Which service', '');
    await at.workbench.answerInputBox('A note for those', '');
    await expect.poll(readLabelFile).toContain(',exception,');
    await at.workbench.runCommand('RuntimeSlicer: Undo Last Label');
    await expect.poll(readLabelFile).toBe(before);
  });

  it('removes a label that is picked from the list', async () => {
    await at.workbench.runCommand('RuntimeSlicer: Remove Label');
    await at.workbench.answerQuickPick('Which label', 'disk full');
    await expect.poll(readLabelFile).not.toContain('disk-full');
    await expect.poll(async () => readLabelBands(await at.panel('timeline'))).toEqual([]);
  });

  it('says what fine-tuning will learn from', async () => {
    const { startNs, endNs, entity } = at.sample.label;
    const middleNs = (startNs + endNs) / 2n;
    fs.appendFileSync(
      labelFile,
      toRows(startNs, middleNs, 3, at.sample.label.type, entity) +
        toRows(middleNs, endNs, 3, 'cache-storm', entity) +
        toRows(startNs - 600_000_000_000n, startNs - 120_000_000_000n, 4, 'normal', ''),
    );
    await at.workbench.runCommand('RuntimeSlicer: Fine-Tune Head from Workspace Data');
    const tuning = await at.panel('tuning');
    await expect.poll(() => readHeadline(tuning)).toBe('To learn from: 10 labels of 3 kinds on 1 service.');
    await expect.poll(() => tuning.locator('.version.used .version-name').allInnerTexts()).toEqual(['As shipped']);
  });

  it('fine-tunes heads, judges them, and makes findings with them', async () => {
    const tuning = await at.panel('tuning');
    await tuning.getByText('Use even if worse').click();
    const startMs = performance.now();
    await tuning.getByRole('button', { name: 'Fine-Tune' }).click();
    await tuning.locator('.section-running').waitFor();
    await at.workbench.screenshot('tuning-running');
    await tuning.locator('.section-report').waitFor({ timeout: TUNE_TIMEOUT_MS });
    recordMs('fine-tuning heads on ten labels', performance.now() - startMs);
    expect(await tuning.locator('.head h3').allInnerTexts()).toEqual(
      ['What is abnormal', 'Kind of failure', 'Likely cause'].map((name) => expect.stringContaining(name) as string),
    );
    await expect.poll(() => tuning.locator('.version.used .version-name').innerText()).not.toBe('As shipped');
    expect(await at.workbench.notificationTexts()).toContainEqual(expect.stringMatching(/^Fine-tuned on 10 labels/));
    await at.workbench.clearNotifications();
    await (await at.panel('timeline')).locator('h1.rs-headline').waitFor();
    expect(await readHeadline(await at.panel('timeline'))).not.toBe('');
  });

  it.each(THEMES)('follows the theme: $name', async (theme) => {
    await showTheme(at.workbench, await at.panel('tuning'), theme);
    await at.workbench.screenshot(`tuning-${theme.name}`);
  });

  it('exports heads to a file and reads them from there', async () => {
    const tuning = await at.panel('tuning');
    const file = path.join(scratch, 'team.safetensors');
    const versions = await tuning.locator('.version').count();
    // The newest come first; where the encoder was adapted before, that is a version too.
    await tuning
      .getByRole('button', { name: /^Export the heads of/ })
      .first()
      .click();
    await at.workbench.answerFileDialog(file);
    await expect.poll(() => fs.existsSync(file)).toBe(true);
    // As a colleague's: another version, the same heads.
    const { heads, notes } = decodeHeadFile(fs.readFileSync(file), file);
    fs.writeFileSync(file, encodeHeadFile({ heads: { ...heads, version: 'colleague' }, notes: { ...notes, version: 'colleague' } }));
    for (let time = 0; time < 2; time++) {
      await tuning.getByRole('button', { name: 'Import heads from a file' }).click();
      await at.workbench.answerFileDialog(file);
      await expect.poll(() => tuning.locator('.version').count()).toBe(versions + 1);
    }
    expect(await tuning.locator('.failure').count()).toBe(0);
  });

  it('goes back to the heads as shipped', async () => {
    const tuning = await at.panel('tuning');
    await tuning.getByRole('button', { name: 'Make findings with the heads of As shipped' }).click();
    await expect.poll(() => tuning.locator('.version.used .version-name').innerText(), { timeout: 20_000 }).toBe('As shipped');
  });

  it('names the heads in use in its status', async () => {
    await at.workbench.runCommand('RuntimeSlicer: Show Engine Status');
    await at.workbench.page.locator('.view-line', { hasText: 'those that ship with RuntimeSlicer' }).waitFor();
  });

  it('left the consoles of its panels clean, and made no request to another machine', () => {
    expect(at.workbench.panelProblems).toEqual([]);
    expect(at.workbench.externalRequests).toEqual([]);
  });
});
