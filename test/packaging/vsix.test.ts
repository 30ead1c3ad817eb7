import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { artifacts, getVsix, projectRoot } from '../e2e/host/vsix.js';
import { readZipDirectory, type ZipEntry } from './zipDirectory.js';

const MAX_VSIX_MB = 80;

interface Target {
  readonly name: string;
  /** In onnxruntime-node's binary folder. */
  readonly runtime: readonly string[];
}

const here = `${process.platform}-${process.arch}`;
const linux = ['libonnxruntime.so.1', 'onnxruntime_binding.node'];
const windows = ['DirectML.dll', 'onnxruntime.dll', 'onnxruntime_binding.node'];
const mac = ['libonnxruntime.1.dylib', 'onnxruntime_binding.node'];
const runtimeOf: Readonly<Record<string, readonly string[]>> = { linux, win32: windows, darwin: mac };

/** This machine's package, and one for a foreign platform: the way natives are chosen must not depend on where it is packed. */
const targets: Target[] = [here, here === 'win32-x64' ? 'linux-x64' : 'win32-x64'].map((name) => ({
  name,
  runtime: runtimeOf[name.split('-')[0] ?? ''] ?? [],
}));

function packageFor(target: string): string {
  if (target === here) return getVsix();
  execFileSync(process.execPath, [path.join(projectRoot, 'package.mjs'), target], { cwd: projectRoot, stdio: 'pipe' });
  return path.join(artifacts, `runtimeslicer-${target}.vsix`);
}

function names(entries: readonly ZipEntry[], folder: string): string[] {
  return entries.filter(({ name }) => name.startsWith(folder)).map(({ name }) => name.slice(folder.length));
}

describe.each(targets)('the package for $name', ({ name: target, runtime }) => {
  const vsix = packageFor(target);
  const entries = readZipDirectory(vsix);
  const files = names(entries, 'extension/');
  const [platform, arch] = target.split('-');

  it(`is below ${MAX_VSIX_MB} MB`, () => {
    const sizeMb = fs.statSync(vsix).size / 1e6;
    process.stdout.write(`${path.basename(vsix)}: ${sizeMb.toFixed(1)} MB, ${files.length} files\n`);
    expect(sizeMb).toBeLessThan(MAX_VSIX_MB);
  });

  it('holds the bundles of every process and panel', () => {
    const panels = fs
      .readdirSync(path.join(projectRoot, 'webview'))
      .filter((panel) => fs.existsSync(path.join(projectRoot, 'webview', panel, 'main.ts')));
    expect(panels.length).toBeGreaterThanOrEqual(3);
    expect(files).toEqual(
      expect.arrayContaining([
        'dist/extension.cjs',
        'dist/engine.mjs',
        'dist/ingestWorker.mjs',
        'dist/cli.mjs',
        ...panels.map((panel) => `dist/webview/${panel}.js`),
      ]),
    );
  });

  it('holds the native modules of its platform and of no other', () => {
    const module = 'extension/dist/node_modules/';
    expect(names(entries, `${module}onnxruntime-node/bin/`).sort()).toEqual(
      runtime.map((file) => `napi-v6/${platform ?? ''}/${arch ?? ''}/${file}`).sort(),
    );
    expect(names(entries, `${module}better-sqlite3/prebuilds/`)).toEqual([`${target}.node`]);
    const modules = new Set(names(entries, module).map((file) => file.split('/')[0]));
    expect([...modules].sort()).toEqual(['better-sqlite3', 'onnxruntime-common', 'onnxruntime-node']);
  });

  it('holds every file that the encoder manifest names', () => {
    const folder = path.join(projectRoot, 'models', 'encoder');
    const inPackage = names(entries, 'extension/models/encoder/');
    expect(inPackage).toContain('manifest.json');
    expect(inPackage.sort()).toEqual(
      (fs.readdirSync(folder, { recursive: true }) as string[]).filter((file) => path.extname(file) !== '').sort(),
    );
    const sizes = new Map(entries.map((entry) => [entry.name, entry.sizeBytes]));
    for (const file of inPackage) {
      expect(sizes.get(`extension/models/encoder/${file}`)).toBe(fs.statSync(path.join(folder, file)).size);
    }
  });

  it('holds what the manifest and the licences ask for', () => {
    // vsce renames these three on the way in.
    const lowerCase = files.map((file) => file.toLowerCase());
    for (const file of [
      'readme.md',
      'changelog.md',
      'license.txt',
      'notice',
      'package.json',
      'package.nls.json',
      'media/activitybar.svg',
    ]) {
      expect(lowerCase).toContain(file);
    }
  });

  it('holds no sources, tests, maps or settings of the development', () => {
    const unwanted =
      /^(src|webview|test|models\/pretraining|node_modules|\.|.*\.(map|ts|tsx|py)$)|(^|\/)(tsconfig.*\.json|package-lock\.json|\w+\.config\.\w+)$|\.(cc|cpp|c|h|gyp)$/;
    expect(files.filter((file) => unwanted.test(file))).toEqual([]);
  });
});
