import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { KnownState } from '../../../src/core/states/knownStates.js';
import { openStore, type Store } from '../../../src/engine/store/openStore.js';
import type { EmbedParams } from '../../../src/protocol/views.js';
import { createKnown } from '../core/states/stateBuilders.js';
import { createContext, createTestEngine } from './engineBuilders.js';
import { createTemporaryFolder } from './temporaryFolder.js';

const context = createContext();
/** After anything that an engine brings. */
const LATE_NS = 2n ** 62n;
const slow = createKnown('slow', { cart: { 2: 1 } });
const fails = createKnown('fails', { payment: { 4: 1 } });

/** An engine whose runs bring the state `slow` unless it is known, and the same store as another process has it. */
function createShared() {
  const folder = createTemporaryFolder();
  const { engine, pipeline, input } = createTestEngine(folder);
  const other = openStore({ file: path.join(folder, 'store.db') });
  onTestFinished(async () => {
    await engine.dispose();
    other.close();
  });
  /** What each judgement knew. */
  const knew: string[][] = [];
  const findNew = (known: readonly KnownState[] = []): readonly KnownState[] => {
    knew.push(known.map(({ id }) => id));
    return known.some(({ id }) => id === slow.id) ? [] : [slow];
  };
  const original = { ...pipeline };
  pipeline.embedRun = async (params, dependencies, call) => ({
    ...(await original.embedRun(params, dependencies, call)),
    newStates: findNew(dependencies.knownStates),
  });
  pipeline.reconcludeRun = async (run, tuned, signal, known) => ({
    ...(await original.reconcludeRun(run, tuned, signal, known)),
    newStates: findNew(known),
  });
  const params: EmbedParams = { paths: [input], window: 'auto', provider: 'cpu' };
  return { embed: () => engine.embed(params, context), engine, pipeline, other, knew };
}

const idsIn = ({ stateBook }: Store): string[] => stateBook.read().states.map(({ id }) => id);
const addBy = ({ stateBook }: Store, state: KnownState): boolean => stateBook.add([state], stateBook.read().edition, LATE_NS);

describe('states that a run brings', () => {
  it('are kept with the first look, when nobody else brings any', async () => {
    const { embed, other, knew } = createShared();
    await embed();
    expect([idsIn(other), knew]).toEqual([['slow'], [[]]]);
  });

  it('are looked at again when another process brought some meanwhile', async () => {
    const { embed, pipeline, other, knew } = createShared();
    pipeline.gate = () => {
      addBy(other, fails);
      return Promise.resolve();
    };
    await embed();
    expect([idsIn(other), knew]).toEqual([
      ['slow', 'fails'],
      [[], ['fails']],
    ]);
  });

  it('are not brought twice when another process brought the same', async () => {
    const { embed, pipeline, other, knew } = createShared();
    pipeline.gate = () => {
      addBy(other, slow);
      return Promise.resolve();
    };
    await embed();
    expect([idsIn(other), knew]).toEqual([['slow'], [[], ['slow']]]);
  });
});

describe('a run', () => {
  it('is judged again once after the user changed states, and not after others brought some', async () => {
    const { embed, engine, other, knew } = createShared();
    await embed();
    addBy(other, fails);
    await engine.states({}, context);
    expect(knew).toHaveLength(1);
    other.stateBook.change(() => ({ states: [{ ...slow, name: 'lock' }], description: '' }), 1n);
    await engine.states({}, context);
    await engine.timeline({}, context);
    expect(knew).toEqual([[], ['slow', 'fails']]);
  });

  it('that the user changed states under, while it was embedded, is judged again when it is read', async () => {
    const { embed, engine, pipeline, other, knew } = createShared();
    addBy(other, slow);
    pipeline.gate = () => {
      other.stateBook.change(() => ({ states: [{ ...slow, name: 'lock' }], description: '' }), 1n);
      return Promise.resolve();
    };
    await embed();
    await engine.timeline({}, context);
    expect(knew).toEqual([['slow'], ['slow']]);
  });

  it('is not kept when the states never settle', async () => {
    const { embed, engine, pipeline, other } = createShared();
    let count = 0;
    const disturb = (): void => {
      addBy(other, createKnown(`other-${count++}`, {}));
    };
    const original = { ...pipeline };
    pipeline.gate = () => {
      disturb();
      return Promise.resolve();
    };
    pipeline.reconcludeRun = async (...args) => {
      const artifacts = await original.reconcludeRun(...args);
      disturb();
      return artifacts;
    };
    await expect(embed()).rejects.toMatchObject({ code: 'store', message: expect.stringContaining('keep changing; try again') as string });
    expect(await engine.runs({}, context)).toEqual([]);
  });
});
