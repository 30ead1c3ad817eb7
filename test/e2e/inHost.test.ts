/** Runs test/e2e/inHost inside the extension host of a real workbench, on the installed package. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as esbuild from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from './host/chromium.js';
import { getVsix, projectRoot } from './host/vsix.js';
import { startWorkbenchServer } from './host/workbenchServer.js';
import { IN_HOST_REPORT, IN_HOST_SCRATCH, IN_HOST_TESTS, type InHostResult } from './inHost/names.js';
import { recordMs } from './measurements.js';

const TIMEOUT_MS = 150_000;

/** What the workbench calls in the page when its smoke-test driver is on. */
const LOG_HOOK = 'codeAutomationLog';
const EXIT_HOOK = 'codeAutomationExit';

async function runInHost(scratch: string): Promise<InHostResult[]> {
  const tests = path.join(scratch, 'extensionTests.cjs');
  await esbuild.build({
    entryPoints: [path.join(projectRoot, 'test', 'e2e', 'inHost', 'extensionTests.ts')],
    outfile: tests,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['vscode'],
  });
  const report = path.join(scratch, 'report.json');
  const workspace = path.join(scratch, 'workspace');
  fs.mkdirSync(workspace);
  const server = await startWorkbenchServer({
    folder: workspace,
    vsix: getVsix(),
    env: { [IN_HOST_REPORT]: report, [IN_HOST_SCRATCH]: scratch },
    smokeTestDriver: true,
  });
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    const lines: string[] = [];
    await page.exposeFunction(LOG_HOOK, (type: string, args: readonly unknown[]) => {
      lines.push(`${type}: ${args.join(' ')}`);
    });
    const exit = new Promise<void>((resolve) => {
      void page.exposeFunction(EXIT_HOOK, () => {
        resolve();
      });
    });
    const remote = (file: string) => `vscode-remote://127.0.0.1:${server.port}${file}`;
    // The installed package takes the part of the extension under development: what is tested is what is shipped.
    const payload = JSON.stringify([
      ['extensionDevelopmentPath', remote(server.extensionFolder)],
      ['extensionTestsPath', remote(tests)],
    ]);
    await page.goto(`${server.url}&payload=${encodeURIComponent(payload)}`);
    const timeout = new Promise<void>((resolve) => setTimeout(resolve, TIMEOUT_MS).unref());
    await Promise.race([exit, timeout]);
    if (!fs.existsSync(report)) throw new Error(`the extension host gave no report:\n${lines.join('\n')}\n${server.log().slice(-3000)}`);
    return JSON.parse(fs.readFileSync(report, 'utf8')) as InHostResult[];
  } finally {
    await browser.close();
    await server.stop();
  }
}

describe('inside the extension host', () => {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'runtimeslicer-inhost-'));
  let results: InHostResult[] = [];

  beforeAll(async () => {
    results = await runInHost(scratch);
  }, TIMEOUT_MS + 60_000);

  afterAll(() => {
    fs.rmSync(scratch, { recursive: true, force: true });
  });

  it.each(IN_HOST_TESTS)('%s', (name) => {
    const result = results.find((candidate) => candidate.name === name);
    recordMs(`in host: ${name}`, result?.ms ?? Number.NaN);
    expect(result).toMatchObject({ name, error: null });
  });
});
