// Bundles: extension (CommonJS, as VS Code loads it), engine, ingest worker and CLI (ES modules), one script and style sheet per panel.
// `node build.mjs [--production] [--watch] [--quiet] [--outdir DIR]`
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import * as esbuild from 'esbuild';

const root = import.meta.dirname;
const production = process.argv.includes('--production');
const watch = process.argv.includes('--watch');
const quiet = process.argv.includes('--quiet');
const outdirAt = process.argv.indexOf('--outdir');
const outdir = outdirAt < 0 ? 'dist' : process.argv[outdirAt + 1];
const common = {
  bundle: true,
  sourcemap: production ? false : 'linked',
  minify: production,
  logLevel: quiet ? 'warning' : 'info',
  absWorkingDir: root,
};
/** Names the code that results were computed with: runs of other code are not shown as if they were current. */
function hashSources(folders) {
  const hash = createHash('sha256');
  for (const folder of folders) {
    const names = fs.readdirSync(path.join(root, folder), { recursive: true }).sort();
    for (const name of names.filter((name) => name.endsWith('.ts'))) {
      hash.update(name).update(fs.readFileSync(path.join(root, folder, name)));
    }
  }
  return hash.digest('hex').slice(0, 12);
}
/** Lets CommonJS dependencies inside an ES module bundle call `require`. */
const requireBanner = "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";
const nodeBundle = {
  ...common,
  platform: 'node',
  target: 'node22',
  format: 'esm',
  outExtension: { '.js': '.mjs' },
  banner: { js: requireBanner },
  external: ['onnxruntime-node', 'better-sqlite3'],
  // Parts that are imported on demand become files of their own, so that their native modules load on demand too.
  splitting: true,
  metafile: true,
  define: { RUNTIMESLICER_BUILD: JSON.stringify(hashSources(['src/core', 'src/engine', 'src/protocol'])) },
};

/** Removes parts that earlier builds left, unless they are so young that a running engine may still load them. */
function removeStaleParts(current) {
  const hourAgoMs = Date.now() - 60 * 60 * 1000;
  for (const name of fs.readdirSync(path.resolve(root, outdir)).filter((name) => /-[A-Z0-9]{8}\.mjs(\.map)?$/.test(name))) {
    const file = path.resolve(root, outdir, name);
    if (!current.has(name) && fs.statSync(file).mtimeMs < hourAgoMs) fs.rmSync(file);
  }
}

const panels = fs
  .readdirSync(path.join(root, 'webview'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && fs.existsSync(path.join(root, 'webview', entry.name, 'main.ts')))
  .map((entry) => entry.name);

const existing = (entries) => Object.fromEntries(Object.entries(entries).filter(([, file]) => fs.existsSync(path.join(root, file))));

const builds = [
  {
    ...nodeBundle,
    entryPoints: existing({
      engine: 'src/engine/main.ts',
      ingestWorker: 'src/engine/ingest/workers/ingestWorker.ts',
      cli: 'src/cli/main.ts',
    }),
    outdir,
  },
  {
    ...common,
    platform: 'node',
    target: 'node22',
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    external: ['vscode'],
    entryPoints: existing({ extension: 'src/extension/extension.ts' }),
    outdir,
  },
  {
    ...common,
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
    entryPoints: Object.fromEntries(panels.map((panel) => [panel, `webview/${panel}/main.ts`])),
    outdir: `${outdir}/webview`,
  },
].filter((build) => Object.keys(build.entryPoints).length > 0);

if (watch) {
  await Promise.all(builds.map(async (build) => (await esbuild.context(build)).watch()));
} else {
  const results = await Promise.all(builds.map((build) => esbuild.build(build)));
  removeStaleParts(new Set(results.flatMap(({ metafile }) => Object.keys(metafile?.outputs ?? {}).map((file) => path.basename(file)))));
}
