import { partFailure } from '../../engine/modules.js';
import { EMBED_OPTIONS, toEmbedParams } from '../argumentValues.js';
import type { Command } from '../command.js';
import { readLabels } from '../labelFile.js';

export const exportTensors: Command = {
  name: 'export-tensors',
  summary: 'Write the tokens of files or folders as tensors, for pretraining',
  positionals: 'PATH...',
  options: [
    { name: 'out', value: 'DIR', summary: 'Where to write; created when missing' },
    { name: 'labels', value: 'FILE.csv', summary: 'Labels to write beside them, columns start,end,type,entity' },
    ...EMBED_OPTIONS,
  ],
  async run({ positionals, options, context, openEngine, answer }) {
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
