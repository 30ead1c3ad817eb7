/** The versions of heads in the store, and which of them judges slices. */
import { EngineError } from '../../protocol/engineError.js';
import type { HeadVersionView } from '../../protocol/views.js';
import { readManifest } from '../inference/manifest.js';
import type { Installation } from '../installation.js';
import type { HeadsInUse } from '../keptRuns.js';
import type { Logger } from '../logger.js';
import type { HeadVersionRecord } from '../store/headVersions.js';
import type { Store } from '../store/openStore.js';
import { toEngineError } from '../toEngineError.js';
import { decodeHeadFile, encodeHeadFile, type HeadFile, type HeadVersionNotes } from './headFile.js';

export const DEFAULT_VERSION = 'default';
const DEFAULT_HEADS: HeadsInUse = { version: DEFAULT_VERSION, tuned: null };

export interface HeadLibrary {
  /** The heads in use; the default ones where those in the store read another encoder, or features of another version. */
  readonly findUsed: () => HeadsInUse;
  /** Newest first, the default heads last. */
  readonly list: () => HeadVersionView[];
  /** @throws EngineError `bad-argument` for a version that is named as the default heads */
  readonly put: (file: HeadFile) => void;
  /** @throws EngineError `bad-argument` for a version that is not there, or of another encoder */
  readonly use: (version: string) => HeadVersionView;
  /** The bytes of a version's file. */
  readonly get: (version: string) => Uint8Array;
  /** Fingerprint of the slice encoder that is installed. */
  readonly encoder: () => string;
}

export function createHeadLibrary(store: Store, installation: Installation, log: Logger): HeadLibrary {
  /** Tried once: heads that cannot be used are warned of once. */
  let opened: { readonly version: string; readonly heads: HeadsInUse } | undefined;
  let fingerprint: string | undefined;
  const encoder = (): string => (fingerprint ??= readManifest(installation.encoderFolder).slice.files.fp32.sha256);
  const get = (version: string): Uint8Array => {
    const file = store.heads.find(version);
    if (file === undefined) {
      throw new EngineError('bad-argument', `there are no heads ${version}; list the versions first`);
    }
    return file;
  };
  const findUsed = (): HeadsInUse => {
    const record = store.heads.list().find(({ isUsed }) => isUsed);
    if (record === undefined) {
      return DEFAULT_HEADS;
    }
    if (opened?.version !== record.version) {
      opened = { version: record.version, heads: open(record) };
    }
    return opened.heads;
  };
  const open = ({ version, encoder: itsEncoder }: HeadVersionRecord): HeadsInUse => {
    try {
      if (itsEncoder !== encoder()) {
        throw new EngineError('bad-argument', `heads ${version} were tuned on another encoder`);
      }
      return { version, tuned: decodeHeadFile(get(version), `heads ${version}`).heads };
    } catch (error) {
      const { code, message } = toEngineError(error);
      if (code !== 'bad-argument') {
        throw error;
      }
      // An update must not make what is stored unreadable.
      log.warn(`${message}; the default heads are used until they are tuned again`);
      return DEFAULT_HEADS;
    }
  };
  const list = (): HeadVersionView[] => {
    const used = findUsed().version;
    return [
      ...store.heads.list().map(({ version, notes }) => ({ ...(JSON.parse(notes) as HeadVersionNotes), isUsed: version === used })),
      { version: DEFAULT_VERSION, createdNs: null, isUsed: used === DEFAULT_VERSION, heads: [], labels: 0, dataHash: null, scores: [] },
    ];
  };
  return {
    findUsed,
    list,
    encoder,
    get,
    put: (file) => {
      const { version, createdNs } = file.notes;
      if (version === DEFAULT_VERSION) {
        throw new EngineError('bad-argument', `tuned heads cannot be named ${DEFAULT_VERSION}; export them again, or tune anew`);
      }
      store.heads.put(
        { version, createdNs: BigInt(createdNs ?? 0), encoder: file.heads.encoder, notes: JSON.stringify(file.notes) },
        encodeHeadFile(file),
      );
      opened = undefined;
    },
    use: (version) => {
      if (version !== DEFAULT_VERSION && decodeHeadFile(get(version), `heads ${version}`).heads.encoder !== encoder()) {
        throw new EngineError('bad-argument', `heads ${version} were tuned on embeddings of another encoder; tune again`);
      }
      store.heads.use(version === DEFAULT_VERSION ? undefined : version);
      const view = list().find((each) => each.version === version);
      if (view === undefined) {
        throw new EngineError('bad-argument', `there are no heads ${version}; list the versions first`);
      }
      return view;
    },
  };
}
