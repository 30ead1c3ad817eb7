import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

/** A new folder that is removed when the test ends. Call it inside a test. */
export function createTemporaryFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'runtimeslicer-'));
  onTestFinished(() => {
    fs.rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}
