import type { EmbedProgress, EnginePhase } from '../../src/protocol/engineRpc.js';
import { createButton } from './controls.js';
import { element, type Child } from './dom.js';
import { formatCount, finiteOr } from './numberFormat.js';

/** The phases in the order in which they run, in the user's words. */
export const PHASES: readonly { readonly phase: EnginePhase; readonly label: string }[] = [
  { phase: 'identify', label: 'Recognise files' },
  { phase: 'parse', label: 'Read' },
  { phase: 'aggregate', label: 'Count' },
  { phase: 'features', label: 'Compare with usual' },
  { phase: 'text', label: 'Understand texts' },
  { phase: 'encode', label: 'Encode slices' },
  { phase: 'states', label: 'Find states' },
  { phase: 'store', label: 'Save' },
];

export interface ScreenActions {
  readonly runCommand: (command: string) => void;
  readonly retry: () => void;
}

/** What to do when nothing has been read yet. */
export function emptyScreen(actions: ScreenActions, purpose: string): HTMLElement {
  return element('section', { class: 'rs-screen' }, [
    element('h2', { text: 'Nothing to show yet' }),
    element('p', { text: purpose }),
    element('ol', {}, [
      element('li', { text: 'Select log, trace and metric files, or a folder, in the Explorer.' }),
      element('li', {
        text: 'Right-click and choose “Embed Runtime Slice”. Nothing has to be configured, and nothing leaves this machine.',
      }),
    ]),
    element('div', { class: 'rs-actions' }, [
      createButton({
        label: 'Choose Files…',
        primary: true,
        onPress: () => {
          actions.runCommand('runtimeSlicer.embedRuntimeSlice');
        },
      }),
      createButton({
        label: 'Open Sample Incident',
        onPress: () => {
          actions.runCommand('runtimeSlicer.openSampleIncident');
        },
      }),
    ]),
  ]);
}

/** Failure of the last run, with what can be done next. The message comes from the engine and names file and place. */
export function failedScreen(message: string, actions: ScreenActions): HTMLElement {
  return element('section', { class: 'rs-screen rs-failed', attributes: { role: 'alert' } }, [
    element('h2', { text: 'The files could not be analysed' }),
    element('p', { text: message }),
    element('div', { class: 'rs-actions' }, [
      createButton({
        label: 'Choose Files…',
        primary: true,
        onPress: () => {
          actions.runCommand('runtimeSlicer.embedRuntimeSlice');
        },
      }),
      createButton({
        label: 'Show Log',
        onPress: () => {
          actions.runCommand('runtimeSlicer.showLog');
        },
      }),
      createButton({ label: 'Try Again', description: 'Ask for the state of the analysis again', onPress: actions.retry }),
    ]),
  ]);
}

/** `Read · orders.jsonl · 1.2M records`, without a spinner that says nothing. */
export function progressText(progress: EmbedProgress | null): string {
  if (progress === null) {
    return 'Starting…';
  }
  const label = PHASES.find((entry) => entry.phase === progress.phase)?.label ?? progress.phase;
  const records = progress.records > 0 ? `${formatCount(progress.records)} records` : '';
  return [label, progress.detail, records].filter((part) => part !== '').join(' · ');
}

/** The phases as steps with the present one marked, and a bar for how far it is. */
export function progressView(progress: EmbedProgress | null): HTMLElement {
  const current = PHASES.findIndex((entry) => entry.phase === progress?.phase);
  const steps = PHASES.map((entry, index) =>
    element('li', {
      class: index < current ? 'done' : index === current ? 'current' : '',
      text: entry.label,
      attributes: { 'aria-current': index === current ? 'step' : null },
    }),
  );
  const bar = element('progress', {
    attributes: { max: 1, value: Math.max(0, Math.min(1, finiteOr(progress?.fraction, 0))), 'aria-label': 'Progress of this step' },
  });
  return element('div', { class: 'rs-progress' }, [
    element('ol', { class: 'rs-steps' }, steps),
    bar,
    element('p', { text: progressText(progress), attributes: { role: 'status' } }),
  ]);
}

/** Grey shapes in the place of what will stand there, with words beside them. */
export function skeleton(label: string, rows: readonly number[]): HTMLElement {
  const bars: Child[] = rows.map((height) => element('div', { class: 'rs-bone', style: { height: `${height}px` } }));
  return element('div', { class: 'rs-skeleton', attributes: { role: 'status', 'aria-busy': 'true' } }, [
    element('p', { text: label }),
    ...bars,
  ]);
}
