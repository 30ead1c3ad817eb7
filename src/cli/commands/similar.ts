import { toIso } from '../../core/time.js';
import { toCountArgument } from '../argumentValues.js';
import { refusePositionals, RUN_OPTION, toRunScope, type Command } from '../command.js';
import { toColumns } from '../style.js';

export const similar: Command = {
  name: 'similar',
  summary: 'List the earlier slices that are most like a given one',
  options: [
    { name: 'slice', value: 'ID', summary: 'The slice, as the command slices lists it' },
    { name: 'limit', value: 'N', summary: 'How many; default 10' },
    { name: 'labelled', summary: 'Only slices that a label speaks of' },
    RUN_OPTION,
  ],
  async run(invocation) {
    refusePositionals(invocation);
    const { options, context, openEngine, answer } = invocation;
    const limit = options.find('limit');
    const params = {
      ...toRunScope(options),
      slice: options.get('slice'),
      ...(limit === undefined ? {} : { limit: toCountArgument('limit', limit) }),
      labelled: options.has('labelled'),
    };
    const list = await openEngine().similar(params, context);
    answer({ similar: list }, () =>
      list.length === 0
        ? `No ${params.labelled ? 'labelled ' : ''}slice ended before this one began.`
        : toColumns(
            list.map(({ slice, similarity, stateName, labels }) => [
              slice.id,
              toIso(BigInt(slice.startNs)),
              similarity.toFixed(3),
              stateName,
              labels.join(', '),
            ]),
          ),
    );
  },
};
