import * as vscode from 'vscode';
import type { Subscription } from './emitter.js';
import type { LabelBook } from './labels/labelBook.js';
import { tellConflicts } from './labels/labelConflicts.js';
import { watchLabelFile } from './labels/labelFile.js';
import type { Investigation } from './selection/investigation.js';
import type { TuningSession } from './tuning/tuningSession.js';
/** Labels and heads as the panels see them, in step with the run that is shown. */
export function joinLabelsAndHeads(
  model: Investigation,
  book: LabelBook,
  tuning: TuningSession,
  reportError: (error: unknown) => void,
): readonly Subscription[] {
  let labelledRun: string | null = null;
  return [
    book.onDidChange((labels) => {
      model.setLabels(labels);
    }),
    tuning.onDidChange((state) => {
      model.setTuning(state);
    }),
    tuning.onDidChangeHeads(() => {
      model.reload().catch(reportError);
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => {
      tuning.updateTrust();
    }),
    watchLabelFile(book, reportError),
    book.onDidFindConflicts((conflicts) => {
      tellConflicts(book, conflicts, model.state.timeZone).catch(reportError);
    }),
    // The first look at a run: no engine is started before, and none is asked for labels again while it is shown.
    model.onDidChange(() => {
      const { phase, timeline } = model.state;
      if (phase === 'ready' && timeline !== null && timeline.run !== labelledRun) {
        labelledRun = timeline.run;
        book.load().catch(reportError);
        tuning.refresh().catch(reportError);
      }
    }),
  ];
}
