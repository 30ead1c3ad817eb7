/** Model folders for tests: the shipped one, and damaged copies of it. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export const ENCODER_FOLDER = path.join(import.meta.dirname, '..', '..', 'models', 'encoder');

/** A copy of the shipped folder that `change` may damage; the caller removes it. */
export function copyEncoderFolder(change: (folder: string) => void): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'runtimeslicer-encoder-'));
  for (const name of fs.readdirSync(ENCODER_FOLDER)) {
    fs.copyFileSync(path.join(ENCODER_FOLDER, name), path.join(folder, name));
  }
  change(folder);
  return folder;
}

/** Flips one byte in the middle of a file. */
export function damage(file: string): void {
  const content = fs.readFileSync(file);
  const middle = Math.floor(content.length / 2);
  content.writeUInt8(content.readUInt8(middle) ^ 0xff, middle);
  fs.writeFileSync(file, content);
}

export const never = new AbortController().signal;

export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] ?? 0, b[i] ?? 0];
    dot += x * y;
    aa += x * x;
    bb += y * y;
  }
  return dot / Math.sqrt(aa * bb);
}
