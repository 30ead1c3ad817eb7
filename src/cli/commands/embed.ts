import { EMBED_OPTIONS, toEmbedParams } from '../argumentValues.js';
import type { Command } from '../command.js';
import { toEmbedText } from '../text/runText.js';

export const embed: Command = {
  name: 'embed',
  summary: 'Embed files or folders: slices, states, incidents and findings',
  positionals: 'PATH...',
  options: EMBED_OPTIONS,
  async run({ positionals, options, context, style, openEngine, answer }) {
    const params = toEmbedParams(positionals, options);
    const result = await openEngine().embed(params, context);
    answer(result, () => toEmbedText(result, style));
  },
};
