/** The project's source files and what each of them imports. */
import fs from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

export const projectRoot = path.resolve(import.meta.dirname, '../..');

export interface SourceFile {
  /** Relative to the project root, with `/`. */
  readonly path: string;
  readonly text: string;
}

const NOT_SOURCE = new Set(['node_modules', 'dist', '.git', '.cache', '.venv', 'artifacts', '__pycache__']);

/** All files under `folder` (relative to the root) whose name matches; `/`-separated, sorted. */
export function listFiles(folder: string, pattern: RegExp): string[] {
  const absolute = path.join(projectRoot, folder);
  if (!fs.existsSync(absolute)) return [];
  return fs
    .readdirSync(absolute, { withFileTypes: true })
    .filter((entry) => !NOT_SOURCE.has(entry.name))
    .flatMap((entry) => {
      const child = path.posix.join(folder, entry.name);
      if (entry.isDirectory()) return listFiles(child, pattern);
      return pattern.test(entry.name) ? [child] : [];
    })
    .sort();
}

export function readSources(folders: readonly string[], pattern = /\.ts$/): SourceFile[] {
  return folders
    .flatMap((folder) => listFiles(folder, pattern))
    .map((file) => ({ path: file, text: fs.readFileSync(path.join(projectRoot, file), 'utf8') }));
}

/** Module specifiers of static, dynamic, type-only and re-exporting imports and of `require`, as written. */
export function findImports(file: SourceFile): string[] {
  const info = ts.preProcessFile(file.text, true, true);
  return info.importedFiles.map((reference) => reference.fileName);
}

/** Project-relative path of a relative import, e.g. `src/core/time.js`; undefined for a package. */
export function resolveImport(file: SourceFile, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  return path.posix.join(path.posix.dirname(file.path), specifier);
}
