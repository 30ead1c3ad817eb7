import fs from 'node:fs';
import path from 'node:path';
import * as esbuild from 'esbuild';

const root = path.resolve(import.meta.dirname, '../../..');

/**
 * Bundles a program for a child process of a test, as build.mjs does, below the project so that it finds its native modules.
 * @param entry relative to the project's root
 * @returns the bundle; the caller's test file removes its folder with `removeBundle`
 */
export async function bundleProgram(entry: string): Promise<string> {
  const parent = path.join(root, '.cache', 'test');
  fs.mkdirSync(parent, { recursive: true });
  const outdir = fs.mkdtempSync(path.join(parent, 'bundle-'));
  // Readable for tests that run it as another user.
  fs.chmodSync(outdir, 0o755);
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: [entry],
    outdir,
    bundle: true,
    splitting: true,
    platform: 'node',
    target: 'node22',
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    external: ['onnxruntime-node', 'better-sqlite3'],
    banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
    logLevel: 'error',
  });
  return path.join(outdir, path.basename(entry).replace(/\.ts$/, '.mjs'));
}

export function removeBundle(bundle: string): void {
  fs.rmSync(path.dirname(bundle), { recursive: true, force: true });
}
