/** What the tests of one file share: a workbench on a folder that holds the sample incident. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Browser, Frame } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, onTestFailed } from 'vitest';
import { launchChromium } from './host/chromium.js';
import { getVsix } from './host/vsix.js';
import { startWorkbenchServer, type WorkbenchServer } from './host/workbenchServer.js';
import { PANEL_TITLES } from './pages/panels.js';
import { Workbench } from './pages/workbench.js';
import { writeSampleIncident, type SampleIncident } from './sampleIncident.js';

export const EMBED_TIMEOUT_MS = 90_000;

export interface SampleWorkbench {
  /** Of these tests alone, removed with them; holds `folder`. */
  readonly scratch: string;
  /** The workspace, with the sample incident at its top. */
  readonly folder: string;
  /** Label file of the workspace. */
  readonly labelFile: string;
  readonly readLabelFile: () => string;
  readonly panel: (kind: keyof typeof PANEL_TITLES) => Promise<Frame>;
  /** The rest is there once the tests run. */
  readonly sample: SampleIncident;
  readonly server: WorkbenchServer;
  readonly workbench: Workbench;
}

interface Started {
  readonly sample: SampleIncident;
  readonly server: WorkbenchServer;
  readonly browser: Browser;
  readonly workbench: Workbench;
}

/**
 * Starts the workbench before the tests of a `describe`, takes it down after them, and keeps a picture and the logs of each that fails.
 *
 * `addFiles` puts more into the folder before the workbench opens it: for about a second around its first listing the Explorer never
 * hears of what is made (measured: 5 of 5 folders made from .4 s before its first row showed to .8 s after stayed out of sight, none of
 * 7 made earlier or later).
 */
export function useSampleWorkbench(addFiles: (folder: string) => Promise<void> | void = () => undefined): SampleWorkbench {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'runtimeslicer-e2e-'));
  const folder = path.join(scratch, 'shop');
  const labelFile = path.join(folder, '.runtimeslicer', 'labels.csv');
  let started: Started | undefined;
  const get = (): Started => {
    if (started === undefined) throw new Error('the workbench starts with the first test');
    return started;
  };

  beforeAll(async () => {
    fs.mkdirSync(folder);
    const server = await startWorkbenchServer({ folder, vsix: getVsix() });
    const sample = writeSampleIncident(server.extensionFolder, folder, path.join(scratch, 'cli.db'));
    await addFiles(folder);
    const browser = await launchChromium();
    started = { sample, server, browser, workbench: await Workbench.open(browser, server.url) };
  });

  afterAll(async () => {
    await started?.browser.close();
    await started?.server.stop();
    fs.rmSync(scratch, { recursive: true, force: true });
  });

  beforeEach(() => {
    onTestFailed(async ({ task }) => {
      const { workbench, server } = get();
      await workbench.screenshot(`failed-${task.name.replace(/\W+/g, '-')}`);
      process.stdout.write(`${workbench.consoleErrors.join('\n')}\n${server.log().slice(-3000)}\n`);
    });
  });

  return {
    scratch,
    folder,
    labelFile,
    readLabelFile: () => (fs.existsSync(labelFile) ? fs.readFileSync(labelFile, 'utf8') : ''),
    panel: (kind) => get().workbench.panel(PANEL_TITLES[kind]),
    get sample() {
      return get().sample;
    },
    get server() {
      return get().server;
    },
    get workbench() {
      return get().workbench;
    },
  };
}
