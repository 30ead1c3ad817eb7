import { refusePositionals, RUN_OPTION, toRunScope, type Command } from '../command.js';
import { toStatesText } from '../text/runText.js';

export const states: Command = {
  name: 'states',
  summary: 'List the learned states with size and typical evidence',
  options: [RUN_OPTION],
  async run(invocation) {
    refusePositionals(invocation);
    const { options, context, style, openEngine, answer } = invocation;
    const list = await openEngine().states(toRunScope(options), context);
    answer({ states: list }, () => toStatesText(list, style));
  },
};
