/** Names and sizes of source files. */
import path from 'node:path';
import type { SourceFile } from './sourceTree.js';

export const MAX_LINES = 500;

/** Names that say nothing about what is inside. */
const EMPTY_NAME = /^(utils?|helpers?|common|misc|.*manager|.*(utils|helpers))$/i;
const CAMEL_CASE = /^[a-z][a-zA-Z0-9]*(\.(test|bench|d|config))*$/;
const FOLDER_NAME = /^[a-z][a-zA-Z0-9]*$/;

export function findLongFiles(files: readonly SourceFile[]): string[] {
  return files
    .map((file) => ({ path: file.path, lines: file.text.split('\n').length - 1 }))
    .filter(({ lines }) => lines > MAX_LINES)
    .map((file) => `${file.path} has ${file.lines} lines, at most ${MAX_LINES} are allowed`);
}

/**
 * Files are camelCase and folders too; neither is called utils, helpers, common or manager.
 * `test/helpers` stands for the builders that tests share and is the one exception.
 */
export function findBadNames(files: readonly string[]): string[] {
  return files.flatMap((file) => {
    const name = path.posix.basename(file, path.posix.extname(file));
    const folders = path.posix.dirname(file).split('/');
    const problems: string[] = [];
    if (!CAMEL_CASE.test(name)) problems.push(`${file}: file name is not camelCase`);
    if (EMPTY_NAME.test(name.split('.')[0] ?? '')) problems.push(`${file}: the name does not say what is inside`);
    folders.forEach((folder, at) => {
      if (!FOLDER_NAME.test(folder)) problems.push(`${file}: folder ${folder} is not camelCase`);
      const isTestHelpers = at === 1 && folder === 'helpers' && folders[0] === 'test';
      if (EMPTY_NAME.test(folder) && !isTestHelpers) problems.push(`${file}: folder ${folder} does not say what is inside`);
    });
    return problems;
  });
}
