import { readLabels } from '../../engine/labels/labelFile.js';
import { partFailure } from '../../engine/modules.js';
import { refusePositionals, RUN_OPTION, type Command } from '../command.js';
import { toEvaluationText } from '../text/evaluationText.js';

export const evaluate: Command = {
  name: 'evaluate',
  summary: 'Score a run against labels: detection, failure type, root cause, states',
  options: [{ name: 'labels', value: 'FILE.csv', summary: 'Columns start,end,type,entity' }, RUN_OPTION],
  async run(invocation) {
    refusePositionals(invocation);
    const { options, style, openEngine, answer } = invocation;
    const labels = readLabels(options.get('labels'));
    const { evaluateRun } = await import('../../engine/pipeline/evaluateRun.js').catch(partFailure('internal', 'the evaluation'));
    const { model, timeline } = await openEngine().loadRun(options.find('run'));
    const report = evaluateRun(model, timeline, labels);
    answer(report, () => toEvaluationText(report, style));
  },
};
