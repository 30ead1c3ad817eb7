/** Every change of the simulation, the features or an encoder leaves files in .cache that nobody asks for again. */
import fs from 'node:fs';
import path from 'node:path';

/** Long enough that no run in progress loses what it reads. */
const DAY_MS = 86_400_000;

/** Removes entries of `folder`, other than `kept`, that are older than a day. */
export function removeStale(folder: string, kept?: string): void {
  if (!fs.existsSync(folder)) {
    return;
  }
  for (const name of fs.readdirSync(folder)) {
    const entry = path.join(folder, name);
    if (name !== kept && Date.now() - fs.statSync(entry).mtimeMs > DAY_MS) {
      fs.rmSync(entry, { recursive: true, force: true });
    }
  }
}
