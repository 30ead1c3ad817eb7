import fs from 'node:fs';
import path from 'node:path';

export interface WalkedFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly mtimeMs: number;
  /** Why it cannot be opened, undefined when it is a regular file. */
  readonly refusal: string | undefined;
}

/**
 * Files in the order given; folders depth-first by name. Inside folders, names that start with a dot and `node_modules` are
 * skipped. A file reached twice counts once; symbolic links are followed, each folder once.
 */
export async function walkPaths(paths: readonly string[], throwIfCancelled: () => void): Promise<WalkedFile[]> {
  const found: WalkedFile[] = [];
  const seen = new Set<string>();

  const visit = async (file: string): Promise<void> => {
    throwIfCancelled();
    let real: string;
    let stat: fs.Stats;
    try {
      real = await fs.promises.realpath(file);
      stat = await fs.promises.stat(real);
    } catch (error) {
      found.push({ path: file, sizeBytes: 0, mtimeMs: 0, refusal: toWalkRefusal(error) });
      return;
    }
    if (seen.has(real)) {
      return;
    }
    seen.add(real);
    if (stat.isDirectory()) {
      await visitFolder(file);
    } else if (stat.isFile()) {
      found.push({ path: file, sizeBytes: stat.size, mtimeMs: stat.mtimeMs, refusal: undefined });
    } else {
      found.push({ path: file, sizeBytes: 0, mtimeMs: stat.mtimeMs, refusal: 'neither a file nor a folder (a pipe, socket or device)' });
    }
  };

  const visitFolder = async (folder: string): Promise<void> => {
    let names: string[];
    try {
      names = await fs.promises.readdir(folder);
    } catch (error) {
      found.push({ path: folder, sizeBytes: 0, mtimeMs: 0, refusal: toWalkRefusal(error) });
      return;
    }
    for (const name of names.sort()) {
      if (!name.startsWith('.') && name !== 'node_modules') {
        await visit(path.join(folder, name));
      }
    }
  };

  for (const given of paths) {
    await visit(path.resolve(given));
  }
  return found;
}

function toWalkRefusal(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  if (code === 'ENOENT') {
    return 'the path does not exist';
  }
  return code === 'EACCES' || code === 'EPERM' ? 'no permission to read it; change its access rights' : `cannot be opened (${code})`;
}
