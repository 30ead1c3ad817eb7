// Makes one VSIX for one platform: `npm run package -- linux-x64` (default: this machine's), in artifacts/.
// Everything that goes in is staged in .cache/package/<target>, so a package for another platform leaves dist/ as it is.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const root = import.meta.dirname;
const TARGETS = ['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64', 'win32-arm64'];
const target = process.argv[2] ?? `${process.platform}-${process.arch}`;
if (!TARGETS.includes(target)) {
  console.error(
    `package: no build for "${target}"; targets: ${TARGETS.join(' ')}. ONNX Runtime has no binary for Intel Macs or musl Linux.`,
  );
  process.exit(2);
}
const [platform, arch] = target.split('-');
const staging = path.join(root, '.cache', 'package', target);
fs.rmSync(staging, { recursive: true, force: true });
fs.mkdirSync(staging, { recursive: true });

function copy(from, to, keep = () => true) {
  if (!fs.existsSync(path.join(root, from))) throw new Error(`package: ${from} is missing`);
  fs.cpSync(path.join(root, from), path.join(staging, to), {
    recursive: true,
    dereference: true,
    filter: (source) => keep(path.basename(source)),
  });
}

/** A native package, without its sources, type declarations and the binaries of other platforms. */
function copyModule(name, entries) {
  for (const entry of ['package.json', ...entries]) {
    copy(
      `node_modules/${name}/${entry}`,
      `dist/node_modules/${name}/${entry}`,
      (file) => !/\.(map|d\.ts)$/.test(file) && !UNUSED_BINARIES.test(file),
    );
  }
}

// macOS ships the same library twice and the binding asks for the short name. The two DirectX compiler libraries (20 MB)
// serve WebGPU on Windows only; without them the provider check falls back to DirectML or the CPU.
const UNUSED_BINARIES = /^(dxcompiler|dxil)\.dll$|^libonnxruntime\.\d+\.\d+\.\d+\.dylib$/;

execFileSync(process.execPath, [path.join(root, 'build.mjs'), '--production', '--quiet', '--outdir', path.join(staging, 'dist')], {
  cwd: root,
  stdio: 'inherit',
});
copyModule('onnxruntime-common', ['dist/cjs']);
copyModule('onnxruntime-node', ['dist', `bin/napi-v6/${platform}/${arch}`]);
copyModule('better-sqlite3', ['LICENSE', 'lib', `prebuilds/${target}.node`]);

for (const file of ['README.md', 'CHANGELOG.md', 'LICENSE', 'NOTICE', 'package.nls.json', '.vscodeignore', 'media', 'models/encoder'])
  copy(file, file);

const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
const DEVELOPMENT_FIELDS = ['scripts', 'devDependencies', 'dependencies', 'private'];
const shipped = Object.fromEntries(Object.entries(manifest).filter(([field]) => !DEVELOPMENT_FIELDS.includes(field)));
fs.writeFileSync(path.join(staging, 'package.json'), JSON.stringify(shipped, null, 2));

const artifacts = path.join(root, 'artifacts');
fs.mkdirSync(artifacts, { recursive: true });
const vsix = path.join(artifacts, `runtimeslicer-${target}.vsix`);
const vsce = path.join(root, 'node_modules', '@vscode', 'vsce', 'vsce');
execFileSync(
  process.execPath,
  [vsce, 'package', '--no-dependencies', '--target', target, '--allow-missing-repository', '--no-rewrite-relative-links', '-o', vsix],
  {
    cwd: staging,
    stdio: ['ignore', 'ignore', 'inherit'],
  },
);
console.log(`${path.relative(root, vsix)}  ${(fs.statSync(vsix).size / 1e6).toFixed(1)} MB`);
