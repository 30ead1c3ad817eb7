/** Head versions: made, kept, switched, exported. */
import fs from 'node:fs';
import path from 'node:path';
import { EngineError } from '../../protocol/engineError.js';
import type { CallContext, EngineMethods } from '../../protocol/engineRpc.js';
import type { SerialQueue } from '../serialQueue.js';
import { decodeHeadFile } from './headFile.js';
import { DEFAULT_VERSION } from './headLibrary.js';
import { tune } from './tune.js';
import type { TuningDependencies } from './tuningDependencies.js';

type HeadMethod = 'tune' | 'heads' | 'useHeads' | 'exportHeads' | 'importHeads';
export type HeadMethods = {
  readonly [M in HeadMethod]: (
    params: EngineMethods[M]['params'],
    context: CallContext,
  ) => Promise<EngineMethods[M]['result']> | EngineMethods[M]['result'];
};

export interface HeadMethodsOptions extends TuningDependencies {
  /** Shared with embedding: both want the whole processor. */
  readonly queue: SerialQueue;
}

export function createHeadMethods(options: HeadMethodsOptions): HeadMethods {
  const { library, queue } = options;
  return {
    tune: (params, context) => queue.run(() => tune(params, options, context), context.signal),
    heads: () => library.list(),
    useHeads: ({ version }) => library.use(version),
    exportHeads: ({ version, file }) => {
      if (version === DEFAULT_VERSION) {
        throw new EngineError('bad-argument', 'the default heads are part of RuntimeSlicer; export a tuned version');
      }
      const bytes = library.get(version);
      try {
        fs.mkdirSync(path.dirname(file), { recursive: true });
        fs.writeFileSync(file, bytes);
      } catch (error) {
        throw new EngineError('bad-argument', `the heads cannot be written to ${file}; choose another place`, { cause: error });
      }
      return { file };
    },
    importHeads: ({ file }) => {
      let bytes: Buffer;
      try {
        bytes = fs.readFileSync(file);
      } catch (error) {
        throw new EngineError('no-input', `the file ${file} cannot be read; check the path and its permissions`, { cause: error });
      }
      const found = decodeHeadFile(bytes, file);
      library.put(found);
      return { ...found.notes, isUsed: library.findUsed().version === found.notes.version };
    },
  };
}
