/** Which files a panel may have opened: those the run was made of, and no others. */
import fs from 'node:fs/promises';
import path from 'node:path';

/**
 * @param roots the files and folders that were embedded.
 * @returns the real path of `candidate` when it is one of them or lies in one, else undefined. Links are followed first, so
 * that a link inside a folder does not lead out of it.
 */
export async function findAllowedPath(candidate: string, roots: readonly string[]): Promise<string | undefined> {
  if (!path.isAbsolute(candidate)) {
    return undefined;
  }
  const target = await findRealPath(candidate);
  if (target === undefined) {
    return undefined;
  }
  for (const root of roots) {
    const realRoot = await findRealPath(root);
    if (realRoot !== undefined && isInside(target, realRoot)) {
      return target;
    }
  }
  return undefined;
}

function isInside(target: string, root: string): boolean {
  const relative = path.relative(root, target);
  return relative === '' || (relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative));
}

async function findRealPath(file: string): Promise<string | undefined> {
  try {
    return await fs.realpath(file);
  } catch {
    // Gone or not readable: the caller says that it cannot be opened.
    return undefined;
  }
}
