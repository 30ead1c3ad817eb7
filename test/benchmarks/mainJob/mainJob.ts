/**
 * The main job on recorded days, as a user meets it: `npm run bench -- mainJob`. Embeds each day with a fresh store, then again with the
 * same store, each in a process of its own. Beside it the physical limit: counting the newlines of the same bytes.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { EmbedResult } from '../../../src/protocol/views.js';
import { findRecordings } from '../quality/recordings.js';

const CLI = path.resolve(import.meta.dirname, '../../../dist/cli.mjs');
/** Lets the measured process say at its end what it used. */
const REPORT_USAGE = `data:text/javascript,${encodeURIComponent(
  "import fs from 'node:fs'; process.on('exit', () => fs.writeSync(3, JSON.stringify(process.resourceUsage())));",
)}`;

interface Measurement {
  readonly result: EmbedResult;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly peakRssBytes: number;
}

async function embed(folder: string, store: string): Promise<Measurement> {
  const startMs = performance.now();
  const child = spawn(process.execPath, ['--import', REPORT_USAGE, CLI, 'embed', folder, '--db', store, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const [answer, problems, usage] = child.stdio.slice(1).map((stream) => readAll(stream as NodeJS.ReadableStream));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const wallSeconds = (performance.now() - startMs) / 1000;
  if (code !== 0) {
    throw new Error(`embed ${folder} ended with ${code}: ${(await problems) ?? ''}`);
  }
  const { userCPUTime, systemCPUTime, maxRSS } = JSON.parse((await usage) ?? '') as NodeJS.ResourceUsage;
  return {
    result: JSON.parse((await answer) ?? '') as EmbedResult,
    wallSeconds,
    cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
    peakRssBytes: maxRSS * 1024,
  };
}

async function readAll(stream: NodeJS.ReadableStream): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of stream) {
    parts.push(Buffer.from(part));
  }
  return Buffer.concat(parts).toString('utf8');
}

/** Seconds to read the files and find every newline in them. */
function scanNewlines(files: readonly string[]): number {
  const startMs = performance.now();
  for (const file of files) {
    const bytes = fs.readFileSync(file);
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1));
  }
  return (performance.now() - startMs) / 1000;
}

const storedBytes = (store: string): number =>
  [store, `${store}-wal`].reduce((sum, file) => sum + (fs.existsSync(file) ? fs.statSync(file).size : 0), 0);
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
const write = (label: string, value: string): void => {
  process.stdout.write(`  ${label.padEnd(22)} ${value}\n`);
};

function print({ result, wallSeconds, cpuSeconds, peakRssBytes }: Measurement): void {
  const phases = Object.entries(result.ms)
    .filter(([phase]) => phase !== 'total')
    .map(([phase, ms]) => `${phase} ${(ms / 1000).toFixed(1)}`);
  write('wall', `${wallSeconds.toFixed(1)} s${phases.length === 0 ? '' : ` (${phases.join(', ')})`}`);
  write('user + system CPU', `${cpuSeconds.toFixed(1)} s`);
  write('peak memory', megabytes(peakRssBytes));
}

async function measure(name: string, folder: string): Promise<void> {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'runtimeslicer-bench-'));
  try {
    const store = path.join(scratch, 'store.db');
    const fresh = await embed(folder, store);
    const { files, slices, states, entities, incidents } = fresh.result;
    const total = (pick: (file: (typeof files)[number]) => number): number => files.reduce((sum, file) => sum + pick(file), 0);
    process.stdout.write(`\n${name}, fresh store, ${os.availableParallelism()} cores\n`);
    write('files', `${files.length}, ${megabytes(total((file) => file.sizeBytes))}`);
    write('records', `${total((file) => file.records)}, rejected ${total((file) => file.rejected)}`);
    write('slices', `${slices}, states ${states.length}, services ${entities.length}, incidents ${incidents.length}`);
    print(fresh);
    write('stored', megabytes(storedBytes(store)));
    write('newline scan', `${scanNewlines(files.map((file) => file.path)).toFixed(2)} s (the least that reading can take)`);
    process.stdout.write(`${name}, reopened\n`);
    const again = await embed(folder, store);
    if (!again.result.reused) {
      throw new Error(`${name} was computed again although nothing changed`);
    }
    print(again);
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}

const recordings = findRecordings();
if (recordings.length === 0) {
  process.stdout.write('No recordings: set RUNTIMESLICER_DATA to the folder of the archives.\n');
}
for (const { name, folder } of recordings) {
  await measure(name, folder);
}
