/** Tests inside the extension host, on the installed extension. VS Code calls `run`; the report goes to a file that vitest reads. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { RuntimeSlicerApi } from '../../../src/extension/extension.js';
import { EXTENSION_ID } from '../../../src/extension/ids.js';
import type { EmbedParams } from '../../../src/protocol/views.js';
import { readFaults } from '../labels.js';
import { IN_HOST_REPORT, IN_HOST_SCRATCH, IN_HOST_TESTS, type InHostResult, type InHostTest } from './names.js';

const DIRECTORY = process.env[IN_HOST_SCRATCH] ?? '';

function getExtension(): vscode.Extension<RuntimeSlicerApi> {
  const extension = vscode.extensions.getExtension<RuntimeSlicerApi>(EXTENSION_ID);
  assert.ok(extension, `${EXTENSION_ID} is not installed`);
  return extension;
}

/** Processes of this machine that run the engine of this extension host. */
function findEngines(): number[] {
  return fs.readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      const parent = /\nPPid:\t(\d+)/.exec(fs.readFileSync(`/proc/${entry}/status`, 'utf8'))?.[1];
      const isOurs = Number(parent) === process.pid && fs.readFileSync(`/proc/${entry}/cmdline`, 'utf8').includes('engine.mjs');
      return isOurs ? [Number(entry)] : [];
    } catch {
      return []; // The process has ended between the listing and the look.
    }
  });
}

async function writeSample(): Promise<EmbedParams> {
  const { paths } = await getExtension().exports.engine.call('writeSample', { directory: path.join(DIRECTORY, 'sample') });
  return { paths, window: 'auto', provider: 'auto' };
}

const tests: Readonly<Record<InHostTest, () => Promise<void>>> = {
  'activates without starting the engine': async () => {
    const extension = getExtension();
    assert.equal(extension.isActive, false, 'it was active before anybody asked for it');
    const api = await extension.activate();
    assert.equal(api.model.state.phase, 'empty');
    if (process.platform === 'linux') assert.deepEqual(findEngines(), []);
  },
  'registers every command that the manifest declares': async () => {
    const extension = getExtension();
    const { contributes } = extension.packageJSON as { contributes: { commands: { command: string }[] } };
    const registered = new Set(await vscode.commands.getCommands(true));
    assert.deepEqual(
      contributes.commands.map(({ command }) => command).filter((command) => !registered.has(command)),
      [],
    );
  },
  'embeds the sample incident and finds its labelled root cause': async () => {
    const { model } = getExtension().exports;
    const outcome = await model.embed(await writeSample());
    assert.equal(outcome.kind, 'done');
    const [fault] = readFaults(path.join(DIRECTORY, 'sample', 'labels.csv'));
    const causes = outcome.result.incidents.map((incident) => incident.likelyCause);
    assert.ok(
      causes.includes(fault?.entity ?? ''),
      `incidents are put down to ${causes.join(', ')}, the label says ${fault?.entity ?? ''}`,
    );
    assert.equal(model.state.phase, 'ready');
    assert.ok(model.state.selection.range, 'the abnormal range is not selected');
  },
  'reuses the run when nothing has changed': async () => {
    const { engine } = getExtension().exports;
    const params = await writeSample();
    const first = await engine.call('embed', params);
    const second = await engine.call('embed', params);
    assert.equal(second.reused, true);
    assert.equal(second.run, first.run);
  },
  'cancels an embed and stays usable': async () => {
    const { engine } = getExtension().exports;
    const controller = new AbortController();
    const params: EmbedParams = { ...(await writeSample()), window: 45_000 };
    const work = engine.call('embed', params, {
      signal: controller.signal,
      onProgress: () => {
        controller.abort();
      },
    });
    await assert.rejects(work, { code: 'cancelled' });
    const runs = await engine.call('runs', {});
    assert.ok(!runs.some((run) => run.params.window === 45_000), 'the cancelled run was kept');
  },
  'refuses a broken file with its name and the reason': async () => {
    const broken = path.join(DIRECTORY, 'broken.json');
    fs.writeFileSync(broken, '{ "resourceSpans": [ ');
    const work = getExtension().exports.engine.call('embed', { paths: [broken], window: 'auto', provider: 'auto' });
    await assert.rejects(work, /broken\.json/);
  },
  'starts the engine again after it was killed': async () => {
    if (process.platform !== 'linux') return; // Elsewhere there is no /proc to find the process by.
    const { engine } = getExtension().exports;
    const before = findEngines();
    assert.equal(before.length, 1);
    before.forEach((pid) => process.kill(pid, 'SIGKILL'));
    // A call that is made before its death is noticed fails with the reason; a person does not ask again that fast.
    while (findEngines().length > 0) await sleep(50);
    await sleep(500);
    const runs = await engine.call('runs', {});
    assert.ok(runs.length > 0, 'the store lost its run');
    assert.notDeepEqual(findEngines(), before);
  },
  'reports provider, parity and a whole store': async () => {
    const report = await getExtension().exports.engine.call('doctor', {});
    assert.equal(report.encoder.sha256Ok, true);
    assert.ok((report.encoder.parity ?? Infinity) <= 1e-4, `parity is ${String(report.encoder.parity)}`);
    assert.equal(report.providers.filter((attempt) => attempt.chosen).length, 1);
    assert.equal(report.store.integrity, 'ok');
    assert.deepEqual(report.problems, []);
  },
};

/** Called by VS Code as the entry point of extension tests. */
export async function run(): Promise<void> {
  const results: InHostResult[] = [];
  for (const name of IN_HOST_TESTS) {
    const startMs = performance.now();
    let error: string | null = null;
    try {
      await tests[name]();
    } catch (thrown) {
      error = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    }
    results.push({ name, ms: performance.now() - startMs, error });
  }
  fs.writeFileSync(process.env[IN_HOST_REPORT] ?? '', JSON.stringify(results));
}
