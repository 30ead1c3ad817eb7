// Makes a checkout ready to run: installs the pinned dependencies when they are missing or stale and, with `--build`, bundles what changed.
// Runs under any Node from 20.11 without a dependency, and writes to stderr only, so that `npm run --silent cli -- … --json` owns stdout.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const root = import.meta.dirname;
const say = (text) => process.stderr.write(`${text}\n`);
const readJson = (file) => JSON.parse(fs.readFileSync(file, 'utf8'));

function run(command, args) {
  // Windows finds npm only as npm.cmd, and only through a shell.
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' });
  if (status === 0) return;
  say(`setup: "${command} ${args.join(' ')}" failed${error ? `: ${error.message}` : ` with exit code ${status}`}.`);
  process.exit(1);
}

/** Why node_modules does not match package-lock.json, or undefined when it does. Optional packages of other platforms may be absent. */
function findStaleReason() {
  const installedFile = path.join(root, 'node_modules', '.package-lock.json');
  if (!fs.existsSync(installedFile)) return 'dependencies are not installed';
  const wanted = readJson(path.join(root, 'package-lock.json')).packages;
  const installed = readJson(installedFile).packages;
  for (const [name, { version, optional, peer, link }] of Object.entries(wanted)) {
    if (name === '' || link === true) continue;
    const found = installed[name];
    if (found === undefined && optional !== true && peer !== true) return `${name} is missing`;
    if (found !== undefined && found.version !== version) return `${name} is ${found.version}, package-lock.json says ${version}`;
  }
  return undefined;
}

const BUILD_INPUTS = ['src', 'webview', 'build.mjs', 'package-lock.json', 'tsconfig.json'];
const stamp = path.join(root, 'dist', '.built');

function newestMtimeMs(file) {
  const stat = fs.statSync(file);
  if (!stat.isDirectory()) return stat.mtimeMs;
  // A folder's own time changes when a file in it is removed or renamed.
  return fs.readdirSync(file).reduce((newest, name) => Math.max(newest, newestMtimeMs(path.join(file, name))), stat.mtimeMs);
}

function isBuilt() {
  if (!fs.existsSync(stamp)) return false;
  const builtMs = fs.statSync(stamp).mtimeMs;
  return BUILD_INPUTS.every((input) => newestMtimeMs(path.join(root, input)) <= builtMs);
}

const staleReason = findStaleReason();
if (staleReason !== undefined) {
  say(`setup: ${staleReason}; running npm ci (a minute or so, once) …`);
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
}
if (process.argv.includes('--build') && !isBuilt()) {
  say('setup: building …');
  const startedAt = new Date();
  run(process.execPath, ['build.mjs', '--quiet']);
  fs.mkdirSync(path.dirname(stamp), { recursive: true });
  fs.writeFileSync(stamp, '');
  // Files that were saved during the build count as newer than it.
  fs.utimesSync(stamp, startedAt, startedAt);
}
