import type { PanelState } from '../../src/protocol/panelRpc.js';
import type { TimelineView } from '../../src/protocol/views.js';
import { createTool, createToggle } from '../shared/controls.js';
import { element, type Child } from '../shared/dom.js';
import { headline } from '../shared/headline.js';
import { pluralise } from '../shared/numberFormat.js';
import { stateGlyph } from '../shared/stateGlyph.js';
import { byUrgency } from '../shared/stateStyle.js';
import { formatDuration, formatTimeRange, zoneName } from '../shared/timeFormat.js';
import { KEY_HELP } from './keyboard.js';
import { relativeMs, type TimelineModel } from './model.js';

export interface HeaderActions {
  readonly zoom: (factor: number) => void;
  readonly fit: () => void;
  readonly toggleTable: () => void;
  readonly toggleHelp: () => void;
  readonly selectState: (state: string | null) => void;
  readonly clearRange: () => void;
  readonly automaticReference: () => void;
}

/** The answer first, then what is compared with what, then the legend and the tools. */
export function timelineHeader(
  view: TimelineView,
  model: TimelineModel,
  state: PanelState,
  open: { readonly table: boolean; readonly help: boolean },
  actions: HeaderActions,
): HTMLElement {
  const names = view.incidents.flatMap((incident) => (incident.likelyCause === null ? [] : [incident.likelyCause]));
  const children: Child[] = [
    headline(view.headline, names, view.incidents.length > 0),
    element('div', { class: 'bar' }, [
      element('div', { class: 'chips' }, [...rangeChips(view, model, state, actions)]),
      view.warnings.length > 0 ? warnings(view.warnings) : null,
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
        createTool({ label: 'Whole run', description: 'Show the whole run (0)', onPress: actions.fit }),
        createToggle({ pressed: open.table, onPress: actions.toggleTable, description: 'The same data as a table' }, ['Table']),
        createToggle({ pressed: open.help, onPress: actions.toggleHelp, description: 'Keys and gestures' }, ['Keys']),
      ]),
    ]),
    legend(model, state.selection.state, actions),
  ];
  return element('header', { class: 'timeline-header' }, children);
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

function legend(model: TimelineModel, selected: string | null, actions: HeaderActions): HTMLElement {
  const entries = [...model.states].sort(byUrgency).map((style) =>
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
  return element('div', { class: 'legend', attributes: { role: 'group', 'aria-label': 'States' } }, entries);
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
