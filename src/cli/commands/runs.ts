import { toIso } from '../../core/time.js';
import { refusePositionals, type Command } from '../command.js';
import { toColumns, toCount } from '../style.js';

export const runs: Command = {
  name: 'runs',
  summary: 'List what was embedded into the store, newest first',
  options: [],
  async run(invocation) {
    refusePositionals(invocation);
    const list = await invocation.openEngine().runs({}, invocation.context);
    invocation.answer({ runs: list }, () =>
      list.length === 0
        ? 'Nothing is embedded yet.'
        : toColumns(
            list.map(({ run, createdNs, slices, headline }) => [run, toIso(BigInt(createdNs)), `${toCount(slices)} slices`, headline]),
          ),
    );
  },
};
