/** What the user makes of the states: names, merges, splits and pins, kept in the store and applied to every run that is looked at. */
import { applyOperation, getState, StateRefusal, type StateOperation } from '../core/states/stateOperations.js';
import { EngineError } from '../protocol/engineError.js';
import type { CallContext, EngineMethods, RunScope } from '../protocol/engineRpc.js';
import type { StateChange } from '../protocol/views.js';
import type { HeadsInUse, KeptRuns } from './keptRuns.js';
import type { Pipeline } from './pipeline/pipelineTypes.js';
import type { StateBook, StateBookStore } from './store/stateBook.js';
import type { Store } from './store/openStore.js';

type StateMethod = 'renameState' | 'mergeStates' | 'splitState' | 'pinState' | 'undoStateChange';
export type StateMethods = {
  readonly [M in StateMethod]: (params: EngineMethods[M]['params'], context: CallContext) => Promise<EngineMethods[M]['result']>;
};

export interface StateMethodsOptions {
  readonly store: Store;
  readonly runs: KeptRuns;
  readonly loadPipeline: () => Promise<Pipeline>;
  readonly findHeads: () => HeadsInUse;
  readonly readClockMs?: () => number;
}

export function createStateMethods(options: StateMethodsOptions): StateMethods {
  const { store, runs, readClockMs = Date.now } = options;

  /** The run is brought up to date first, so that its states are known, and again after the change. */
  const change = async (
    scope: RunScope,
    { signal }: CallContext,
    prepare: (run: string) => Promise<Change> | Change,
  ): Promise<StateChange> => {
    const run = await runs.get(scope, signal);
    const { operation, describe } = await prepare(run);
    const text = applyChange(store.stateBook, operation, describe, BigInt(readClockMs()) * 1_000_000n);
    return { text, states: await runs.read({ run }, signal, store.runs.findStates) };
  };

  return {
    renameState: ({ state, name, ...scope }, context) =>
      change(scope, context, () => ({
        operation: { kind: 'rename', state, name },
        describe: (before, after) => `${before(state)} is now called ${after(state)}`,
      })),
    mergeStates: ({ state, into, ...scope }, context) =>
      change(scope, context, () => ({
        operation: { kind: 'merge', state, into },
        describe: (before) => `${before(state)} is now part of ${before(into)}`,
      })),
    splitState: ({ state, ...scope }, context) =>
      change(scope, context, async (run) => {
        const parts = await cut(options, run, state, context.signal);
        return { operation: { kind: 'split', state, parts }, describe: (before) => `${before(state)} is now two states` };
      }),
    pinState: ({ state, isPinned, ...scope }, context) =>
      change(scope, context, () => ({
        operation: { kind: 'pin', state, isPinned },
        describe: (before) => `${before(state)} is ${isPinned ? 'now pinned' : 'no longer pinned'}`,
      })),
    async undoStateChange(scope, { signal }) {
      const run = await runs.get(scope, signal);
      const undone = store.stateBook.undo();
      return undone === undefined ? null : { text: `Undone: “${undone}”`, states: await runs.read({ run }, signal, store.runs.findStates) };
    },
  };
}

interface Change {
  readonly operation: StateOperation;
  /** Gets the names of states before and after the change. */
  readonly describe: (before: (id: string) => string, after: (id: string) => string) => string;
}

function applyChange(book: StateBookStore, operation: StateOperation, describe: Change['describe'], createdNs: bigint): string {
  return explainRefusal(
    () =>
      book.change((states) => {
        const changed = applyOperation(states, operation);
        const nameIn =
          (among: StateBook['states']) =>
          (id: string): string =>
            among.find((state) => state.id === id)?.name ?? id;
        return { states: changed, description: describe(nameIn(states), nameIn([...changed, ...states])) };
      }, createdNs).lastChange ?? '',
  );
}

async function cut({ store, runs, loadPipeline, findHeads }: StateMethodsOptions, run: string, id: string, signal: AbortSignal) {
  const { states } = store.stateBook.read();
  const state = explainRefusal(() => getState(states, id));
  if (!state.abnormal) {
    throw new EngineError('bad-argument', `state ${id} is usual; only abnormal states can be split`);
  }
  const source = store.runs.findSource(run);
  const model = await runs.loadModel(run);
  const pipeline = await loadPipeline();
  const parts = source === undefined ? undefined : await pipeline.cutRunState({ ...source, model }, findHeads().tuned, states, id, signal);
  if (parts === undefined) {
    throw new EngineError('bad-argument', `state ${id} cannot be split: in this run it has no two slices that differ`);
  }
  return parts;
}

/** What the core refuses is an argument of the caller's. */
function explainRefusal<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof EngineError && error.code === 'store' && error.cause instanceof StateRefusal) {
      throw new EngineError('bad-argument', error.cause.message);
    }
    throw error instanceof StateRefusal ? new EngineError('bad-argument', error.message) : error;
  }
}
