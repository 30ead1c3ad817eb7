import path from 'node:path';
import { refusePositionals, UsageError, type Command } from '../command.js';
import { toHeadsText } from '../text/headText.js';

const ACTIONS = ['use', 'import', 'export'] as const;

export const heads: Command = {
  name: 'heads',
  summary: 'List the versions of the heads with their scores, switch between them, exchange them as files',
  options: [
    { name: 'use', value: 'VERSION', summary: 'Make findings with this version from now on; default: the heads that ship' },
    { name: 'export', value: 'FILE', summary: 'Write a version to one file (safetensors, no code); default: the one in use' },
    { name: 'version', value: 'VERSION', summary: 'The version to export' },
    { name: 'import', value: 'FILE', summary: 'Add the version of a file; it is not used before --use' },
  ],
  async run(invocation) {
    refusePositionals(invocation);
    const { options, context, openEngine, answer } = invocation;
    const given = ACTIONS.filter((name) => options.has(name));
    if (given.length > 1) {
      throw new UsageError(`${given.map((name) => `--${name}`).join(' and ')} exclude each other; give one`);
    }
    if (options.has('version') && !options.has('export')) {
      throw new UsageError('--version says which heads to export; give --export with it, or --use to switch');
    }
    const engine = openEngine();
    const [action] = given;
    if (action === 'export') {
      const versions = await engine.heads({}, context);
      const version = options.find('version') ?? versions.find(({ isUsed }) => isUsed)?.version ?? '';
      const written = await engine.exportHeads({ version, file: path.resolve(options.get('export')) }, context);
      answer(written, () => `Heads ${version} written to ${written.file}`);
      return;
    }
    if (action === 'use') {
      await engine.useHeads({ version: options.get('use') }, context);
    } else if (action === 'import') {
      await engine.importHeads({ file: path.resolve(options.get('import')) }, context);
    }
    const list = await engine.heads({}, context);
    answer({ heads: list }, () => toHeadsText(list));
  },
};
