import fs from 'node:fs';
import path from 'node:path';
import { HASHED_BYTES } from './fileIdentity.js';
import type { FileIdentity } from '../ingestTypes.js';

const COMPARED_BYTES = 1024 * 1024;

/**
 * Finds files of one name and one content in several folders (a copy of the day's metrics beside a fault-free minute): read twice,
 * they would count every record twice. Equal content under *different* names is no duplicate, since a name may be a pod.
 */
export class DuplicateFinder {
  readonly #paths = new Map<string, string>();

  /** @returns path of the earlier file with this name and content */
  public async findTwin(identity: FileIdentity): Promise<string | undefined> {
    const key = `${path.basename(identity.path)}\u0000${identity.contentHash}`;
    const earlier = this.#paths.get(key);
    if (earlier === undefined) {
      this.#paths.set(key, identity.path);
      return undefined;
    }
    if (identity.sizeBytes === 0) {
      return undefined;
    }
    const hashedWhole = identity.sizeBytes <= 2 * HASHED_BYTES;
    return hashedWhole || (await haveEqualBytes(earlier, identity.path)) ? earlier : undefined;
  }
}

async function haveEqualBytes(a: string, b: string): Promise<boolean> {
  const first = await fs.promises.open(a, 'r');
  try {
    const second = await fs.promises.open(b, 'r');
    try {
      const blockA = Buffer.allocUnsafe(COMPARED_BYTES);
      const blockB = Buffer.allocUnsafe(COMPARED_BYTES);
      for (;;) {
        const readA = await first.read(blockA, 0, COMPARED_BYTES, null);
        const readB = await second.read(blockB, 0, COMPARED_BYTES, null);
        if (readA.bytesRead !== readB.bytesRead || !blockA.subarray(0, readA.bytesRead).equals(blockB.subarray(0, readB.bytesRead))) {
          return false;
        }
        if (readA.bytesRead === 0) {
          return true;
        }
      }
    } finally {
      await second.close();
    }
  } finally {
    await first.close();
  }
}
