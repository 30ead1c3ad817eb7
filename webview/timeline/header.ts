import type { PanelState } from '../../src/protocol/panelRpc.js';
import type { TimelineView } from '../../src/protocol/views.js';
import { createTool, createToggle } from '../shared/controls.js';
import { element, type Child } from '../shared/dom.js';
import { headline } from '../shared/headline.js';
import { pluralise } from '../shared/numberFormat.js';
import { stateGlyph } from '../shared/stateGlyph.js';
import { byUrgency, type StateStyle } from '../shared/stateStyle.js';
import { formatDate, formatDuration, formatTimeRange, zoneName } from '../shared/timeFormat.js';
import { KEY_HELP } from './keyboard.js';
import { relativeMs, type TimelineModel } from './model.js';

export interface HeaderActions {
  readonly zoom: (factor: number) => void;
  readonly fit: () => void;
  readonly toggleTable: () => void;
  readonly toggleHelp: () => void;
  readonly toggleLegend: () => void;
  /** Most serious first. */
  readonly stepIncident: (step: 1 | -1) => void;
  readonly showFiles: () => void;
  readonly selectState: (state: string | null) => void;
  readonly clearRange: () => void;
  readonly labelRange: () => void;
  readonly automaticReference: () => void;
}

/** The answer first, then what is compared with what, then the legend and the tools. */
export function timelineHeader(
  view: TimelineView,
  model: TimelineModel,
  state: PanelState,
  open: { readonly table: boolean; readonly help: boolean; readonly legend: boolean },
  actions: HeaderActions,
): HTMLElement {
  const names = view.incidents.flatMap((incident) => (incident.likelyCause === null ? [] : [incident.likelyCause]));
  const children: Child[] = [
    headline(view.headline, names, view.incidents.length > 0),
    element('div', { class: 'bar' }, [
      element('div', { class: 'chips' }, [incidentSteps(model, state, actions), ...rangeChips(view, model, state, actions)]),
      state.notice === null ? null : unread(state.notice, actions),
      notes(view, model, state.timeZone),
      element('div', { class: 'tools', attributes: { role: 'toolbar', 'aria-label': 'View' } }, [
        createTool({
          label: '−',
          description: 'Zoom out (−)',
          onPress: () => {
            actions.zoom(1.5);
          },
        }),
        createTool({
          label: '+',
          description: 'Zoom in (+)',
          onPress: () => {
            actions.zoom(1 / 1.5);
          },
        }),
        createTool({ label: 'Whole run', description: fitDescription(model), onPress: actions.fit }),
        createToggle({ pressed: open.table, onPress: actions.toggleTable, description: 'The same data as a table' }, ['Table']),
        createToggle({ pressed: open.help, onPress: actions.toggleHelp, description: 'Keys and gestures' }, ['Keys']),
      ]),
    ]),
    legend(model, state.selection.state, open.legend, actions),
  ];
  return element('header', { class: 'timeline-header' }, children);
}

function fitDescription(model: TimelineModel): string {
  return model.remote === 0 ? 'Show the whole run (0)' : 'Show the main part of the run, or all of it (0)';
}

/** Steps through the abnormal ranges; says which of how many is chosen. */
function incidentSteps(model: TimelineModel, state: PanelState, actions: HeaderActions): HTMLElement | null {
  const count = model.incidents.length;
  if (count === 0) {
    return null;
  }
  const { range } = state.selection;
  const at = range === null ? -1 : model.incidents.findIndex(({ startNs, endNs }) => startNs === range.startNs && endNs === range.endNs);
  const text = at === -1 ? pluralise(count, 'abnormal range') : `Abnormal range ${at + 1} of ${count}`;
  const step = (label: string, description: string, by: 1 | -1): HTMLElement =>
    createTool({
      label,
      description,
      onPress: () => {
        actions.stepIncident(by);
      },
    });
  return element('span', { class: 'chip steps', attributes: { role: 'group', 'aria-label': 'Abnormal ranges, most serious first' } }, [
    step('‹', 'Previous abnormal range, the more serious one (Shift + I)', -1),
    element('span', { text, attributes: { title: 'Most serious first: long and certain before short or doubtful' } }),
    step('›', 'Next abnormal range, the less serious one (I)', 1),
  ]);
}

/** What was left out of the files, where it does not hide anything. */
function unread(notice: string, actions: HeaderActions): HTMLElement {
  return element('span', { class: 'chip unread' }, [
    element('span', { text: '⚠', attributes: { 'aria-hidden': 'true' } }),
    ` ${notice} `,
    createTool({ label: 'Show files', description: 'Show what was read of each file, and why not', onPress: actions.showFiles }),
  ]);
}

/** Notes of the engine, and what lies outside of what is shown first. */
function notes(view: TimelineView, model: TimelineModel, timeZone: string): HTMLElement | null {
  const date = (ms: number): string => formatDate(model.startEpochMs + ms, timeZone);
  const remote =
    model.remote === 0
      ? []
      : [
          `${pluralise(model.remote, 'slice')} ${model.remote === 1 ? 'lies' : 'lie'} far from the rest of the run (it spans ${date(0)} to ${date(model.totalMs)}): perhaps a file with a wrong clock. “Whole run” shows everything.`,
        ];
  const texts = [...remote, ...view.warnings];
  return texts.length === 0 ? null : warnings(texts);
}

function rangeChips(view: TimelineView, model: TimelineModel, state: PanelState, actions: HeaderActions): readonly HTMLElement[] {
  const chips: HTMLElement[] = [];
  const zone = zoneName(model.startEpochMs, state.timeZone);
  const range = state.selection.range;
  if (range === null) {
    chips.push(element('span', { class: 'chip rs-muted', text: 'Drag across the timeline to mark a range' }));
  } else {
    const from = relativeMs(range.startNs, model.startNs);
    const to = relativeMs(range.endNs, model.startNs);
    const times = formatTimeRange(model.startEpochMs + from, model.startEpochMs + to, state.timeZone);
    chips.push(
      element('span', { class: 'chip incident' }, [
        `Incident ${times} ${zone}, ${formatDuration(to - from)}`,
        createTool({ label: 'Label…', description: 'Say what happened in this range (L)', onPress: actions.labelRange }),
        createTool({ label: '✕', description: 'Clear the incident range (Escape)', onPress: actions.clearRange }),
      ]),
    );
  }
  const usualMs = model.reference.reduce((sum, part) => sum + part.toMs - part.fromMs, 0);
  const usual =
    model.reference.length === 0
      ? 'Nothing to compare with'
      : `Compared with ${formatDuration(usualMs)} of usual time (${view.referenceIsAutomatic ? 'automatic' : 'chosen by you'})`;
  const parts = model.reference.length > 1 ? `, ${pluralise(model.reference.length, 'range')}` : '';
  chips.push(
    element('span', { class: 'chip usual', attributes: { title: 'Alt + drag marks another usual range' } }, [
      `${usual}${parts}`,
      view.referenceIsAutomatic
        ? null
        : createTool({
            label: 'Automatic',
            description: 'Choose the usual range automatically again',
            onPress: actions.automaticReference,
          }),
    ]),
  );
  return chips;
}

/** States named while the legend is folded; the chosen one is always among them. */
const FOLDED_ABNORMAL = 3;
const FOLDED_OTHERS = 2;

function foldLegend(styles: readonly StateStyle[], selected: string | null): readonly StateStyle[] {
  const abnormal = styles.filter((style) => style.abnormal).slice(0, FOLDED_ABNORMAL);
  const others = styles.filter((style) => !style.abnormal).slice(0, FOLDED_ABNORMAL + FOLDED_OTHERS - abnormal.length);
  return styles.filter((style) => style.id === selected || abnormal.includes(style) || others.includes(style));
}

function legend(model: TimelineModel, selected: string | null, unfolded: boolean, actions: HeaderActions): HTMLElement {
  const styles = [...model.states].filter((style) => style.slices > 0).sort(byUrgency);
  const folded = foldLegend(styles, selected);
  const entries = (unfolded ? styles : folded).map((style) =>
    createToggle(
      {
        pressed: style.id === selected,
        class: 'state',
        description: `${style.name}: ${pluralise(style.slices, 'slice')}`,
        onPress: () => {
          actions.selectState(style.id === selected ? null : style.id);
        },
      },
      [
        stateGlyph(style),
        element('span', { class: 'name', text: style.name }),
        element('span', { class: 'rs-muted', text: String(style.slices) }),
      ],
    ),
  );
  const more =
    folded.length === styles.length
      ? null
      : createTool({
          label: unfolded ? 'Fewer states' : `All ${styles.length} states`,
          description: unfolded ? 'Show the most important states only' : `Show the names of all ${styles.length} states`,
          onPress: actions.toggleLegend,
        });
  return element('div', { class: 'legend', attributes: { role: 'group', 'aria-label': 'States' } }, [...entries, more]);
}

function warnings(texts: readonly string[]): HTMLElement {
  return element('details', { class: 'warnings' }, [
    element('summary', { text: pluralise(texts.length, 'note') }),
    element(
      'ul',
      {},
      texts.map((text) => element('li', { text })),
    ),
  ]);
}

/** Keys and gestures; the chart refers to it as its description. */
export function keyHelp(): HTMLElement {
  return element('dl', { class: 'keys', attributes: { id: 'timeline-keys' } }, [
    ...KEY_HELP.flatMap(({ keys, meaning }) => [element('dt', { text: keys }), element('dd', { text: meaning })]),
  ]);
}
