import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { findBadNames, findLongFiles, MAX_LINES } from './fileRules.js';
import { findForbiddenImports, findImportCircles, findImportsWithoutExtension } from './importRules.js';
import { listFiles, projectRoot, readSources, type SourceFile } from './sourceTree.js';

const product = readSources(['src', 'webview']);
const everything = [...product, ...readSources(['test'])];

describe('the project', () => {
  it('has source files to check', () => {
    expect(product.length).toBeGreaterThan(5);
  });

  it('imports inward only', () => {
    expect(findForbiddenImports(product)).toEqual([]);
  });

  it('imports in no circle', () => {
    expect(findImportCircles(everything)).toEqual([]);
  });

  it('writes relative imports with the extension of the emitted file', () => {
    expect(findImportsWithoutExtension(everything)).toEqual([]);
  });

  it(`has no file over ${MAX_LINES} lines`, () => {
    expect(findLongFiles(everything)).toEqual([]);
  });

  it('names files and folders for what they hold', () => {
    expect(findBadNames(everything.map((file) => file.path))).toEqual([]);
  });

  it('keeps the top level to the fixed folders and single files', () => {
    const folders = fs
      .readdirSync(projectRoot, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
    const fixed = ['.ci', 'media', 'models', 'src', 'test', 'webview'];
    const ignoredByGit = ['.git', '.cache', '.ruff_cache', '.pytest_cache', '.vscode-test', 'artifacts', 'dist', 'node_modules', '.venv'];
    expect(folders.filter((name) => ![...fixed, ...ignoredByGit].includes(name))).toEqual([]);
  });

  it('pins every dependency to an exact version', () => {
    const manifest = JSON.parse(fs.readFileSync(path.join(projectRoot, 'package.json'), 'utf8')) as Record<
      'dependencies' | 'devDependencies',
      Record<string, string>
    >;
    const loose = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(
      ([, version]) => !/^\d+\.\d+\.\d+$/.test(version),
    );
    expect(loose).toEqual([]);
  });

  it('keeps the lock file free of registry hosts', () => {
    expect(fs.readFileSync(path.join(projectRoot, 'package-lock.json'), 'utf8')).not.toContain('"resolved": "http');
  });

  it('names no machine path in code or documentation', () => {
    const documents = listFiles('', /\.md$/).map((file) => ({ path: file, text: fs.readFileSync(path.join(projectRoot, file), 'utf8') }));
    const machinePath = /(?<![\w.$}~])\/(work|root|home\/[a-z]+)\//;
    const isFixture = (file: string) => file.startsWith('test/') && !file.startsWith('test/e2e/');
    const named = [...everything, ...documents].filter((file) => !isFixture(file.path) && machinePath.test(file.text));
    expect(named.map((file) => file.path)).toEqual([]);
  });
});

describe('the rules fail on', () => {
  const source = (file: string, ...imports: string[]): SourceFile => ({
    path: file,
    text: imports.map((specifier) => `import * as it from '${specifier}';`).join('\n'),
  });

  it.each([
    ['core on node', source('src/core/a.ts', 'node:fs')],
    ['core on a bare node module', source('src/core/a.ts', 'fs')],
    ['core on a package', source('src/core/a.ts', 'd3')],
    ['core on protocol', source('src/core/states/a.ts', '../../protocol/views.js')],
    ['protocol on the engine', source('src/protocol/a.ts', '../engine/engine.js')],
    ['protocol on vscode-jsonrpc outside its client', source('src/protocol/views.ts', 'vscode-jsonrpc/node.js')],
    ['the runtime outside inference', source('src/engine/pipeline/a.ts', 'onnxruntime-node')],
    ['the database outside the store', source('src/engine/rpc/a.ts', 'better-sqlite3')],
    ['the engine on vscode', source('src/engine/a.ts', 'vscode')],
    ['the extension on the engine', source('src/extension/a.ts', '../engine/engine.js')],
    ['the extension on a native module', source('src/extension/a.ts', 'better-sqlite3')],
    ['one panel on another', source('webview/timeline/main.ts', '../diagnosis/model.js')],
    ['a panel on the toolkit', source('webview/timeline/view.ts', '@vscode/webview-ui-toolkit')],
    ['shared webview code on a panel', source('webview/shared/a.ts', '../timeline/model.js')],
    ['a panel on node', source('webview/timeline/model.ts', 'node:path')],
    ['simulation on the engine', source('src/simulation/a.ts', '../engine/engine.js')],
    ['the command line on the extension', source('src/cli/a.ts', '../extension/extension.js')],
    ['a file outside the table', source('src/other/a.ts')],
  ])('%s', (_, file) => {
    expect(findForbiddenImports([file])).toHaveLength(1);
  });

  it.each(["import type { A } from 'node:fs';", "export * from 'node:fs';", "void import('node:fs');", "const a = require('node:fs');"])(
    'an import written as %s',
    (text) => {
      expect(findForbiddenImports([{ path: 'src/core/a.ts', text }])).toEqual(['src/core/a.ts imports node:fs']);
    },
  );

  it('a circle of imports, and not a file that two import', () => {
    const [a, b, c] = [
      source('src/core/a.ts', './b.js', './c.js'),
      source('src/core/b.ts', './c.js'),
      source('src/core/c.ts', '../core/a.js'),
    ];
    expect(findImportCircles([a, b, c])).toEqual(['src/core/a.ts → src/core/b.ts → src/core/c.ts → src/core/a.ts']);
    expect(findImportCircles([a, b, source('src/core/c.ts')])).toEqual([]);
  });

  it('a relative import without extension', () => {
    expect(findImportsWithoutExtension([source('src/core/a.ts', './b')])).toHaveLength(1);
  });

  it('a file that is too long', () => {
    expect(findLongFiles([{ path: 'src/core/a.ts', text: 'x\n'.repeat(MAX_LINES + 1) }])).toHaveLength(1);
    expect(findLongFiles([{ path: 'src/core/a.ts', text: 'x\n'.repeat(MAX_LINES) }])).toEqual([]);
  });

  it.each(['src/core/utils.ts', 'src/core/Big.ts', 'src/core/snake_case.ts', 'src/engine/storeManager.ts', 'src/helpers/a.ts'])(
    'the name %s',
    (file) => {
      expect(findBadNames([file])).toHaveLength(1);
    },
  );

  it.each(['src/core/time.ts', 'test/unit/core/time.test.ts', 'test/helpers/records.ts'])('nothing wrong with %s', (file) => {
    expect(findBadNames([file])).toEqual([]);
  });
});
