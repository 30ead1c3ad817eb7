/** Who may import whom: the layout table of the architecture, as data. Imports point inward only. */
import { builtinModules } from 'node:module';
import { findImports, resolveImport, type SourceFile } from './sourceTree.js';

interface Area {
  /** Files the rule is for: every path that starts with this. The longest match wins. */
  readonly folder: string;
  /** Project folders it may import, besides its own. */
  readonly folders: readonly string[];
  /** Packages it may import. */
  readonly packages: readonly string[];
  readonly node: boolean;
}

const ENGINE_FOLDERS = ['src/engine', 'src/protocol', 'src/core', 'src/simulation'];
const ENGINE_PACKAGES = ['vscode-jsonrpc'];
const WEBVIEW_FOLDERS = ['webview/shared', 'src/protocol', 'src/core'];

export const areas: readonly Area[] = [
  { folder: 'src/core', folders: [], packages: [], node: false },
  { folder: 'src/protocol', folders: ['src/core'], packages: [], node: false },
  { folder: 'src/protocol/engineClient.ts', folders: ['src/protocol', 'src/core'], packages: ['vscode-jsonrpc'], node: false },
  { folder: 'src/simulation', folders: ['src/core'], packages: [], node: false },
  { folder: 'src/engine', folders: ENGINE_FOLDERS, packages: ENGINE_PACKAGES, node: true },
  {
    folder: 'src/engine/inference',
    folders: ENGINE_FOLDERS,
    packages: [...ENGINE_PACKAGES, 'onnxruntime-node', '@huggingface/tokenizers'],
    node: true,
  },
  { folder: 'src/engine/store', folders: ENGINE_FOLDERS, packages: [...ENGINE_PACKAGES, 'better-sqlite3'], node: true },
  { folder: 'src/cli', folders: ENGINE_FOLDERS, packages: [], node: true },
  { folder: 'src/extension', folders: ['src/protocol', 'src/core'], packages: ['vscode', 'vscode-jsonrpc'], node: true },
  { folder: 'webview/css.d.ts', folders: [], packages: [], node: false },
  { folder: 'webview/shared', folders: ['src/protocol', 'src/core'], packages: ['d3'], node: false },
  { folder: 'webview/shared/controls.ts', folders: WEBVIEW_FOLDERS, packages: ['@vscode/webview-ui-toolkit'], node: false },
];

/** A panel sees itself, the shared folder and the inner layers, and no other panel. */
function panelArea(panel: string): Area {
  return { folder: panel, folders: WEBVIEW_FOLDERS, packages: ['d3'], node: false };
}

function isInside(file: string, folder: string): boolean {
  return file === folder || file.startsWith(`${folder}/`);
}

function findArea(file: string): Area | undefined {
  const panel = /^webview\/(?!shared\/)[^/]+(?=\/)/.exec(file)?.[0];
  if (panel !== undefined) return panelArea(panel);
  return areas.filter((area) => isInside(file, area.folder)).sort((a, b) => b.folder.length - a.folder.length)[0];
}

const builtins = new Set(builtinModules);

/** `@scope/name/deep/path.js` → `@scope/name`. */
function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function isAllowed(area: Area, file: SourceFile, specifier: string): boolean {
  const target = resolveImport(file, specifier);
  if (target !== undefined) return [area.folder, ...area.folders].some((folder) => isInside(target, folder));
  if (specifier.startsWith('node:') || builtins.has(specifier)) return area.node;
  return area.packages.includes(packageName(specifier));
}

/** One line per import that breaks the table, `file imports specifier`; also for files that the table does not cover. */
export function findForbiddenImports(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const area = findArea(file.path);
    if (area === undefined) return [`${file.path} is in no area of the layout table`];
    return findImports(file)
      .filter((specifier) => !isAllowed(area, file, specifier))
      .map((specifier) => `${file.path} imports ${specifier}`);
  });
}

/** Relative imports name the emitted file, `./time.js`. */
export function findImportsWithoutExtension(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) =>
    findImports(file)
      .filter((specifier) => specifier.startsWith('.') && !/\.(js|mjs|json|css)$/.test(specifier))
      .map((specifier) => `${file.path} imports ${specifier}`),
  );
}

/** Circles of imports, type-only ones too: each as the files on the way back to the first, `a → b → a`. */
export function findImportCircles(files: readonly SourceFile[]): string[] {
  const imports = new Map(
    files.map((file) => [
      file.path,
      findImports(file).flatMap((specifier) => resolveImport(file, specifier)?.replace(/\.js$/, '.ts') ?? []),
    ]),
  );
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, way: readonly string[]): void => {
    const at = way.indexOf(file);
    if (at >= 0) {
      circles.push([...way.slice(at), file].join(' → '));
    } else if (!done.has(file)) {
      for (const target of imports.get(file) ?? []) visit(target, [...way, file]);
      done.add(file);
    }
  };
  for (const { path } of files) visit(path, []);
  return circles;
}
