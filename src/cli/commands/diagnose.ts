import { toNsArgument } from '../argumentValues.js';
import { refusePositionals, RUN_OPTION, toRunScope, UsageError, type Command, type Options } from '../command.js';
import { toDiagnosisText } from '../text/diagnosisText.js';

export const diagnose: Command = {
  name: 'diagnose',
  summary: 'Say what is wrong in a time range: state, failure type, ranked root causes, evidence',
  options: [
    { name: 'at', value: 'T', summary: 'One slice length from this time on' },
    { name: 'from', value: 'T', summary: 'Start of the range' },
    { name: 'to', value: 'T', summary: 'End of the range, exclusive' },
    RUN_OPTION,
  ],
  async run(invocation) {
    refusePositionals(invocation);
    const { options, context, style, openEngine, answer } = invocation;
    const params = { ...toRunScope(options), ...toRangeParams(options) };
    const diagnosis = await openEngine().diagnose(params, context);
    answer(diagnosis, () => toDiagnosisText(diagnosis, style));
  },
};

function toRangeParams(options: Options): { atNs: string } | { fromNs: string; toNs: string } {
  const [at, from, to] = ['at', 'from', 'to'].map((name) => options.find(name));
  if (at !== undefined && from === undefined && to === undefined) {
    return { atNs: toNsArgument('at', at) };
  }
  if (at === undefined && from !== undefined && to !== undefined) {
    return { fromNs: toNsArgument('from', from), toNs: toNsArgument('to', to) };
  }
  throw new UsageError('name the time by --at T, or by --from T and --to T');
}
