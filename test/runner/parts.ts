/** The parts that `npm test` is made of; each runs a tool, shows its output and says how many tests passed and failed. */
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

export interface PartResult {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly seconds: number;
  /** What a reader of the counts has to know, e.g. why a part was not run. */
  readonly note?: string;
}

const root = path.resolve(import.meta.dirname, '../..');
const reports = path.join(root, 'artifacts', 'reports');

/** Exit code of a command whose output goes to the terminal, or into `logFile`; -1 when it could not be started. */
function run(command: string, args: readonly string[], logFile?: string): Promise<number> {
  const log = logFile === undefined ? undefined : fs.openSync(logFile, 'w');
  const child = spawn(command, args, {
    cwd: root,
    stdio: ['ignore', log ?? 'inherit', log ?? 'inherit'],
    shell: process.platform === 'win32',
  });
  return new Promise((resolve) => {
    const finish = (code: number) => {
      if (log !== undefined) fs.closeSync(log);
      resolve(code);
    };
    child.once('error', () => {
      finish(-1);
    });
    child.once('exit', (code) => {
      finish(code ?? -1);
    });
  });
}

/** Benchmarks that are programs rather than vitest files. */
const BENCHMARK_SCRIPTS = ['mainJob/mainJob.ts', 'quality/quality.ts'];

const startTimer = () => {
  const startMs = performance.now();
  return () => (performance.now() - startMs) / 1000;
};

function heading(name: string): void {
  process.stdout.write(`\n== ${name}\n`);
}

/** A tool that either succeeds or not counts as one test. */
export async function runCommand(name: string, command: string, args: readonly string[]): Promise<PartResult> {
  heading(name);
  const elapsed = startTimer();
  const ok = (await run(command, args)) === 0;
  return { name, passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0, seconds: elapsed() };
}

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
}

function findReport(file: string): VitestReport | undefined {
  return fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, 'utf8')) as VitestReport) : undefined;
}

/** @param filters parts of the names of test files; none means all. */
export async function runVitest(projects: readonly string[], filters: readonly string[] = []): Promise<PartResult> {
  const name = projects.join(' + ');
  heading(name);
  fs.mkdirSync(reports, { recursive: true });
  const report = path.join(reports, `${projects.join('-')}.json`);
  fs.rmSync(report, { force: true });
  const elapsed = startTimer();
  const code = await run(process.execPath, [
    path.join(root, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    ...filters,
    ...projects.flatMap((project) => ['--project', project]),
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]);
  const counts = findReport(report);
  const failed = counts?.numFailedTests ?? 0;
  return {
    name,
    passed: counts?.numPassedTests ?? 0,
    // A file that cannot be loaded, or an error outside every test, shows only in the exit code.
    failed: code !== 0 && failed === 0 ? 1 : failed,
    skipped: counts?.numPendingTests ?? 0,
    seconds: elapsed(),
  };
}

/** A Python that has torch and pytest: `$RUNTIMESLICER_PYTHON`, the virtual environments of this checkout, the system's. */
function findPython(): string | undefined {
  const inFolder = (folder: string) => path.join(root, folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const candidates = [
    process.env.RUNTIMESLICER_PYTHON,
    inFolder('models/pretraining/.venv'),
    inFolder('.cache/python'),
    'python3',
    'python',
  ];
  return candidates.find(
    (python) => python !== undefined && spawnSync(python, ['-c', 'import torch, pytest'], { cwd: root, stdio: 'ignore' }).status === 0,
  );
}

/** The pretraining code is tested where a Python with torch is; torch is a download of hundreds of MB that no test run starts by itself. */
export async function runPython(): Promise<PartResult> {
  const name = 'pretraining (python)';
  heading(name);
  const elapsed = startTimer();
  const python = findPython();
  if (python === undefined) {
    const note = 'not run: no Python with torch and pytest here; see CONTRIBUTING, "Pretraining"';
    process.stdout.write(`${note}\n`);
    return { name, passed: 0, failed: 0, skipped: 0, seconds: elapsed(), note };
  }
  fs.mkdirSync(reports, { recursive: true });
  const report = path.join(reports, 'pytest.xml');
  fs.rmSync(report, { force: true });
  const code = await run(python, ['-m', 'pytest', '-q', 'models/pretraining', `--junitxml=${report}`]);
  const xml = fs.existsSync(report) ? fs.readFileSync(report, 'utf8') : '';
  const count = (attribute: string) => Number(new RegExp(`<testsuite [^>]*\\b${attribute}="(\\d+)"`).exec(xml)?.[1] ?? 0);
  const broken = count('failures') + count('errors');
  const skipped = count('skipped');
  return {
    name,
    passed: Math.max(0, count('tests') - broken - skipped),
    failed: code !== 0 && broken === 0 ? 1 : broken,
    skipped,
    seconds: elapsed(),
  };
}

/** Measures; what it prints is the result. `words`: parts of file names, none means all; then, from the first `--` on, options of the script. */
export async function runBenchmarks(words: readonly string[]): Promise<PartResult[]> {
  const firstOption = words.findIndex((word) => word.startsWith('--'));
  const names = firstOption < 0 ? words : words.slice(0, firstOption);
  const options = words.slice(names.length);
  const isWanted = (file: string) => names.length === 0 || names.some((name) => file.includes(name));
  const files = fs.readdirSync(path.join(root, 'test', 'benchmarks'), { recursive: true, encoding: 'utf8' }).filter(isWanted);
  const results: PartResult[] = [];
  if (files.some((file) => file.endsWith('.bench.ts'))) results.push(await runVitest(['bench'], names));
  for (const script of BENCHMARK_SCRIPTS.filter(isWanted)) {
    const file = `test/benchmarks/${script}`;
    results.push(await runCommand(script, process.execPath, ['--import', './test/typescript.mjs', file, ...options]));
  }
  return results;
}

export function runPackaging(): Promise<PartResult> {
  return runCommand('package', process.execPath, [path.join(root, 'package.mjs')]);
}

/** Installs Chromium and code-server in the background; its output is shown when it has ended. */
export async function startHostInstallation(): Promise<PartResult> {
  const elapsed = startTimer();
  fs.mkdirSync(reports, { recursive: true });
  const log = path.join(reports, 'hostInstallation.log');
  const code = await run(
    process.execPath,
    ['--import', './test/typescript.mjs', path.join(root, 'test', 'e2e', 'host', 'installHost.ts')],
    log,
  );
  process.stdout.write(fs.readFileSync(log, 'utf8'));
  const ok = code === 0;
  return { name: 'workbench set-up', passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0, seconds: elapsed() };
}
