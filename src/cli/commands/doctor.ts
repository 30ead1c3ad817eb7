import { PROVIDER_OPTION, toProviderArgument } from '../argumentValues.js';
import { refusePositionals, type Command } from '../command.js';
import { toColumns, toMebibytes } from '../style.js';

export const doctor: Command = {
  name: 'doctor',
  summary: 'Check versions, model files, execution providers and the store',
  options: [PROVIDER_OPTION],
  async run(invocation) {
    refusePositionals(invocation);
    const { options, context, style, openEngine, answer } = invocation;
    const provider = toProviderArgument(options.find('provider') ?? 'auto');
    const report = await openEngine().doctor({ provider }, context);
    const { encoder, store } = report;
    answer(report, () =>
      [
        toColumns([
          ['RuntimeSlicer', report.version],
          ['Node', `${report.node} on ${report.platform}`],
          ['ONNX Runtime', report.onnxruntime],
          ['SQLite', report.sqlite],
          ['Encoder', `${encoder.name}, files ${encoder.sha256Ok ? 'intact' : 'NOT intact'}, parity ${encoder.parity ?? 'not measured'}`],
          ['Store', `${store.path}, ${toMebibytes(store.sizeBytes)}, schema ${store.schemaVersion}, integrity ${store.integrity}`],
        ]),
        '',
        style.strong('Execution providers, in the order tried'),
        toColumns(
          report.providers.map(({ provider, chosen, reason }) => [provider, chosen ? 'used' : 'passed over', reason]),
          '  ',
        ),
        '',
        ...(report.problems.length === 0 ? [style.good('No problems found.')] : report.problems.map((problem) => style.bad(problem))),
      ].join('\n'),
    );
  },
};
