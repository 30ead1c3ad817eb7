/** Where the program lies: the checkout, or the folder that a package was unpacked to. */
import fs from 'node:fs';
import path from 'node:path';
import { EngineError } from '../protocol/engineError.js';

export interface Installation {
  /** Folder of package.json. */
  readonly root: string;
  /** Holds the ONNX files and manifest.json. */
  readonly encoderFolder: string;
  readonly version: string;
  /** Hash of the sources that the bundle was built from; `unbuilt` when run from sources. */
  readonly build: string;
}

/** Set by build.mjs. */
declare const RUNTIMESLICER_BUILD: string;

const PRODUCT = 'runtimeslicer';

/** Walks up from `start` to the folder whose package.json is RuntimeSlicer's. */
export function findInstallation(start: string = import.meta.dirname): Installation {
  for (let folder = start; ; folder = path.dirname(folder)) {
    const manifest = readManifest(path.join(folder, 'package.json'));
    if (manifest?.name === PRODUCT) {
      return {
        root: folder,
        encoderFolder: path.join(folder, 'models', 'encoder'),
        version: manifest.version ?? 'unknown',
        build: typeof RUNTIMESLICER_BUILD === 'string' ? RUNTIMESLICER_BUILD : 'unbuilt',
      };
    }
    if (folder === path.dirname(folder)) {
      throw new EngineError(
        'internal',
        `no ${PRODUCT} package.json in ${start} or above; the installation is incomplete, install it again`,
      );
    }
  }
}

function readManifest(file: string): { name?: string; version?: string } | undefined {
  if (!fs.existsSync(file)) {
    return undefined;
  }
  return JSON.parse(fs.readFileSync(file, 'utf8')) as { name?: string; version?: string };
}
