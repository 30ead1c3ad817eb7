/** Labelling and fine-tuning in a real workbench: what a person says of a range reaches the file, every view and the heads. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import { toIso } from '../../src/core/time.js';
import { launchChromium } from './host/chromium.js';
import { getVsix } from './host/vsix.js';
import { startWorkbenchServer, type WorkbenchServer } from './host/workbenchServer.js';
import { recordMs } from './measurements.js';
import { PANEL_TITLES, readHeadline, readLabelBands, readLabelLines } from './pages/panels.js';
import { Workbench } from './pages/workbench.js';
import { writeSampleIncident, type SampleIncident } from './sampleIncident.js';

const EMBED_TIMEOUT_MS = 90_000;
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
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'runtimeslicer-tuning-'));
  const folder = path.join(scratch, 'shop');
  const labelFile = path.join(folder, '.runtimeslicer', 'labels.csv');
  let sample: SampleIncident;
  let server: WorkbenchServer;
  let browser: Browser;
  let workbench: Workbench;

  beforeAll(async () => {
    fs.mkdirSync(folder);
    server = await startWorkbenchServer({ folder, vsix: getVsix() });
    sample = writeSampleIncident(server.extensionFolder, folder, path.join(scratch, 'cli.db'));
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
  const readFile = () => (fs.existsSync(labelFile) ? fs.readFileSync(labelFile, 'utf8') : '');
  const kindInWords = () => sample.label.type.replaceAll('-', ' ');

  it('writes nothing into the workspace before something is labelled', async () => {
    await workbench.runInExplorer(sample.names, 'Embed Runtime Slice');
    await (await panel('timeline')).locator('h1.rs-headline').waitFor({ timeout: EMBED_TIMEOUT_MS });
    await (await panel('diagnosis')).getByRole('button', { name: /^Say what happened/ }).waitFor();
    expect(fs.existsSync(path.dirname(labelFile))).toBe(false);
  });

  it('adapts to this system without a label, judges that, and goes back', async () => {
    await workbench.runCommand('RuntimeSlicer: Adapt to This System');
    const tuning = await panel('tuning');
    await tuning.locator('.section-report').waitFor({ timeout: TUNE_TIMEOUT_MS });
    expect(await readHeadline(tuning)).toBe('Nothing is labelled yet.');
    expect(await tuning.locator('.head h3').innerText()).toContain('Encoder adapted to this system');
    expect(await tuning.locator('.head .score-name').allInnerTexts()).toEqual(['adapted', 'as shipped', 'a guess']);
    await workbench.screenshot('adapted');
    const isUsed = (await tuning.locator('.head h3').innerText()).includes('used now');
    expect(await tuning.locator('.version').count()).toBe(isUsed ? 2 : 1);
    if (isUsed) {
      await tuning.getByRole('button', { name: 'Make findings with the heads of As shipped' }).click();
    }
    await expect.poll(() => tuning.locator('.version.used .version-name').innerText()).toBe('As shipped');
    await workbench.clearNotifications();
  });

  it('labels the selected range by keyboard, with the likely cause at hand', async () => {
    await (await panel('timeline')).locator('svg.chart').focus();
    await workbench.page.keyboard.press('l');
    await workbench.answerQuickPick('What was it?', kindInWords());
    await workbench.answerQuickPick('Which service', '');
    await workbench.answerInputBox('A note for those', NOTE);
    await expect.poll(readFile).toContain(`${sample.label.type},${sample.label.entity},${NOTE}`);
  });

  it('shows the label in the Timeline and in the Diagnosis', async () => {
    const text = `${kindInWords()} on ${sample.label.entity}`;
    const timeline = await panel('timeline');
    await expect.poll(() => timeline.locator('.chart .label.failure').count()).toBe(1);
    await expect.poll(async () => (await readLabelLines(await panel('diagnosis')))[0]).toBe(`Labelled: ${text}`);
    await timeline.locator('.chart .label rect').hover();
    await expect.poll(() => timeline.locator('.rs-tooltip').innerText()).toContain(NOTE);
    await workbench.screenshot('labelled');
  });

  it('follows the file when somebody else edits it', async () => {
    fs.writeFileSync(labelFile, readFile().replace(`,${sample.label.type},`, ',cache-storm,'));
    await expect.poll(async () => (await readLabelLines(await panel('diagnosis')))[0]).toContain('cache storm');
  });

  it('names line and reason where the file cannot be read, and asks when both sides were changed', async () => {
    const good = readFile();
    fs.writeFileSync(labelFile, `${good}yesterday,today,exception,\n`);
    await expect.poll(() => workbench.notificationTexts()).toContainEqual(expect.stringContaining('labels.csv'));
    await workbench.clearNotifications();
    await (await panel('timeline')).getByRole('button', { name: /^Say what happened/ }).click();
    await workbench.answerQuickPick('What was it?', 'exception');
    await workbench.answerQuickPick('Which service', '');
    await workbench.answerInputBox('A note for those', '');
    await expect.poll(async () => (await readLabelLines(await panel('diagnosis')))[0]).toContain('exception');
    await workbench.clearNotifications();
    fs.writeFileSync(labelFile, good.replace(',cache-storm,', ',disk-full,'));
    await workbench.answerNotification('was changed here and in the file', "Take the File's");
    await expect.poll(async () => (await readLabelLines(await panel('diagnosis')))[0]).toContain('disk full');
    expect(readFile()).toContain(',disk-full,');
  });

  it('offers the kinds that are in use first, and takes a new one', async () => {
    await (await panel('timeline')).getByRole('button', { name: /^Next abnormal range/ }).click();
    await (await panel('timeline')).getByRole('button', { name: /^Say what happened/ }).click();
    await workbench.quickPickRow('disk full').waitFor();
    await workbench.answerQuickPick('What was it?', 'solar flare');
    await workbench.answerQuickPick('Which service', 'No single service');
    await workbench.answerInputBox('A note for those', '');
    await expect.poll(readFile).toContain(',solar-flare,');
  });

  it('undoes the last label, in the file too', async () => {
    await workbench.runCommand('RuntimeSlicer: Undo Last Label');
    await expect.poll(readFile).not.toContain('solar-flare');
    expect(readFile()).toContain('disk-full');
  });

  it('labels all ranges of a state from the state explorer, and takes them back together', async () => {
    await workbench.showContainer('RuntimeSlicer');
    const before = readFile();
    const state = workbench.treeRows(1).and(workbench.page.locator('[aria-label^="State "]')).first();
    await workbench.runInTree(state, 'Label…');
    await workbench.answerQuickPick('What was it?', 'exception');
    await workbench.answerQuickPick('Which service', '');
    await workbench.answerInputBox('A note for those', '');
    await expect.poll(readFile).toContain(',exception,');
    await workbench.runCommand('RuntimeSlicer: Undo Last Label');
    await expect.poll(readFile).toBe(before);
  });

  it('removes a label that is picked from the list', async () => {
    await workbench.runCommand('RuntimeSlicer: Remove Label');
    await workbench.answerQuickPick('Which label', 'disk full');
    await expect.poll(readFile).not.toContain('disk-full');
    await expect.poll(async () => readLabelBands(await panel('timeline'))).toEqual([]);
  });

  it('says what fine-tuning will learn from', async () => {
    const { startNs, endNs, entity } = sample.label;
    const middleNs = (startNs + endNs) / 2n;
    fs.appendFileSync(
      labelFile,
      toRows(startNs, middleNs, 3, sample.label.type, entity) +
        toRows(middleNs, endNs, 3, 'cache-storm', entity) +
        toRows(startNs - 600_000_000_000n, startNs - 120_000_000_000n, 4, 'normal', ''),
    );
    await workbench.runCommand('RuntimeSlicer: Fine-Tune Head from Workspace Data');
    const tuning = await panel('tuning');
    await expect.poll(() => readHeadline(tuning)).toBe('To learn from: 10 labels of 3 kinds on 1 service.');
    await expect.poll(() => tuning.locator('.versions .version-name').allInnerTexts()).toEqual(['As shipped']);
  });

  it('fine-tunes heads, judges them, and makes findings with them', async () => {
    const tuning = await panel('tuning');
    await tuning.getByText('Use even if worse').click();
    const startMs = performance.now();
    await tuning.getByRole('button', { name: 'Fine-Tune' }).click();
    await tuning.locator('.section-running').waitFor();
    await workbench.screenshot('tuning-running');
    await tuning.locator('.section-report').waitFor({ timeout: TUNE_TIMEOUT_MS });
    recordMs('fine-tuning heads on ten labels', performance.now() - startMs);
    expect(await tuning.locator('.head h3').allInnerTexts()).toEqual(
      ['What is abnormal', 'Kind of failure', 'Likely cause'].map((name) => expect.stringContaining(name) as string),
    );
    await expect.poll(() => tuning.locator('.version.used .version-name').innerText()).not.toBe('As shipped');
    expect(await workbench.notificationTexts()).toContainEqual(expect.stringMatching(/^Fine-tuned on 10 labels/));
    await workbench.clearNotifications();
    await (await panel('timeline')).locator('h1.rs-headline').waitFor();
    expect(await readHeadline(await panel('timeline'))).not.toBe('');
  });

  it.each([
    ['dark', 'Dark Modern'],
    ['light', 'Light Modern'],
    ['high-contrast', 'Dark High Contrast'],
    ['high-contrast-light', 'Light High Contrast'],
  ])('follows the theme: %s', async (name, label) => {
    await workbench.chooseTheme(label);
    const themeKind = async () => (await panel('tuning')).locator('body').getAttribute('data-vscode-theme-kind');
    const kind = name.includes('light') ? 'light' : 'dark';
    await expect.poll(themeKind).toContain(name.startsWith('high-contrast') ? 'high-contrast' : `vscode-${kind}`);
    await workbench.screenshot(`tuning-${name}`);
  });

  it('exports heads to a file and reads them from there', async () => {
    const tuning = await panel('tuning');
    const file = path.join(scratch, 'team.safetensors');
    await tuning.getByRole('button', { name: /^Export the heads of/ }).click();
    await workbench.answerFileDialog(file);
    await expect.poll(() => fs.existsSync(file)).toBe(true);
    await tuning.getByRole('button', { name: 'Import heads from a file' }).click();
    await workbench.answerFileDialog(file);
    await expect.poll(() => tuning.locator('.version').count()).toBe(2);
    expect(await tuning.locator('.failure').count()).toBe(0);
  });

  it('goes back to the heads as shipped', async () => {
    const tuning = await panel('tuning');
    await tuning.getByRole('button', { name: 'Make findings with the heads of As shipped' }).click();
    await expect.poll(() => tuning.locator('.version.used .version-name').innerText(), { timeout: 20_000 }).toBe('As shipped');
  });

  it('names the heads in use in its status', async () => {
    await workbench.runCommand('RuntimeSlicer: Show Engine Status');
    await workbench.page.locator('.view-line', { hasText: 'those that ship with RuntimeSlicer' }).waitFor();
  });

  it('left the consoles of its panels clean, and made no request to another machine', () => {
    expect(workbench.panelProblems).toEqual([]);
    expect(workbench.externalRequests).toEqual([]);
  });
});
