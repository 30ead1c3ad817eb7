import { readLabels } from '../../engine/labels/labelFile.js';
import { partFailure } from '../../engine/modules.js';
import { EngineError } from '../../protocol/engineError.js';
import { EMBED_OPTIONS, toCountArgument, toEmbedParams } from '../argumentValues.js';
import { refusePositionals, UsageError, type Command, type Invocation } from '../command.js';

export const exportTensors: Command = {
  name: 'export-tensors',
  summary: 'Write the tokens of files or folders as tensors, for pretraining',
  positionals: 'PATH...',
  options: [
    { name: 'out', value: 'DIR', summary: 'Where to write; created when missing' },
    { name: 'labels', value: 'FILE.csv', summary: 'Labels to write beside them, columns start,end,type,entity' },
    {
      name: 'simulated',
      value: 'SEED..SEED',
      summary: 'Instead of files: varied simulated systems with labels, texts as word-piece ids; what exists is kept',
    },
    ...EMBED_OPTIONS,
  ],
  async run(invocation) {
    const { positionals, options, context, openEngine, answer } = invocation;
    const simulated = options.find('simulated');
    if (simulated !== undefined) {
      return exportSystems(simulated, invocation);
    }
    const params = toEmbedParams(positionals, options);
    const directory = options.get('out');
    const labelFile = options.find('labels');
    const labels = labelFile === undefined ? undefined : readLabels(labelFile);
    const part = await import('../../engine/pipeline/exportTensors.js').catch(partFailure('internal', 'the export'));
    const dependencies = await openEngine().loadDependencies(params.provider);
    const report = await part.exportTensors(params, dependencies, directory, labels, context);
    answer(report, () => JSON.stringify(report, undefined, 2));
  },
};

async function exportSystems(seeds: string, invocation: Invocation): Promise<void> {
  const { options, context, answer } = invocation;
  refusePositionals(invocation);
  const directory = options.get('out');
  const [first, last] = toSeeds(seeds);
  const part = await import('../../engine/pipeline/exportSimulated.js').catch(partFailure('internal', 'the export'));
  const report = await part.exportSimulated(first, last, directory, context);
  const [failure] = report.failed;
  if (failure !== undefined) {
    const total = last - first + 1;
    throw new EngineError(
      'internal',
      `${report.failed.length} of ${total} systems could not be exported; the first, seed ${failure.seed}: ${failure.reason}`,
    );
  }
  answer(report, () => `${report.written.length} written, ${report.kept} kept`);
}

function toSeeds(text: string): [number, number] {
  const [first = '', last = first, ...rest] = text.split('..');
  const range: [number, number] = [toCountArgument('simulated', first), toCountArgument('simulated', last)];
  if (rest.length > 0 || range[0] > range[1]) {
    throw new UsageError(`--simulated ${text} is no range of seeds; write it as 1..100`);
  }
  return range;
}
