// Packs what `run-base.sh` needs on a bare Linux machine (Python with torch, onnx, onnxruntime and numpy; no network) into one archive:
// this Node, the command line, the text encoder, the Python code, and tensors of recordings where there are some.
// `npm run pretrain:pack [-- --out FILE]`; PYTHON names a Python with the dependencies of pyproject.toml, RUNTIMESLICER_DATA the recordings.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const LIMIT_BYTES = 55e6;
const NAME = 'runtimeslicer-pretraining';
const here = import.meta.dirname;
const root = path.resolve(here, '../..');
const outAt = process.argv.indexOf('--out');
const out = path.resolve(outAt < 0 ? path.join(root, 'artifacts', `${NAME}.tar.xz`) : process.argv[outAt + 1]);
const python = process.env.PYTHON ?? 'python3';
const recordings = process.env.RUNTIMESLICER_DATA ?? path.resolve(root, '../shared/data');
const parent = fs.mkdtempSync(path.join(os.tmpdir(), `${NAME}-`));
const stage = path.join(parent, NAME);

const run = (command, args, options = {}) => execFileSync(command, args, { cwd: root, encoding: 'utf8', ...options });
const say = (line) => process.stderr.write(`${line}\n`);
function copy(file, target = file) {
  fs.mkdirSync(path.dirname(path.join(stage, target)), { recursive: true });
  fs.cpSync(path.join(root, file), path.join(stage, target), { recursive: true });
}

try {
  run(python, ['-c', 'import numpy, onnx, onnxruntime, torch'], { stdio: ['ignore', 'ignore', 'pipe'] });
} catch (error) {
  const reason = String(error.stderr ?? error.message)
    .trim()
    .split('\n')
    .at(-1);
  say(`${python} cannot be used: ${reason}; set PYTHON to a Python with the dependencies of models/pretraining/pyproject.toml`);
  process.exit(1);
}
try {
  copy('package.json');
  fs.copyFileSync(process.execPath, path.join(stage, 'node'));
  fs.chmodSync(path.join(stage, 'node'), 0o755);
  try {
    run('strip', [path.join(stage, 'node')]); // 127 MB to 109 MB
  } catch {
    say('strip is not installed: Node goes in with its symbols, and the archive may become too large');
  }
  run(process.execPath, ['build.mjs', '--production', '--quiet', '--outdir', path.join(stage, 'dist')], { stdio: 'inherit' });
  for (const unused of ['webview', 'engine.mjs', 'extension.cjs', 'extension.css', 'ingestWorker.mjs']) {
    fs.rmSync(path.join(stage, 'dist', unused), { recursive: true, force: true });
  }
  // The command line imports the store's module, and yet opens no store for simulated systems: the native part (1 MB) is left out.
  // ONNX Runtime it imports on demand only.
  for (const part of ['package.json', 'lib']) copy(`node_modules/better-sqlite3/${part}`);
  for (const file of ['manifest.json', 'tokenizer.json', 'text-encoder.int8.onnx']) copy(`models/encoder/${file}`);
  for (const file of run('git', ['ls-files', 'models/pretraining']).trim().split('\n')) {
    if (/\.(py|toml|sh)$/.test(file) && !file.includes('/tests/')) copy(file);
  }
  const dirty = run('git', ['status', '--porcelain', '--', 'models/pretraining', 'src']) === '' ? '' : '-dirty';
  fs.writeFileSync(path.join(stage, 'models/pretraining/commit.txt'), run('git', ['rev-parse', 'HEAD']).trim() + dirty);

  if (fs.existsSync(recordings)) {
    const data = path.join(stage, 'models/pretraining/data');
    const options = [
      '--systems',
      '0',
      '--heads',
      '0',
      '--held-out',
      '0',
      '--recordings',
      recordings,
      '--cli',
      `${process.execPath} dist/cli.mjs`,
    ];
    run(python, [path.join(here, 'make_data.py'), data, ...options], { stdio: 'inherit' });
  } else {
    say(`no recordings: ${recordings} is missing`);
  }

  fs.mkdirSync(path.dirname(out), { recursive: true });
  const tar = path.join(parent, 'all.tar');
  // Equal content gives equal archives. x86: the branch filter makes the executable 3 % smaller; lp=1 suits both it and half floats.
  run('tar', ['--sort=name', '--owner=0', '--group=0', '--mtime=2026-01-01', '-C', parent, '-cf', tar, NAME]);
  run('xz', ['--x86', '--lzma2=preset=9e,dict=128MiB,lp=1', '--force', tar], { stdio: 'inherit' });
  fs.copyFileSync(`${tar}.xz`, out);
} finally {
  fs.rmSync(parent, { recursive: true, force: true });
}
const sizeBytes = fs.statSync(out).size;
say(`${out}: ${(sizeBytes / 1e6).toFixed(1)} MB`);
if (sizeBytes > LIMIT_BYTES) {
  say(`larger than ${LIMIT_BYTES / 1e6} MB`);
  process.exitCode = 1;
}
