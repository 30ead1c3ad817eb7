import path from 'node:path';
import { refusePositionals, type Command } from '../command.js';
import { toDataFolder } from '../defaultStorePath.js';
import { toDiagnosisText } from '../text/diagnosisText.js';
import { toEmbedText, toReadText, toStatesText } from '../text/runText.js';

export const sample: Command = {
  name: 'sample',
  summary: 'Write the sample incident, embed it and show what is found',
  options: [{ name: 'out', value: 'DIR', summary: "Where to write it; default: in the user's data folder" }],
  async run(invocation) {
    refusePositionals(invocation);
    const { options, context, style, openEngine, note, answer } = invocation;
    const directory = path.resolve(options.find('out') ?? path.join(toDataFolder(), 'sample'));
    const engine = openEngine();
    note(`Writing the sample incident to ${directory} …`);
    const { paths } = await engine.writeSample({ directory }, context);
    const result = await engine.embed({ paths, window: 'auto', provider: 'auto' }, context);
    const [worst] = [...result.incidents].sort((a, b) => b.anomaly - a.anomaly);
    const diagnosis =
      worst === undefined ? null : await engine.diagnose({ run: result.run, fromNs: worst.startNs, toNs: worst.endNs }, context);
    answer({ directory, paths, embed: result, diagnosis }, () =>
      diagnosis === null
        ? toEmbedText(result, style)
        : [toDiagnosisText(diagnosis, style), toStatesText(result.states, style), toReadText(result, style)].join('\n\n'),
    );
  },
};
