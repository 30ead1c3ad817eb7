import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/engine/engine.js';
import type { StateView, TimelineView } from '../../../src/protocol/views.js';
import { createContext } from './engineBuilders.js';
import { createTemporaryFolder } from './temporaryFolder.js';
import { embedShop, openEngine, openShop, shopParams } from './embeddedShop.js';

const context = createContext();

embedShop();

/** An engine on a copy of the store, and the abnormal states by falling size. */
async function openStates() {
  const { engine, file } = await openShop([]);
  const states = (await engine.states({}, context)).filter(({ abnormal, id }) => abnormal && id !== 'unknown');
  const [first = expect.fail('no state'), second = expect.fail('one state')] = states;
  return { engine, file, first, second };
}

async function getTimeline(engine: Engine, run?: string): Promise<TimelineView> {
  return (await engine.timeline(run === undefined ? {} : { run }, context)) ?? expect.fail('there is no run');
}

/** The same files with slices of another length: another run of the same system. */
async function embedOther(engine: Engine): Promise<TimelineView> {
  const [{ startNs, endNs } = expect.fail('no slice')] = (await getTimeline(engine)).slices;
  const { run } = await engine.embed({ ...shopParams(), window: Number(BigInt(endNs) - BigInt(startNs)) / 1e6 + 10_000 }, context);
  return getTimeline(engine, run);
}

const find = (states: readonly StateView[], id: string): StateView | undefined => states.find((state) => state.id === id);
const slicesOf = (timeline: TimelineView, id: string): string[] =>
  timeline.slices.filter(({ state }) => state === id).map(({ id: slice }) => slice);

/**
 * The first run in a copy of the store where nothing was changed but that the other run was embedded: its states are known then, and may take
 * slices of the first run that were in none, once that is looked at again.
 */
async function getTimelineBesideOther(): Promise<TimelineView> {
  const { engine, first } = await openStates();
  const { run } = await getTimeline(engine);
  await embedOther(engine);
  await engine.pinState({ state: first.id, isPinned: true }, context);
  await engine.undoStateChange({}, context);
  return getTimeline(engine, run);
}

describe('states of a store', () => {
  it('keep ids and names in another run of the system', async () => {
    const { engine } = await openStates();
    const before = await getTimeline(engine);
    const other = await embedOther(engine);
    const known = new Map(before.states.map(({ id, name }) => [id, name]));
    const again = other.states.filter(({ id, abnormal }) => abnormal && known.has(id));
    expect(again.length).toBeGreaterThan(1);
    expect(again.map(({ name }) => name)).toEqual(again.map(({ id }) => known.get(id)));
    expect(await getTimeline(engine, before.run)).toEqual(before);
  }, 60_000);
});

describe('a renamed state', () => {
  it('has its name everywhere: in states, transitions, diagnoses, and in runs to come', async () => {
    const { engine, first } = await openStates();
    const change = await engine.renameState({ state: first.id, name: 'the lock' }, context);
    expect(change.text).toBe(`${first.name} is now called the lock`);
    expect(find(change.states, first.id)).toEqual({ ...first, name: 'the lock' });
    const timeline = await getTimeline(engine);
    expect(find(timeline.states, first.id)?.name).toBe('the lock');
    expect(timeline.transitions.some(({ toName }) => toName === 'the lock')).toBe(true);
    const slice = timeline.slices.find(({ state }) => state === first.id) ?? expect.fail('no slice');
    const diagnosis = await engine.diagnose({ fromNs: slice.startNs, toNs: slice.endNs }, context);
    expect([diagnosis.state, diagnosis.stateName]).toEqual([first.id, 'the lock']);
    expect(find((await embedOther(engine)).states, first.id)?.name).toBe('the lock');
  }, 60_000);

  it('has the earlier one when it is undone', async () => {
    const { engine, first } = await openStates();
    const before = await getTimeline(engine);
    await engine.renameState({ state: first.id, name: 'the lock' }, context);
    expect(await engine.undoStateChange({}, context)).toEqual({
      text: `Undone: “${first.name} is now called the lock”`,
      states: before.states,
    });
    expect(await getTimeline(engine)).toEqual(before);
    expect(await engine.undoStateChange({}, context)).toBeNull();
  });

  it('may be usual', async () => {
    const { engine } = await openStates();
    expect(find((await engine.renameState({ state: 'usual', name: 'calm' }, context)).states, 'usual')?.name).toBe('calm');
  });
});

describe('a merged state', () => {
  it('gives its slices to the other one, also in runs to come, until it is undone', async () => {
    const { engine, first, second } = await openStates();
    const before = await getTimeline(engine);
    const { text, states } = await engine.mergeStates({ state: first.id, into: second.id }, context);
    expect(text).toBe(`${first.name} is now part of ${second.name}`);
    expect(find(states, first.id)).toBeUndefined();
    expect(find(states, second.id)).toMatchObject({ name: second.name, slices: first.slices + second.slices });
    const after = await getTimeline(engine);
    expect(slicesOf(after, second.id)).toEqual(
      before.slices.filter(({ state }) => state === first.id || state === second.id).map(({ id }) => id),
    );
    const other = await embedOther(engine);
    expect(find(other.states, first.id)).toBeUndefined();
    await engine.undoStateChange({}, context);
    expect(await getTimeline(engine, before.run)).toEqual(await getTimelineBesideOther());
    expect(find((await getTimeline(engine, other.run)).states, first.id)).toBeDefined();
  }, 60_000);

  it('leaves everything as it was when that is undone', async () => {
    const { engine, first, second } = await openStates();
    const before = await getTimeline(engine);
    await engine.mergeStates({ state: first.id, into: second.id }, context);
    await engine.undoStateChange({}, context);
    expect(await getTimeline(engine)).toEqual(before);
  });

  it('is refused what makes no sense, in words that say what does', async () => {
    const { engine, first, second } = await openStates();
    const refuse = async (call: Promise<unknown>, message: string): Promise<void> => {
      await expect(call).rejects.toMatchObject({ code: 'bad-argument', message: expect.stringContaining(message) as string });
    };
    await refuse(engine.mergeStates({ state: first.id, into: 'usual' }, context), 'only states of one kind can be merged');
    await refuse(engine.renameState({ state: 'none', name: 'x' }, context), 'there is no state none; list the states');
    await refuse(engine.splitState({ state: 'usual' }, context), 'only abnormal states can be split');
    await engine.mergeStates({ state: first.id, into: second.id }, context);
    await refuse(engine.renameState({ state: first.id, name: 'x' }, context), `was merged into ${second.id}`);
  });
});

describe('a split state', () => {
  it('is two, which stay apart when the run is looked at again, until it is undone', async () => {
    const { engine, first, second } = await openStates();
    // Two in one are surely two.
    await engine.mergeStates({ state: first.id, into: second.id }, context);
    const before = await getTimeline(engine);
    const { states } = await engine.splitState({ state: second.id }, context);
    const parts = states.filter(({ id }) => find(before.states, id) === undefined || id === second.id);
    expect(parts.map(({ id }) => id).toSorted()).toEqual([second.id, `${second.id}-2`].toSorted());
    expect(parts.every(({ slices }) => slices > 0)).toBe(true);
    await engine.renameState({ state: `${second.id}-2`, name: 'the other half' }, context);
    expect((await engine.states({}, context)).map(({ id, slices }) => [id, slices])).toEqual(states.map(({ id, slices }) => [id, slices]));
    await engine.undoStateChange({}, context);
    expect(await engine.states({}, context)).toEqual(states);
  });

  it('of slices that would be grouped together stays two when the run is looked at again', async () => {
    const { engine, first } = await openStates();
    const { states } = await engine.splitState({ state: first.id }, context);
    const parts = [first.id, `${first.id}-2`];
    const sizes = parts.map((id) => find(states, id)?.slices ?? 0);
    expect(Math.min(...sizes)).toBeGreaterThan(0);
    expect((sizes[0] ?? 0) + (sizes[1] ?? 0)).toBe(first.slices);
    const again = (await engine.pinState({ state: first.id, isPinned: true }, context)).states;
    expect(parts.map((id) => find(again, id)?.slices)).toEqual(sizes);
  });

  it('is whole again when that is undone', async () => {
    const { engine, first } = await openStates();
    const before = await getTimeline(engine);
    await engine.splitState({ state: first.id }, context);
    await engine.undoStateChange({}, context);
    expect(await getTimeline(engine)).toEqual(before);
  });
});

describe('a pinned state', () => {
  it('says so, keeps its slices, and cannot be merged away', async () => {
    const { engine, first, second } = await openStates();
    const before = await getTimeline(engine);
    const { text, states } = await engine.pinState({ state: first.id, isPinned: true }, context);
    expect(text).toBe(`${first.name} is now pinned`);
    expect(find(states, first.id)?.isPinned).toBe(true);
    expect(find((await getTimeline(engine)).states, first.id)?.isPinned).toBe(true);
    expect(slicesOf(await getTimeline(engine), first.id)).toEqual(expect.arrayContaining(slicesOf(before, first.id)));
    await expect(engine.mergeStates({ state: first.id, into: second.id }, context)).rejects.toThrow('is pinned; unpin it first');
    expect(find((await embedOther(engine)).states, first.id)).toMatchObject({ name: first.name, isPinned: true });
    await engine.pinState({ state: first.id, isPinned: false }, context);
    expect(await getTimeline(engine, before.run)).toEqual(await getTimelineBesideOther());
  }, 60_000);
});

describe('two engines on one store', () => {
  it('see what the other one changed', async () => {
    const { engine, file, first } = await openStates();
    const other = openEngine(file);
    await other.states({}, context);
    await engine.renameState({ state: first.id, name: 'the lock' }, context);
    expect(find(await other.states({}, context), first.id)?.name).toBe('the lock');
    await other.undoStateChange({}, context);
    expect(find(await engine.states({}, context), first.id)).toEqual(first);
  });

  it('that embed at the same time agree on ids', async () => {
    const file = path.join(createTemporaryFolder(), 'store.db');
    const engines = [openEngine(file), openEngine(file)];
    const [a, b] = await Promise.all(engines.map((engine, i) => engine.embed({ ...shopParams(), window: 60_000 + i * 5000 }, context)));
    const names = new Map<string, Set<string>>();
    for (const { id, name } of [...(a?.states ?? []), ...(b?.states ?? [])]) {
      names.set(id, (names.get(id) ?? new Set()).add(name));
    }
    expect([...names.values()].every(({ size }) => size === 1)).toBe(true);
    expect(
      (a?.states ?? []).filter(({ id, abnormal }) => abnormal && id !== 'unknown' && find(b?.states ?? [], id) !== undefined).length,
    ).toBeGreaterThan(1);
  }, 60_000);
});
