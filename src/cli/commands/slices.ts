import { toIso } from '../../core/time.js';
import { refusePositionals, RUN_OPTION, toRunScope, type Command } from '../command.js';
import { toColumns, toPercent } from '../style.js';

export const slices: Command = {
  name: 'slices',
  summary: 'List the slices of a run with state and probability of being abnormal',
  options: [{ name: 'embeddings', summary: 'With the embedding of each slice (in JSON)' }, RUN_OPTION],
  async run(invocation) {
    refusePositionals(invocation);
    const { options, context, openEngine, answer } = invocation;
    const list = await openEngine().slices({ ...toRunScope(options), embeddings: options.has('embeddings') }, context);
    answer({ slices: list }, () =>
      toColumns([
        ['slice', 'start', 'state', 'membership', 'abnormal', 'likely cause'],
        ...list.map((slice) => [
          slice.id,
          toIso(BigInt(slice.startNs)),
          slice.state,
          toPercent(slice.membership),
          toPercent(slice.anomaly),
          slice.likelyCause ?? '',
        ]),
      ]),
    );
  },
};
