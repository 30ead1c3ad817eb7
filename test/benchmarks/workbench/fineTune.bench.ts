/**
 * From labels to heads in use in a real workbench, as a user meets it: `npm run bench -- fineTune`. Embeds both recorded days from the Explorer,
 * their faults labelled in the workspace's label file, and fine-tunes. Beside the time, how long the workbench drew nothing meanwhile (the
 * longest pause between two frames), the same over as long a time in which nobody asked for anything, and the peak memory of the engine.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { toIso } from '../../../src/core/time.js';
import { launchChromium } from '../../e2e/host/chromium.js';
import { installCodeServer } from '../../e2e/host/codeServer.js';
import { getVsix, projectRoot } from '../../e2e/host/vsix.js';
import { startWorkbenchServer } from '../../e2e/host/workbenchServer.js';
import { PANEL_TITLES, readHeadline } from '../../e2e/pages/panels.js';
import { Workbench } from '../../e2e/pages/workbench.js';
import { findRecordings } from '../quality/recordings.js';

const EMBED_TIMEOUT_MS = 180_000;
const TUNE_TIMEOUT_MS = 120_000;

const recordings = findRecordings();
if (recordings.length === 0) {
  process.stdout.write('No recordings, nothing to fine-tune on: set RUNTIMESLICER_DATA to the folder of the archives.\n');
}

it.skipIf(recordings.length === 0)('fine-tunes on the faults of the recorded days', async () => {
  installCodeServer();
  execFileSync(process.execPath, [path.join(projectRoot, 'package.mjs')], { cwd: projectRoot, stdio: 'ignore' });
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'runtimeslicer-bench-'));
  const workspace = path.join(scratch, 'days');
  const rows = recordings.flatMap(({ faults }) =>
    faults.map(({ startNs, endNs, type, service }) => [toIso(startNs), toIso(endNs), type, service].join()),
  );
  fs.mkdirSync(path.join(workspace, '.runtimeslicer'), { recursive: true });
  fs.writeFileSync(path.join(workspace, '.runtimeslicer', 'labels.csv'), `start,end,type,entity\n${rows.join('\n')}\n`);
  recordings.forEach(({ folder }, i) => {
    fs.cpSync(folder, path.join(workspace, dayName(i)), { recursive: true });
  });
  const server = await startWorkbenchServer({ folder: workspace, vsix: getVsix() });
  const browser = await launchChromium();
  try {
    const workbench = await Workbench.open(browser, server.url);
    for (const i of recordings.keys()) {
      await workbench.runInExplorer([dayName(i)], 'Embed Runtime Slice');
      await workbench.notification('Embedding runtime slices').waitFor();
      await workbench.notification('Embedding runtime slices').waitFor({ state: 'detached', timeout: EMBED_TIMEOUT_MS });
    }
    await workbench.clearNotifications();
    await workbench.runCommand('RuntimeSlicer: Fine-Tune Head from Workspace Data');
    const tuning = await workbench.panel(PANEL_TITLES.tuning);
    await expect.poll(() => readHeadline(tuning)).toContain('To learn from');
    process.stdout.write(`${await readHeadline(tuning)}\n`);
    const startMs = performance.now();
    const pauses = await watchFrames(workbench.page);
    await tuning.getByRole('button', { name: 'Fine-Tune' }).click();
    await tuning.locator('.section-report').waitFor({ timeout: TUNE_TIMEOUT_MS });
    const tookMs = performance.now() - startMs;
    const busy = await pauses();
    const idlePauses = await watchFrames(workbench.page);
    await sleep(tookMs);
    const idle = await idlePauses();
    const frames = ({ longestMs, frames: count }: Pauses): string => `longest pause ${longestMs.toFixed(0)} ms, ${count} frames`;
    process.stdout.write(`click to judged and applied heads: ${(tookMs / 1000).toFixed(1)} s\n`);
    process.stdout.write(`workbench meanwhile: ${frames(busy)}; idle as long: ${frames(idle)}\n`);
    process.stdout.write(`engine: peak memory ${findPeakMemory(server.extensionFolder)}\n`);
    await workbench.screenshot('bench-fine-tuned');
    expect(await tuning.locator('.failure').count()).toBe(0);
  } finally {
    await browser.close();
    await server.stop();
    fs.rmSync(scratch, { recursive: true, force: true });
  }
});

const dayName = (i: number): string => `day${i + 1}`;

interface Pauses {
  readonly longestMs: number;
  readonly frames: number;
}

/** Counts the frames that the workbench draws from now on. @returns what ends that */
async function watchFrames(page: Page): Promise<() => Promise<Pauses>> {
  const watch = await page.evaluateHandle(() => {
    const { requestAnimationFrame } = globalThis as unknown as { requestAnimationFrame: (draw: () => void) => void };
    const seen = { longestMs: 0, frames: 0, isOver: false };
    let lastMs = performance.now();
    const look = (): void => {
      const nowMs = performance.now();
      seen.longestMs = Math.max(seen.longestMs, nowMs - lastMs);
      seen.frames += 1;
      lastMs = nowMs;
      if (!seen.isOver) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
    return seen;
  });
  return () =>
    watch.evaluate((seen) => {
      seen.isOver = true;
      return { longestMs: seen.longestMs, frames: seen.frames };
    });
}

/** Of the process that runs the extension's engine, as Linux keeps it. */
function findPeakMemory(extensionFolder: string): string {
  const engine = path.join(extensionFolder, 'dist', 'engine');
  const peaks = (fs.existsSync('/proc') ? fs.readdirSync('/proc') : []).flatMap((pid) => {
    const read = (file: string): string => {
      try {
        return fs.readFileSync(`/proc/${pid}/${file}`, 'utf8');
      } catch {
        return ''; // No process, or one that has just ended.
      }
    };
    return read('cmdline').includes(engine) ? [Number(/VmHWM:\s+(\d+)/.exec(read('status'))?.[1] ?? Number.NaN) * 1024] : [];
  });
  return peaks.length === 0 ? 'not known here' : `${(Math.max(...peaks) / 1e6).toFixed(0)} MB`;
}
