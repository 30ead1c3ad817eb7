import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createHeadLibrary, DEFAULT_VERSION, type HeadLibrary } from '../../../../src/engine/tuning/headLibrary.js';
import { readManifest } from '../../../../src/engine/inference/manifest.js';
import { findInstallation } from '../../../../src/engine/installation.js';
import { silentLogger } from '../../../../src/engine/logger.js';
import { openStore, type Store } from '../../../../src/engine/store/openStore.js';
import { parseSafetensors, toSafetensors } from '../../../../src/engine/safetensors.js';
import { decodeHeadFile } from '../../../../src/engine/tuning/headFile.js';
import { createTemporaryFolder } from '../temporaryFolder.js';
import { createHeadFile } from './headFileBuilders.js';

const installation = findInstallation();
const ENCODER = readManifest(installation.encoderFolder).slice.files.fp32.sha256;

interface TestLibrary {
  readonly library: HeadLibrary;
  readonly store: Store;
  readonly warnings: readonly string[];
  /** Of the same store, as a later process has it. */
  readonly reopen: () => HeadLibrary;
}

function createLibrary(): TestLibrary {
  const store = openStore({ file: path.join(createTemporaryFolder(), 'store.db') });
  onTestFinished(() => {
    store.close();
  });
  const warnings: string[] = [];
  const reopen = (): HeadLibrary => createHeadLibrary(store, installation, { ...silentLogger, warn: (line) => warnings.push(line) });
  return { library: reopen(), store, warnings, reopen };
}

const used = (library: HeadLibrary): string[] => library.list().flatMap(({ version, isUsed }) => (isUsed ? [version] : []));

describe('the heads of a store', () => {
  it('are at first the default ones', () => {
    const { library } = createLibrary();
    expect(library.findUsed()).toEqual({ version: DEFAULT_VERSION, tuned: null });
    expect(library.list()).toMatchObject([{ version: DEFAULT_VERSION, isUsed: true, heads: [], createdNs: null }]);
    expect(library.encoder()).toBe(ENCODER);
  });

  it('are used when it is asked for, and not when they are put there', () => {
    const { library, reopen, warnings } = createLibrary();
    const file = createHeadFile('v1', ENCODER);
    library.put(file);
    expect(used(library)).toEqual([DEFAULT_VERSION]);
    expect(library.use('v1')).toEqual({ ...file.notes, isUsed: true });
    for (const each of [library, reopen()]) {
      expect(each.findUsed()).toEqual({ version: 'v1', tuned: file.heads });
      expect(each.list().map(({ version, isUsed }) => [version, isUsed])).toEqual([
        ['v1', true],
        [DEFAULT_VERSION, false],
      ]);
    }
    expect(library.use(DEFAULT_VERSION)).toMatchObject({ version: DEFAULT_VERSION, isUsed: true });
    expect(library.findUsed().tuned).toBeNull();
    expect(warnings).toEqual([]);
  });

  it('are decoded once, and anew when the version is put again', () => {
    const { library } = createLibrary();
    const file = createHeadFile('v1', ENCODER);
    library.put(file);
    library.use('v1');
    expect(library.findUsed()).toBe(library.findUsed());
    library.put({
      ...file,
      heads: { ...file.heads, detection: null },
      notes: { ...file.notes, heads: ['encoder', 'failure-type', 'root-cause'] },
    });
    expect(library.findUsed().tuned?.detection).toBeNull();
  });

  it('are given as the bytes of a file', () => {
    const { library } = createLibrary();
    const file = createHeadFile('v1', ENCODER);
    library.put(file);
    expect(decodeHeadFile(library.get('v1'), 'v1')).toEqual(file);
  });

  it('that are not there are refused, and those in use stay', () => {
    const { library } = createLibrary();
    library.put(createHeadFile('v1', ENCODER));
    library.use('v1');
    expect(() => library.use('v2')).toThrow('there are no heads v2; list the versions first');
    expect(() => library.get('v2')).toThrow('there are no heads v2; list the versions first');
    expect(used(library)).toEqual(['v1']);
  });

  it('cannot take the name of the default ones', () => {
    const { library } = createLibrary();
    expect(() => {
      library.put(createHeadFile(DEFAULT_VERSION, ENCODER));
    }).toThrow('tuned heads cannot be named default');
    expect(library.list()).toHaveLength(1);
  });

  it('of another encoder are kept and refused to use', () => {
    const { library } = createLibrary();
    library.put(createHeadFile('v1', 'cd'.repeat(32)));
    expect(() => library.use('v1')).toThrow('heads v1 were tuned on embeddings of another encoder; tune again');
    expect(library.list().map(({ version }) => version)).toEqual(['v1', DEFAULT_VERSION]);
    expect(used(library)).toEqual([DEFAULT_VERSION]);
  });
});

describe('heads in use after an update', () => {
  it('of another encoder give way to the default ones, which is said once', () => {
    const { library, store, warnings } = createLibrary();
    library.put(createHeadFile('v1', 'cd'.repeat(32)));
    store.heads.use('v1');
    expect([library.findUsed().version, library.findUsed().version, ...used(library)]).toEqual(new Array(3).fill(DEFAULT_VERSION));
    expect(warnings).toEqual(['heads v1 were tuned on another encoder; the default heads are used until they are tuned again']);
  });

  it('that read features of another version do too, and nothing fails', () => {
    const { library, store, warnings, reopen } = createLibrary();
    library.put(createHeadFile('v1', ENCODER));
    library.use('v1');
    const [record] = store.heads.list();
    const { tensors, metadata } = parseSafetensors(library.get('v1'));
    const older = toSafetensors(Object.fromEntries(tensors), { ...metadata, features: '{}' });
    store.heads.put(record ?? expect.fail('no version'), older);
    const later = reopen();
    expect(later.findUsed()).toEqual({ version: DEFAULT_VERSION, tuned: null });
    expect(used(later)).toEqual([DEFAULT_VERSION]);
    expect(warnings).toEqual([expect.stringContaining('features of another version')]);
    expect(() => later.use('v1')).toThrow('features of another version');
    expect(later.use(DEFAULT_VERSION).isUsed).toBe(true);
  });

  it('fail nothing either where they are damaged', () => {
    const { library, store, reopen } = createLibrary();
    library.put(createHeadFile('v1', ENCODER));
    library.use('v1');
    const [record] = store.heads.list();
    store.heads.put(record ?? expect.fail('no version'), library.get('v1').subarray(0, 500));
    expect(reopen().findUsed().version).toBe(DEFAULT_VERSION);
  });
});
