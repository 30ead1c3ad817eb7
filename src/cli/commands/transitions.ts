import { refusePositionals, RUN_OPTION, toRunScope, type Command } from '../command.js';
import { toTransitionsText } from '../text/runText.js';

export const transitions: Command = {
  name: 'transitions',
  summary: 'List the changes of state over time',
  options: [RUN_OPTION],
  async run(invocation) {
    refusePositionals(invocation);
    const { options, context, openEngine, answer } = invocation;
    const list = await openEngine().transitions(toRunScope(options), context);
    answer({ transitions: list }, () => toTransitionsText(list));
  },
};
