/** The path that users take: the worker as build.mjs bundles it, on threads. Other tests of ingest parse on the calling thread. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ingest } from '../../../../src/engine/ingest/ingest.js';
import type { IngestEvent } from '../../../../src/engine/ingest/ingestTypes.js';
import { FIXTURES, readPaths, withFolder } from './readRecords.js';

const root = path.resolve(import.meta.dirname, '../../../..');
let outdir = '';
let workerScript: URL;

beforeAll(() => {
  const parent = path.join(root, '.cache', 'test');
  fs.mkdirSync(parent, { recursive: true });
  outdir = fs.mkdtempSync(path.join(parent, 'bundle-'));
  execFileSync(process.execPath, [path.join(root, 'build.mjs'), '--quiet', '--outdir', outdir], { cwd: root, stdio: 'pipe' });
  workerScript = pathToFileURL(path.join(outdir, 'ingestWorker.mjs'));
}, 120_000);

afterAll(() => {
  fs.rmSync(outdir, { recursive: true, force: true });
});

/** Program of a worker that parses like the real one and dies of files with certain names. */
function createMortalWorker(): URL {
  const file = path.join(outdir, 'mortalWorker.mjs');
  fs.writeFileSync(
    file,
    `import { parentPort } from 'node:worker_threads';
    import './ingestWorker.mjs';
    parentPort.on('message', ({ job }) => {
      if (job?.path.includes('throws')) throw new TypeError('content of a line');
      if (job?.path.includes('exits')) process.exit(3);
      if (job?.path.includes('hangs')) for (;;);
    });`,
  );
  return pathToFileURL(file);
}

const LINE = '2023-11-14T22:13:20Z INFO cart ready\n';

function writeFiles(folder: string, names: readonly string[], content = LINE): void {
  for (const name of names) {
    fs.writeFileSync(path.join(folder, name), content);
  }
}

describe('worker threads', { timeout: 60_000 }, () => {
  it('lie beside the bundles that use them', () => {
    expect(fs.readdirSync(outdir)).toEqual(expect.arrayContaining(['ingestWorker.mjs', 'engine.mjs', 'cli.mjs']));
  });

  it('give the same records, offsets and reports as the calling thread', async () => {
    await withFolder(async (folder) => {
      fs.cpSync(FIXTURES, folder, { recursive: true });
      fs.writeFileSync(
        path.join(folder, 'large.log'),
        Array.from({ length: 150_000 }, (_, i) => LINE.replace('cart', `cart${i % 7}`)).join(''),
      );
      const ofThread = await readPaths([folder]);
      const ofWorkers = await readPaths([folder], { workers: 3, workerScript });
      // Files interleave; within a file the order is the same.
      const byPath = ({ reports }: typeof ofThread): unknown[] => reports.toSorted((a, b) => (a.path < b.path ? -1 : 1));
      expect(byPath(ofWorkers)).toEqual(byPath(ofThread));
      const chunks = ({ events }: typeof ofThread): unknown[][] => {
        const byFile: unknown[][] = [];
        for (const event of events) {
          if (event.type === 'chunk') {
            (byFile[event.fileId] ??= []).push(event.chunk);
          }
        }
        return byFile;
      };
      expect(chunks(ofWorkers)).toEqual(chunks(ofThread));
      expect(ofWorkers.logs.length).toBeGreaterThan(150_000);
    });
  });

  it.each([
    ['throws', /parser failed \(TypeError\)/],
    ['exits', /parser failed \(its thread ended\)/],
  ])('a worker that %s costs its file, the run goes on with new ones', async (how, reason) => {
    await withFolder(async (folder) => {
      const names = [`a-${how}.log`, 'b.log', `c-${how}.log`, `d-${how}.log`, 'e.log', 'f.log'];
      writeFiles(folder, names);
      const { reports, logs } = await readPaths([folder], { workers: 1, workerScript: createMortalWorker() });
      expect(reports.map(({ path: file }) => path.basename(file))).toEqual(names);
      for (const { path: file, refusal } of reports) {
        expect(refusal ?? '').toMatch(file.includes(how) ? reason : /^$/);
        expect(refusal ?? '').not.toContain('content of a line');
      }
      expect(logs.filter(({ service }) => !service.includes(how)).map(({ service }) => service)).toEqual(['b', 'e', 'f']);
    });
  });

  it('what a dying worker had handed on is counted', async () => {
    await withFolder(async (folder) => {
      writeFiles(folder, ['a.log'], LINE.repeat(600_000));
      const script = path.join(outdir, 'lateDeath.mjs');
      fs.writeFileSync(
        script,
        `import { parentPort } from 'node:worker_threads';
        import './ingestWorker.mjs';
        parentPort.on('message', ({ type }) => { if (type === 'taken') process.exit(1); });`,
      );
      const { reports, logs } = await readPaths([folder], { workers: 1, workerScript: pathToFileURL(script) });
      expect(logs.length).toBeGreaterThan(0);
      expect(reports).toMatchObject([{ records: logs.length, recordsByModality: { log: logs.length, trace: 0, metric: 0 } }]);
      expect(reports[0]?.refusal).toMatch(/what it had read so far is kept/);
    });
  });

  it.each([
    ['busy', 'a.log', () => workerScript],
    ['deaf', 'a-hangs.log', createMortalWorker],
  ] as const)('cancellation ends %s workers', async (_, name, script) => {
    await withFolder(async (folder) => {
      const names = [name, `b-${name}`, `c-${name}`];
      writeFiles(folder, names, LINE.repeat(400_000));
      const controller = new AbortController();
      const events: IngestEvent[] = [];
      const reading = ingest(
        [folder],
        { workers: 2, workerScript: script() },
        (event) => {
          events.push(event);
          if (event.type === 'progress') {
            controller.abort();
          }
        },
        controller.signal,
      );
      await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
      expect(events.filter(({ type }) => type === 'fileDone').length).toBeLessThan(names.length);
    });
  });
});
