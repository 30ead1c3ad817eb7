import type { StateChange } from '../../protocol/views.js';
import { refusePositionals, RUN_OPTION, toRunScope, UsageError, type Command, type Invocation } from '../command.js';
import { toStatesText } from '../text/runText.js';

const CHANGES = ['rename', 'merge', 'split', 'pin', 'unpin', 'undo'] as const;

export const states: Command = {
  name: 'states',
  summary: 'List the learned states with size and typical evidence; rename, merge, split, pin',
  options: [
    RUN_OPTION,
    { name: 'rename', value: 'ID NAME', summary: 'Call a state by this name from now on' },
    { name: 'merge', value: 'ID INTO', summary: 'Make a state part of another one' },
    { name: 'split', value: 'ID', summary: 'Cut a state of the run into its two best halves' },
    { name: 'pin', value: 'ID', summary: 'Assign slices to this state first' },
    { name: 'unpin', value: 'ID', summary: 'Take the pin back' },
    { name: 'undo', summary: 'Take back the last of these changes' },
  ],
  async run(invocation) {
    const { options, context, style, openEngine, answer } = invocation;
    const [kind, other] = CHANGES.filter((name) => options.has(name));
    if (kind === undefined) {
      refusePositionals(invocation);
      const list = await openEngine().states(toRunScope(options), context);
      answer({ states: list }, () => toStatesText(list, style));
      return;
    }
    if (other !== undefined) {
      throw new UsageError(`--${kind} and --${other} are two changes; make one at a time`);
    }
    const change = await applyChange(kind, invocation);
    answer({ change: change?.text ?? null, ...(change === null ? {} : { states: change.states }) }, () =>
      change === null ? 'There is no change to undo.' : `${change.text}\n\n${toStatesText(change.states, style)}`,
    );
  },
};

/** Null when there is nothing to undo. */
function applyChange(kind: (typeof CHANGES)[number], invocation: Invocation): Promise<StateChange | null> {
  const { options, context, openEngine } = invocation;
  const scope = toRunScope(options);
  if (kind === 'rename') {
    const [state, name] = [options.get('rename'), getSecond(invocation, '--rename ID NAME')];
    return openEngine().renameState({ ...scope, state, name }, context);
  }
  if (kind === 'merge') {
    const [state, into] = [options.get('merge'), getSecond(invocation, '--merge ID INTO')];
    return openEngine().mergeStates({ ...scope, state, into }, context);
  }
  refusePositionals(invocation);
  switch (kind) {
    case 'split':
      return openEngine().splitState({ ...scope, state: options.get('split') }, context);
    case 'pin':
    case 'unpin':
      return openEngine().pinState({ ...scope, state: options.get(kind), isPinned: kind === 'pin' }, context);
    case 'undo':
      return openEngine().undoStateChange(scope, context);
  }
}

/** What follows the id. */
function getSecond({ positionals }: Invocation, usage: string): string {
  const [second, third] = positionals;
  if (second === undefined || third !== undefined) {
    throw new UsageError(`give both: ${usage}; a name with spaces goes in quotes`);
  }
  return second;
}
