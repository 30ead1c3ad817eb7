import type { HeadKind } from '../../protocol/views.js';
import { toCountArgument } from '../argumentValues.js';
import { refusePositionals, UsageError, type Command } from '../command.js';
import { toTuneText } from '../text/headText.js';

const HEADS: readonly HeadKind[] = ['detection', 'failure-type', 'root-cause'];
const ALL = 'all';

export const tune: Command = {
  name: 'tune',
  summary: 'Fine-tune heads from the labels, and use those that are not worse than without',
  options: [
    { name: 'head', value: `${HEADS.join('|')}|${ALL}`, summary: 'Which head; default all' },
    { name: 'adapt', summary: 'Adapt the encoder to this system first, from all embedded slices, labelled or not' },
    { name: 'always', summary: 'Use what was tuned even if left-out labels say it is worse' },
    { name: 'dry-run', summary: 'Say what tuning would be worth, and change nothing' },
    { name: 'seed', value: 'N', summary: 'Of the training; equal seeds and labels give equal heads' },
  ],
  async run(invocation) {
    refusePositionals(invocation);
    const { options, context, style, openEngine, answer } = invocation;
    if (options.has('always') && options.has('dry-run')) {
      throw new UsageError('--always and --dry-run exclude each other; give one');
    }
    const seed = options.find('seed');
    const report = await openEngine().tune(
      {
        heads: toHeads(options.find('head') ?? ALL),
        apply: options.has('dry-run') ? 'never' : options.has('always') ? 'always' : 'if-not-worse',
        adapt: options.has('adapt'),
        ...(seed === undefined ? {} : { seed: toCountArgument('seed', seed) }),
      },
      context,
    );
    answer(report, () => toTuneText(report, style));
  },
};

function toHeads(text: string): readonly HeadKind[] {
  const found = HEADS.filter((head) => text === ALL || head === text);
  if (found.length === 0) {
    throw new UsageError(`--head ${text} is unknown; it is one of ${HEADS.join(', ')}, ${ALL}`);
  }
  return found;
}
