import { toIso } from '../../core/time.js';
import { toCountArgument, toNsArgument } from '../argumentValues.js';
import { refusePositionals, RUN_OPTION, toRunScope, UsageError, type Command, type Invocation, type Options } from '../command.js';
import { toColumns } from '../style.js';
import { toIncidentText } from '../text/labelText.js';

export const similar: Command = {
  name: 'similar',
  summary: 'List the earlier slices most like a given one, or the labelled incidents most like a range',
  options: [
    { name: 'slice', value: 'ID', summary: 'The slice, as the command slices lists it' },
    { name: 'from', value: 'T', summary: 'Start of the range' },
    { name: 'to', value: 'T', summary: 'End of the range, exclusive' },
    { name: 'limit', value: 'N', summary: 'How many; default 10 slices or 5 incidents' },
    { name: 'labelled', summary: 'Only slices that a label speaks of' },
    RUN_OPTION,
  ],
  async run(invocation) {
    refusePositionals(invocation);
    const { options } = invocation;
    const [from, to] = [options.find('from'), options.find('to')];
    if (from === undefined && to === undefined) {
      return listSlices(invocation);
    }
    if (from === undefined || to === undefined || options.find('slice') !== undefined || options.has('labelled')) {
      throw new UsageError('name a slice by --slice ID, with --labelled if you like, or a range by --from T and --to T');
    }
    return listIncidents(invocation, { fromNs: toNsArgument('from', from), toNs: toNsArgument('to', to) });
  },
};

async function listSlices({ options, context, openEngine, answer }: Invocation): Promise<void> {
  const labelled = options.has('labelled');
  const params = { ...toRunScope(options), slice: options.get('slice'), ...toLimit(options), labelled };
  const list = await openEngine().similar(params, context);
  answer({ similar: list }, () =>
    list.length === 0
      ? `No ${labelled ? 'labelled ' : ''}slice ended before this one began.`
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
}

/** Of all runs of the store. */
async function listIncidents({ options, context, openEngine, answer }: Invocation, range: { fromNs: string; toNs: string }): Promise<void> {
  const incidents = await openEngine().similarIncidents({ ...toRunScope(options), ...range, ...toLimit(options) }, context);
  answer({ incidents }, () =>
    incidents.length === 0 ? 'No other labelled range lies in an embedded run.' : incidents.map(toIncidentText).join('\n'),
  );
}

function toLimit(options: Options): { limit?: number } {
  const limit = options.find('limit');
  return limit === undefined ? {} : { limit: toCountArgument('limit', limit) };
}
